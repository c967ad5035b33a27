/** Fetches once, in a process with little memory, and answers how it went and what it took. */
import { isEdgesealError } from '../../core/errors.ts';
import { fetchChannel } from '../../core/git/fetch.ts';
import type { FetchOptions } from '../../core/git/fetch.ts';

/** What is answered: the fetched commit, or the refusal. */
export interface FetchOutcome {
  oid?: string;
  refusal: { code: string; message: string } | undefined;
  rssMB: number;
}

async function outcomeOf(request: FetchOptions): Promise<Omit<FetchOutcome, 'rssMB'>> {
  try {
    const { oid } = await fetchChannel(request);
    return { oid, refusal: undefined };
  } catch (error) {
    // What is not an error of ours ends this process, and with it the test.
    if (!isEdgesealError(error)) throw error;
    return { refusal: { code: error.code, message: error.message } };
  }
}

process.once('message', (request: FetchOptions) => {
  void outcomeOf(request).then((outcome) => {
    const rssMB = Math.round(process.resourceUsage().maxRSS / 1024);
    process.send?.({ ...outcome, rssMB } satisfies FetchOutcome, () => process.disconnect());
  });
});
