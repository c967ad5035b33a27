import { compareMarks } from '../../core/channel/mark.ts';
import type { Mark } from '../../core/channel/mark.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Target } from '../targets/target.ts';

/** The high-water mark, which lies in the store and in the target: the higher one counts. */
export class HighWater {
  readonly #ledger: Ledger;
  readonly #target: Target;
  #held: Mark | undefined;
  #isRead = false;

  constructor(ledger: Ledger, target: Target) {
    this.#ledger = ledger;
    this.#target = target;
  }

  get mark(): Mark | undefined {
    const stored = this.#ledger.mark;
    if (stored === undefined || this.#held === undefined) return stored ?? this.#held;
    return compareMarks(stored, this.#held) >= 0 ? stored : this.#held;
  }

  /** The target's own, as it was read last. */
  get held(): Mark | undefined {
    return this.#held;
  }

  /** Whether reading the target's has succeeded, the last time that it was tried. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Whether the target has seen what the store has not: then nothing may be changed from the store. */
  get isStoreBehind(): boolean {
    return this.mark !== undefined && this.#ledger.mark?.sha256 !== this.mark.sha256;
  }

  /** Whether the target has not taken the store's mark yet: nothing is applied before it has. */
  get isTargetBehind(): boolean {
    const stored = this.#ledger.mark;
    if (stored === undefined) return false;
    return this.#held === undefined || compareMarks(stored, this.#held) > 0;
  }

  /**
   * Reads the target's mark, and raises it where the store's is higher. Throws as the target's methods.
   *
   * @returns whether the target had none though the store has: somebody took it away, or a power cut came between the two
   */
  async level(): Promise<boolean> {
    this.#isRead = false;
    this.#held = await this.#target.mark();
    this.#isRead = true;
    const isGone = this.#held === undefined && this.#ledger.mark !== undefined;
    await this.raise();
    return isGone;
  }

  /** Raises the target's mark to the store's. */
  async raise(): Promise<void> {
    const stored = this.#ledger.mark;
    if (stored === undefined || !this.isTargetBehind) return;
    await this.#target.raiseMark(stored);
    this.#held = stored;
  }
}
