import { backoffMs } from '../mirrors/backoff.ts';

const BASE_MS = 1000;
const CAP_MS = 5 * 60_000;
const PAUSE_MS = 500;
const PAUSE_CAP_MS = 30_000;

/** Secrets that are to be brought to the target: each once, and after a failure later and later. */
export class WorkQueue {
  readonly #ready = new Set<string>();
  readonly #delayed = new Map<string, { at: number; failures: number }>();

  #pauses = 0;
  #pausedUntil = 0;

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
    for (const [key, { at }] of this.#delayed) {
      if (at > now) continue;
      this.#delayed.set(key, { at: Infinity, failures: this.#delayed.get(key)?.failures ?? 0 });
      return key;
    }
    return undefined;
  }

  /** The target failed: it is tried again later. */
  retry(key: string, now: number): void {
    const failures = (this.#delayed.get(key)?.failures ?? 0) + 1;
    this.#delayed.set(key, { at: now + backoffMs(failures, BASE_MS, CAP_MS), failures });
  }

  /** The target cannot be reached: nothing is tried for a while, each time longer. */
  pause(now: number): void {
    this.#pauses += 1;
    this.#pausedUntil = now + backoffMs(this.#pauses, PAUSE_MS, PAUSE_CAP_MS);
  }

  isPaused(now: number): boolean {
    return now < this.#pausedUntil;
  }

  /** The target answers. */
  resume(): void {
    this.#pauses = 0;
    this.#pausedUntil = 0;
  }

  /** Nothing is left to do for it until something changes. */
  done(key: string): void {
    this.#delayed.delete(key);
  }

  /** When the next one is due; undefined where there is none. */
  dueAt(): number | undefined {
    if (this.#ready.size > 0) return this.#pausedUntil;
    let least: number | undefined;
    for (const { at } of this.#delayed.values())
      if (at !== Infinity && (least === undefined || at < least)) least = at;
    return least === undefined ? undefined : Math.max(least, this.#pausedUntil);
  }

  get waiting(): number {
    return this.#ready.size + this.#delayed.size;
  }
}
