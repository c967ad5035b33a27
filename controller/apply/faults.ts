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

/** What is not applied as listed, by {@link keyOf}; each is said once. */
export class Faults extends Map<string, SecretFault> {
  readonly #log: Log;

  constructor(log: Log) {
    super();
    this.#log = log;
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
    this.#log.warn('secret failed', { secret: key, version, reason, message });
  }
}

function textOf(error: EdgesealError): string {
  return error.hint === undefined ? messageOf(error) : `${error.message} (${error.hint})`;
}
