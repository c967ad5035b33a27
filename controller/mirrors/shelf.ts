import type { FoundBundle } from '../../core/git/bundle-folder.ts';
import { backoffMs, isOver, restFor } from './backoff.ts';
import type { Rest } from './backoff.ts';
import type { MirrorFault } from './mirror.ts';

interface Refusal {
  fault: Pick<MirrorFault, 'state' | 'message'>;
  failures: number;
  /** Until it is looked into again. */
  rest: Rest | undefined;
}

/** A file that does not count, and why. */
export interface RefusedBundle {
  name: string;
  fault: Pick<MirrorFault, 'state' | 'message'>;
}

/** Interval that a file which stays as it is has to wait at most, in intervals. */
const CAP = 32;

/**
 * The bundles that lie in a mirror's folder. One that does not hold keeps the others from nothing; it is looked into
 * again once it has changed, as one does that is still being copied, and every now and then without that.
 */
export class Shelf {
  readonly #intervalMs: number;
  readonly #refused = new Map<string, Refusal>();
  readonly #told = new Set<string>();
  readonly #news: { name: string; message: string }[] = [];
  bundles: readonly FoundBundle[] = [];
  /** Name of the file that counts. */
  best: string | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Takes what lies there now. */
  hold(bundles: readonly FoundBundle[], now: number): void {
    this.bundles = bundles;
    const stamps = new Set(bundles.map(({ stamp }) => stamp));
    for (const stamp of this.#refused.keys()) if (!stamps.has(stamp)) this.#refused.delete(stamp);
    for (const stamp of this.#told) if (!stamps.has(stamp)) this.#told.delete(stamp);
    for (const bundle of bundles) {
      if (bundle.fault !== undefined)
        this.refuse(bundle, { state: 'Invalid', message: bundle.fault }, now);
    }
  }

  /** Whether one may be looked into now. */
  isDue({ stamp, fault }: FoundBundle, now: number): boolean {
    return fault === undefined && isOver(this.#refused.get(stamp)?.rest, now);
  }

  refuse({ stamp }: FoundBundle, fault: Refusal['fault'], now: number): void {
    const failures = (this.#refused.get(stamp)?.failures ?? 0) + 1;
    const rest = restFor(backoffMs(failures, this.#intervalMs, CAP * this.#intervalMs), now);
    this.#refused.set(stamp, { fault, failures, rest });
  }

  admit({ stamp }: FoundBundle): void {
    this.#refused.delete(stamp);
  }

  /** What was wrong may be right now: another snapshot was accepted. */
  retry(): void {
    for (const refusal of this.#refused.values()) refusal.rest = undefined;
  }

  /** Notes one that holds, but only what is older than what is accepted. */
  passOver({ name, stamp }: FoundBundle, message: string): void {
    if (!this.#told.has(stamp)) this.#news.push({ name, message });
    this.#told.add(stamp);
  }

  /** What has not been said yet of files that do not count. */
  takeNews(): { name: string; message: string }[] {
    for (const { stamp, name } of this.bundles) {
      const message = this.#refused.get(stamp)?.fault.message;
      if (message === undefined || this.#told.has(stamp)) continue;
      this.#told.add(stamp);
      this.#news.push({ name, message });
    }
    return this.#news.splice(0);
  }

  /** Those that do not count, the newest file first. */
  get refused(): RefusedBundle[] {
    return this.bundles.flatMap(({ name, stamp }) => {
      const refusal = this.#refused.get(stamp);
      return refusal === undefined ? [] : [{ name, fault: refusal.fault }];
    });
  }
}
