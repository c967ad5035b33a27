import { randomInt } from 'node:crypto';

/**
 * How long to wait after the `failures`-th failure in a row: doubled each time from `baseMs` to `capMs`, and
 * a random quarter more or less, so that a fleet does not come back all at once.
 */
export function backoffMs(failures: number, baseMs: number, capMs: number): number {
  return jittered(Math.min(baseMs * 2 ** Math.min(failures - 1, 20), Math.max(baseMs, capMs)));
}

/** A duration, up to a quarter shorter or longer. */
export function jittered(ms: number): number {
  return Math.round(ms * (0.75 + randomInt(0, 501) / 1000));
}
