import { setTimeout as sleep } from 'node:timers/promises';
import { jittered } from './mirrors/backoff.ts';
import type { Region } from './region.ts';
import type { Round } from './round.ts';

/** Retries that are due are gathered for this long. */
const GATHER_MS = 50;

/**
 * Two things beside each other, each an interval apart (jittered, so that a fleet spreads out): the targets are brought in
 * line, with retries in between, and the mirrors are asked, so that one that hangs delays nothing else.
 */
export class Loop {
  readonly #intervalMs: number;
  #wakeUp: () => void = () => undefined;
  #isWoken = false;
  #isNextDue = false;
  #tendedAt = performance.now();
  #polledAt = performance.now();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Ends the wait between two rounds early: there is something to do. */
  wake(): void {
    this.#isWoken = true;
    this.#wakeUp();
  }

  /** Goes through the targets at once. */
  hurry(): void {
    this.#isNextDue = true;
    this.#wakeUp();
  }

  /** When the round that is under way for longest began, by `performance.now()`. */
  get roundAt(): number {
    return Math.min(this.#tendedAt, this.#polledAt);
  }

  /** Goes on until `signal` is aborted, and returns once nothing is half done. */
  async run(region: Region, round: Round, now: () => number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const onStop = (): void => {
      stop.abort();
      this.#wakeUp();
    };
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    await round.open(stop.signal);
    const both = [this.#tend(region, round, now, stop.signal), this.#poll(round, stop.signal)];
    // Where one of them ends by a fault of ours, the other one must not go on without it.
    for (const one of both) one.catch(onStop);
    await Promise.allSettled(both);
    signal.removeEventListener('abort', onStop);
    await Promise.all(both);
  }

  async #tend(region: Region, round: Round, now: () => number, signal: AbortSignal): Promise<void> {
    const isStopped = (): boolean => signal.aborted;
    while (!isStopped()) {
      this.#tendedAt = performance.now();
      this.#isNextDue = false;
      await round.tend(signal);
      const nextAt = performance.now() + jittered(this.#intervalMs);
      for (let left = this.#intervalMs; left > 0 && !isStopped();) {
        left = nextAt - performance.now();
        const retryIn = Math.max((region.dueAt() ?? Infinity) - now(), GATHER_MS);
        await this.#wait(Math.min(left, retryIn), isStopped);
        if (this.#isHurried()) break;
        if (this.#isWoken) await region.findDrift();
        else if (retryIn > left || isStopped()) continue;
        this.#isWoken = false;
        await round.between(signal);
      }
      if (!isStopped()) await round.open(signal);
    }
  }

  async #poll(round: Round, signal: AbortSignal): Promise<void> {
    const isStopped = (): boolean => signal.aborted;
    while (!isStopped()) {
      this.#polledAt = performance.now();
      await round.poll(() => this.hurry(), signal);
      await sleep(jittered(this.#intervalMs), undefined, { signal }).catch(() => undefined);
    }
  }

  #isHurried(): boolean {
    return this.#isNextDue;
  }

  async #wait(ms: number, isStopped: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(ms, 0));
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
      if (isStopped() || this.#isNextDue) this.#wakeUp();
    });
  }
}
