import { EdgesealError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** What an API server says in a `Status` object, as far as somebody decides by it. */
export interface KubeStatus {
  reason?: string | undefined;
  message?: string | undefined;
}

/** An answer of an API server that is not a success. Its message is the server's own: one line, shortened. */
export class KubeError extends EdgesealError {
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** Machine-readable reason of the `Status`, such as `AlreadyExists`, `Conflict`, `Expired`. */
  readonly reason: string;
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    request: { method: string; path: string },
    status: number,
    { reason = '', message = '' }: KubeStatus,
    retryAfterMs?: number,
  ) {
    const what = `${request.method} ${request.path.replace(/\?.*$/s, '')}`;
    super(codeOf(status), `${what}: ${oneLine(message) || `HTTP status ${status}`}`, {
      hint: hintOf(status),
    });
    this.name = 'KubeError';
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Narrows to an answer with one of these HTTP statuses. */
export function isKubeStatus(error: unknown, ...statuses: number[]): error is KubeError {
  return error instanceof KubeError && statuses.includes(error.status);
}

function codeOf(status: number): ErrorCode {
  if (status === 0 || status === 429 || status >= 500) return 'kube-unreachable';
  if (status === 401 || status === 403) return 'kube-forbidden';
  if (status === 404) return 'kube-not-found';
  if (status === 409) return 'kube-conflict';
  return 'kube-refused';
}

function hintOf(status: number): string | undefined {
  if (status === 401) return 'the token or certificate is not accepted: renew the credentials';
  if (status === 403) return 'give this user or service account the right that is named';
  return undefined;
}

/** A webhook's message may be long, and may hold what a terminal acts on. */
function oneLine(text: string): string {
  const shown = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  return shown.length > 500 ? `${shown.slice(0, 500)}...` : shown;
}
