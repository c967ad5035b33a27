import { randomInt } from 'node:crypto';

/**
 * How long to wait after the `failures`-th failure in a row: doubled each time from `baseMs` to `capMs`, and
 * a random quarter more or less, so that a fleet does not come back all at once.
 */
export function backoffMs(failures: number, baseMs: number, capMs: number): number {
  return jittered(Math.min(baseMs * 2 ** Math.min(failures - 1, 20), Math.max(baseMs, capMs)));
}

/** A time in which something is not tried again, in milliseconds since 1970. */
export interface Rest {
  readonly from: number;
  readonly until: number;
}

/** The rest that begins now. */
export function restFor(ms: number, now: number): Rest {
  return { from: now, until: now + ms };
}

/** Whether a rest is over. A clock that was set back ends it: else it would last until the clock is there again. */
export function isOver(rest: Rest | undefined, now: number): boolean {
  return rest === undefined || now >= rest.until || now < rest.from;
}

/** A duration, up to a quarter shorter or longer. */
export function jittered(ms: number): number {
  return Math.round(ms * (0.75 + randomInt(0, 501) / 1000));
}
