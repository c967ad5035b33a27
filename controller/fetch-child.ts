import { answerFetch } from '../core/git/child.ts';
import { readRemoteRef } from '../core/git/fetch.ts';
import type { FetchOutcome, FetchTask } from './fetch-message.ts';

/**
 * The process that talks to one mirror and unpacks what it sends, so that a hostile pack can take down
 * nothing but this. It gets one message by IPC, answers with one, and ends; without a parent it ends, too.
 */
async function answer({ request, known }: FetchTask): Promise<FetchOutcome> {
  if (known !== undefined) {
    try {
      const { oid, moved } = await readRemoteRef(request.spec, request.ref, request.limits);
      if (oid === known) return { ok: true, unchanged: true, oid, moved };
    } catch {
      // The fetch meets the same fault, and its words are the ones that are passed on.
    }
  }
  return answerFetch(request);
}

process.once('disconnect', () => process.exit());
process.once('message', (task) => {
  void answer(task as FetchTask).then((outcome) =>
    process.send?.(outcome, () => process.disconnect()),
  );
});
