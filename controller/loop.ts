import { jittered } from './mirrors/backoff.ts';
import type { Region } from './region.ts';
import type { Round } from './round.ts';

/** Rounds one after the other, an interval apart (jittered, so that a fleet spreads out), and retries between. */
export class Loop {
  readonly #intervalMs: number;
  #wakeUp: (() => void) | undefined;
  #woken = false;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Ends the wait between two rounds early: there is something to do. */
  wake(): void {
    this.#woken = true;
    this.#wakeUp?.();
  }

  /** Goes on until `signal` is aborted, and returns once nothing is half done. */
  async run(region: Region, round: Round, now: () => number, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wakeUp?.(), { once: true });
    while (!signal.aborted) {
      await round.run(signal);
      const nextAt = performance.now() + jittered(this.#intervalMs);
      while (!signal.aborted) {
        const left = nextAt - performance.now();
        if (left <= 0) break;
        const due = region.applier.queue.dueAt();
        const retryIn = due === undefined ? Infinity : Math.max(0, due - now());
        this.#woken = false;
        await this.#wait(Math.min(left, Math.max(retryIn, 50)), signal);
        if (signal.aborted) return;
        if (this.#woken || (region.applier.queue.dueAt() ?? Infinity) <= now()) {
          if (this.#woken) await region.applier.findDrift();
          await round.between(signal);
        }
      }
    }
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
      if (signal.aborted) this.#wakeUp();
    });
  }
}
