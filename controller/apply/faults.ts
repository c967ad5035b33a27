import { isEdgesealError, messageOf } from '../../core/errors.ts';
import type { EdgesealError } from '../../core/errors.ts';
import type { Log } from '../status/log.ts';
import { secretReasonOf } from '../status/reason.ts';
import type { SecretReason } from '../status/reason.ts';
import type { Version } from '../store/state.ts';

/** Why a secret is not applied in its listed version. */
export interface SecretFault {
  reason: SecretReason;
  message: string;
  version: number;
  sha256: string;
}

/** As many as are named one by one in the log. */
const NAMED = 20;

/** What is not applied as listed, by {@link keyOf}; each is said once. */
export class Faults extends Map<string, SecretFault> {
  readonly #log: Log;
  /** How many of each reason are new in this run. */
  readonly #fresh = new Map<SecretReason, number>();

  constructor(log: Log) {
    super();
    this.#log = log;
  }

  beginRun(): void {
    this.#fresh.clear();
  }

  /** Sums up those that were too many to be named in the log. */
  endRun(): void {
    for (const [reason, count] of this.#fresh)
      if (count > NAMED) this.#log.warn('secrets failed', { reason, count });
  }

  note(key: string, listed: Version, error: unknown): void {
    const known = isEdgesealError(error);
    const reason = secretReasonOf(known ? error.code : 'internal');
    // The text of a fault that is not ours may hold anything.
    const message = known
      ? textOf(error)
      : `unexpected: ${error instanceof Error ? error.name : typeof error}`;
    const before = this.get(key);
    const { version, sha256 } = listed;
    this.set(key, { reason, message, version, sha256 });
    if (before?.reason === reason && before.sha256 === sha256) return;
    const count = (this.#fresh.get(reason) ?? 0) + 1;
    this.#fresh.set(reason, count);
    if (count > NAMED) return;
    this.#log.warn('secret failed', { secret: key, version, reason, message });
  }
}

function textOf(error: EdgesealError): string {
  // Of a file that somebody has to mend, where in it.
  const where = error.line === undefined ? '' : `line ${error.line}: `;
  return error.hint === undefined
    ? `${where}${messageOf(error)}`
    : `${where}${error.message} (${error.hint})`;
}
