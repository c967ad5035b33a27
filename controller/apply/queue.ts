import { backoffMs, isOver, restFor } from '../mirrors/backoff.ts';
import type { Rest } from '../mirrors/backoff.ts';

const BASE_MS = 1000;
const CAP_MS = 5 * 60_000;
const PAUSE_MS = 500;
const PAUSE_CAP_MS = 30_000;

/** Secrets that are to be brought to the target: each once, and after a failure later and later. */
export class WorkQueue {
  readonly #ready = new Set<string>();
  /** Without a rest: being worked on. */
  readonly #delayed = new Map<string, { rest: Rest | undefined; failures: number }>();

  #pauses = 0;
  #pause: Rest | undefined;

  add(key: string): void {
    this.#ready.add(key);
  }

  /** The next secret that is due at `now` (milliseconds); undefined where there is none. */
  take(now: number): string | undefined {
    if (this.isPaused(now)) return undefined;
    for (const key of this.#ready) {
      this.#ready.delete(key);
      return key;
    }
    for (const [key, { rest, failures }] of this.#delayed) {
      if (rest === undefined || !isOver(rest, now)) continue;
      this.#delayed.set(key, { rest: undefined, failures });
      return key;
    }
    return undefined;
  }

  /** The target failed: it is tried again later. */
  retry(key: string, now: number): void {
    const failures = (this.#delayed.get(key)?.failures ?? 0) + 1;
    const rest = restFor(backoffMs(failures, BASE_MS, CAP_MS), now);
    this.#delayed.set(key, { rest, failures });
  }

  /** The target cannot be reached: nothing is tried for a while, each time longer. */
  pause(now: number): void {
    this.#pauses += 1;
    this.#pause = restFor(backoffMs(this.#pauses, PAUSE_MS, PAUSE_CAP_MS), now);
  }

  isPaused(now: number): boolean {
    return !isOver(this.#pause, now);
  }

  /** The target answers. */
  resume(): void {
    this.#pauses = 0;
    this.#pause = undefined;
  }

  /** Nothing is left to do for it until something changes. */
  done(key: string): void {
    this.#delayed.delete(key);
  }

  /** When the next one is due; undefined where there is none. */
  dueAt(): number | undefined {
    const pausedUntil = this.#pause?.until ?? 0;
    if (this.#ready.size > 0) return pausedUntil;
    let least: number | undefined;
    for (const { rest } of this.#delayed.values())
      if (rest !== undefined && (least === undefined || rest.until < least)) least = rest.until;
    return least === undefined ? undefined : Math.max(least, pausedUntil);
  }

  get waiting(): number {
    return this.#ready.size + this.#delayed.size;
  }
}
