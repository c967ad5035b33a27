import type { Mark } from '../../core/channel/mark.ts';
import { isEdgesealError } from '../../core/errors.ts';
import type { UnsealedSecret } from '../../core/secret/unseal.ts';
import type { Owned, Tally, Target } from './target.ts';

/** Who may write to a target that several controllers share. */
export interface Gate {
  /** Whether it is this one, at this moment. */
  readonly isOpen: boolean;
  /** Another number each time that it became this one. */
  readonly term: number;
}

/**
 * A target that several controllers share, of which one leads. The others judge and open each secret all the same, so
 * that floors, last good values and faults are there when one of them takes over; only nothing is written.
 */
export class LedTarget implements Target {
  readonly description: string;
  readonly concurrency: number;
  readonly #target: Target;
  readonly #gate: Gate;
  /** The term in which it was looked at what is there: nothing is written before. */
  #lookedIn: number | undefined;

  constructor(target: Target, gate: Gate) {
    this.#target = target;
    this.#gate = gate;
    this.description = target.description;
    this.concurrency = target.concurrency;
  }

  async open(wake: () => void): Promise<void> {
    await this.#target.open(wake);
  }

  async inventory(): Promise<Map<string, Owned>> {
    const { isOpen, term } = this.#gate;
    if (!isOpen) return new Map<string, Owned>();
    const owned = await this.#target.inventory();
    this.#lookedIn = term;
    return owned;
  }

  holds(namespace: string, name: string, sha256: string): boolean {
    return this.#mayWrite && this.#target.holds(namespace, name, sha256);
  }

  async apply(secret: UnsealedSecret, sha256: string): Promise<'applied' | 'unchanged'> {
    return this.#mayWrite ? this.#target.apply(secret, sha256) : 'unchanged';
  }

  async remove(namespace: string, name: string): Promise<boolean> {
    return this.#mayWrite && (await this.#target.remove(namespace, name));
  }

  async settle(): Promise<void> {
    await this.#target.settle();
  }

  async drifted(): Promise<string[]> {
    return this.#mayWrite ? this.#target.drifted() : [];
  }

  async mark(): Promise<Mark | undefined> {
    try {
      return await this.#target.mark();
    } catch (error) {
      // Who writes nothing can do without; the leader reads it anew before it writes.
      if (!this.#gate.isOpen && isEdgesealError(error, 'kube-unreachable')) return undefined;
      throw error;
    }
  }

  async raiseMark(mark: Mark): Promise<void> {
    if (this.#mayWrite) await this.#target.raiseMark(mark);
  }

  tallyOf(): Tally | undefined {
    return this.#target.tallyOf?.();
  }

  async close(): Promise<void> {
    await this.#target.close();
  }

  get #mayWrite(): boolean {
    return this.#gate.isOpen && this.#gate.term === this.#lookedIn;
  }
}
