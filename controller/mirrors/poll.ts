import { setTimeout as sleep } from 'node:timers/promises';
import type { Counters } from '../status/counters.ts';
import type { Answer, Mirror } from './mirror.ts';

/** One mirror's answer, or what stood in its way. */
export type Asked = { mirror: Mirror; answer: Answer } | { mirror: Mirror; error: unknown };

/** Once one mirror has answered, the others get this long; who is slower is heard in the next round. */
const GRACE_MS = 2000;

/** Asks mirrors side by side. A silent one delays the news of the others by nothing but the grace. */
export class Poll {
  readonly #mirrors: readonly Mirror[];
  readonly #counters: Counters;
  readonly #asking = new Map<Mirror, Promise<void>>();
  readonly #asked = new Map<Mirror, Asked>();
  readonly #end = new AbortController();

  constructor(mirrors: readonly Mirror[], counters: Counters) {
    this.#mirrors = mirrors;
    this.#counters = counters;
  }

  /**
   * Asks every mirror that is due.
   *
   * @param known commits that need not be fetched
   * @returns what has been answered since the last call, in the configured order
   */
  async ask(
    known: string[],
    verified: string | undefined,
    now: number,
    signal: AbortSignal,
  ): Promise<Asked[]> {
    const fresh: Promise<void>[] = [];
    const answered = new Promise<void>((resolve) => {
      for (const mirror of this.#mirrors) {
        if (this.#asking.has(mirror) || !mirror.isDue(now)) continue;
        const asking = this.#one(mirror, known, verified, signal).then((asked) => {
          this.#asking.delete(mirror);
          this.#asked.set(mirror, asked);
          if ('answer' in asked) resolve();
        });
        this.#asking.set(mirror, asking);
        fresh.push(asking);
      }
    });
    const late = new AbortController();
    const grace = answered.then(() => sleep(GRACE_MS, undefined, { signal: late.signal }));
    // The grace ends with an abort once nobody waits for it.
    grace.catch(() => undefined);
    // Not for those of an earlier call: they have had their time, and are heard when they are done.
    await Promise.race([Promise.all(fresh), grace]);
    late.abort();
    const all = this.#mirrors.flatMap((mirror) => this.#asked.get(mirror) ?? []);
    this.#asked.clear();
    return all;
  }

  /** Breaks off what is under way and lets go of it. */
  async close(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#asking.values());
    for (const asked of this.#asked.values())
      if ('answer' in asked) await asked.answer.session?.close();
  }

  async #one(
    mirror: Mirror,
    known: string[],
    verified: string | undefined,
    signal: AbortSignal,
  ): Promise<Asked> {
    try {
      const either = AbortSignal.any([signal, this.#end.signal]);
      const answer = await mirror.ask(known, verified, either);
      this.#counters.of(mirror.name).bytes += answer.moved;
      return { mirror, answer };
    } catch (error) {
      return { mirror, error };
    }
  }
}
