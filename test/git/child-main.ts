/** What the controller's forked child does, as a program of its own for the tests. */
import { answerFetch } from '../../core/git/child.ts';
import type { FetchRequest } from '../../core/git/child.ts';

process.once('message', (request: FetchRequest) => {
  void answerFetch(request).then((reply) => {
    process.send?.({ ...reply, rssMB: Math.round(process.resourceUsage().maxRSS / 1024) }, () => {
      process.disconnect();
    });
  });
});
