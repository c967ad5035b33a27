/**
 * What went wrong, as a closed set: callers and tests decide by code, never by prose.
 *
 * The part before the dash says who has to act: `input-*` the person who gave the input, `format-*` the
 * maker of a file, `seal-*` something about keys or ciphertext, `trust-*` a signature or a right,
 * `policy-*` the distribution policy, `git-*` a repository or a mirror, `store-*` the local disk, `kube-*` an
 * API server of Kubernetes.
 */
export type ErrorCode =
  | 'input-usage'
  | 'input-not-found'
  | 'input-not-a-secret'
  | 'input-too-large'
  | 'input-cancelled'
  | 'format-yaml'
  | 'format-schema'
  | 'format-base64'
  | 'format-canonical'
  | 'format-key'
  | 'format-ssh'
  | 'seal-no-key'
  | 'seal-open'
  /** A wrap names a key that is held, and does not open with it. */
  | 'seal-wrap'
  | 'seal-elided'
  | 'seal-item-missing'
  /** Values that somebody knows who may not read them any more. */
  | 'seal-exposed'
  | 'trust-signature'
  | 'trust-root'
  | 'trust-key'
  | 'trust-author'
  | 'trust-pin'
  | 'trust-snapshot'
  | 'trust-rollback'
  | 'trust-equivocation'
  | 'trust-floor'
  | 'trust-signer'
  | 'policy-region'
  | 'policy-unassigned'
  | 'policy-mismatch'
  | 'git-repository'
  | 'git-dirty'
  | 'git-unpushed'
  | 'git-race'
  | 'git-mirror'
  | 'git-limit'
  /** It did not answer, or not to the end, in the time that it is given. */
  | 'git-timeout'
  | 'git-object'
  | 'store-io'
  | 'store-corrupt'
  | 'store-full'
  /** Written by somebody who does not hold the store's key, or with another one. */
  | 'store-key'
  | 'target-refused'
  | 'kube-unreachable'
  | 'kube-forbidden'
  | 'kube-not-found'
  | 'kube-conflict'
  | 'kube-refused'
  | 'kube-config'
  | 'internal';

/** Where the fault lies and what a person can do about it. None of these may carry a secret value. */
export interface ErrorDetails {
  /** Path or URL (credentials removed) of what was being read. */
  file?: string | undefined;
  /** 1-based line in `file`. */
  line?: number | undefined;
  /** Dotted path of the field at fault, such as `spec.envelopes[0].suite`. */
  field?: string | undefined;
  /** The way out, ideally one command. */
  hint?: string | undefined;
  cause?: unknown;
}

/**
 * The one error class of edgeseal. `core` throws it and never prints it; the CLI's entry and the
 * controller's status turn it into words. The message must never contain plaintext: it carries names,
 * paths, key ids and fingerprints only.
 */
export class EdgesealError extends Error {
  readonly code: ErrorCode;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly field: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'EdgesealError';
    this.code = code;
    this.file = details.file;
    this.line = details.line;
    this.field = details.field;
    this.hint = details.hint;
  }

  /** The same error with the place filled in where it was not known yet (a parser knows no paths). */
  at(place: { file?: string; line?: number; field?: string; hint?: string }): EdgesealError {
    return new EdgesealError(this.code, this.message, {
      file: this.file ?? place.file,
      line: this.line ?? place.line,
      field: this.field ?? place.field,
      hint: this.hint ?? place.hint,
      cause: this.cause,
    });
  }
}

/** Narrows an unknown thrown value; `code` limits it further. */
export function isEdgesealError(error: unknown, code?: ErrorCode): error is EdgesealError {
  return error instanceof EdgesealError && (code === undefined || error.code === code);
}

/** The text of any thrown value, for `cause` chains and logs of faults that are not ours. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
