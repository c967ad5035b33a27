import { isEdgesealError, messageOf } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { fetchChannel } from './fetch.ts';
import type { FetchOptions, FetchResult } from './fetch.ts';

/** What the parent sends: plain data, by IPC, so that no credential is ever in argv or the environment. */
export type FetchRequest = FetchOptions;

/** What the child answers; an error as plain data, because classes do not travel. */
export type FetchReply =
  | ({ ok: true } & FetchResult)
  | {
      ok: false;
      code: ErrorCode;
      message: string;
      file: string | undefined;
      hint: string | undefined;
    };

/**
 * `fetchChannel` as a request and a reply. The parent forks a process with a small heap that waits for one
 * message, answers with this, and exits; a child that dies or overstays means `git-limit`. Never throws.
 */
export async function answerFetch(request: FetchRequest): Promise<FetchReply> {
  try {
    return { ok: true, ...(await fetchChannel(request)) };
  } catch (error) {
    if (isEdgesealError(error)) {
      const { code, message, file, hint } = error;
      return { ok: false, code, message, file, hint };
    }
    return {
      ok: false,
      code: 'internal',
      message: messageOf(error),
      file: undefined,
      hint: undefined,
    };
  }
}
