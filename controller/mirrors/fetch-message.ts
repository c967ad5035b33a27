import type { ErrorCode } from '../../core/errors.ts';
import type { FetchOptions, FetchResult, RefAnswer } from '../../core/git/fetch.ts';

/**
 * What the controller asks its fetching child, one at a time, each answered by one message. By IPC, so that
 * no credential is ever in an argument list or the environment.
 */
export type FetchTask =
  /** Where the channel's branch is; leaves our cache alone. */
  | { kind: 'ask'; request: FetchOptions }
  /** Brings the channel's commit; comes before what follows. */
  | {
      kind: 'fetch';
      request: FetchOptions;
      /** The commit whose files were verified last, to compare with. */
      verified: string | undefined;
    }
  /** Files by path, in the order in which they can be read fastest; begins a series of `next`. */
  | { kind: 'open'; paths: string[] }
  | { kind: 'next' }
  /** Paths of files that are not as the last verified commit has them. */
  | { kind: 'differing' }
  /** Makes the fetched commit the one that the next fetch builds on. */
  | { kind: 'accept' };

export interface Fault {
  ok: false;
  code: ErrorCode;
  message: string;
  file: string | undefined;
  hint: string | undefined;
}

/** The answers, by the kind of the question. */
export interface FetchAnswers {
  ask: { ok: true } & RefAnswer;
  fetch: { ok: true } & FetchResult;
  open: { ok: true };
  next: { ok: true; files: [path: string, bytes: Uint8Array | undefined][]; done: boolean };
  differing: {
    ok: true;
    /** undefined where there is no such commit any more: then everything may differ. */
    paths: string[] | undefined;
  };
  accept: { ok: true };
}
