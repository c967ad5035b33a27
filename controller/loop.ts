import { jittered } from './mirrors/backoff.ts';
import type { Region } from './region.ts';
import type { Round } from './round.ts';

/** Retries that are due are gathered for this long. */
const GATHER_MS = 50;

/** Rounds one after the other, an interval apart (jittered, so that a fleet spreads out), and retries between. */
export class Loop {
  readonly #intervalMs: number;
  #wakeUp: () => void = () => undefined;
  #isWoken = false;
  #isNextDue = false;
  /** When the last round began, by `performance.now()`. */
  roundAt = performance.now();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Ends the wait between two rounds early: there is something to do. */
  wake(): void {
    this.#isWoken = true;
    this.#wakeUp();
  }

  /** Begins the next round at once. */
  hurry(): void {
    this.#isNextDue = true;
    this.#wakeUp();
  }

  /** Goes on until `signal` is aborted, and returns once nothing is half done. */
  async run(region: Region, round: Round, now: () => number, signal: AbortSignal): Promise<void> {
    const isStopped = (): boolean => signal.aborted;
    signal.addEventListener('abort', () => this.#wakeUp(), { once: true });
    while (!isStopped()) {
      this.roundAt = performance.now();
      this.#isNextDue = false;
      await round.run(signal);
      const nextAt = performance.now() + jittered(this.#intervalMs);
      for (let left = this.#intervalMs; left > 0 && !isStopped();) {
        left = nextAt - performance.now();
        const retryIn = Math.max((region.dueAt() ?? Infinity) - now(), GATHER_MS);
        await this.#wait(Math.min(left, retryIn), isStopped);
        if (this.#isHurried()) break;
        if (this.#isWoken) for (const side of region.sides) await side.findDrift();
        else if (retryIn > left || isStopped()) continue;
        this.#isWoken = false;
        await round.between(signal);
      }
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
