import { EdgesealError } from '../errors.ts';

/** What one fetch may cost. A mirror is never trusted, so each of these is a bound on a lie. */
export interface GitLimits {
  /** Bytes of one pack on the wire and on disk. */
  maxBytes: number;
  /** Bytes of a ref advertisement, of a bundle's header, of `packed-refs`. */
  maxAdvertisement: number;
  /** Objects in one pack. */
  maxObjects: number;
  /** Entries of all trees below one commit. */
  maxEntries: number;
  /** Inflated bytes of one blob, commit or tag: a namespace's index is the largest file of a channel. */
  maxBlob: number;
  /** Inflated bytes of one tree. */
  maxTree: number;
  /** Length of a delta chain; git itself makes chains of 50. */
  maxDeltaDepth: number;
  /** Bytes inflated or rebuilt from deltas in one fetch: chains make work, not traffic. */
  maxWork: number;
  connectTimeoutMs: number;
  /** Longest silence of a mirror. */
  idleTimeoutMs: number;
  /** Longest duration of one fetch, so that a mirror that drips is cut too. */
  totalTimeoutMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: GitLimits = {
  maxBytes: 512 * MIB,
  maxAdvertisement: MIB,
  maxObjects: 300_000,
  maxEntries: 200_000,
  maxBlob: 32 * MIB,
  maxTree: 16 * MIB,
  maxDeltaDepth: 300,
  maxWork: 4096 * MIB,
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  totalTimeoutMs: 15 * 60_000,
};

/** The defaults with some of them replaced. */
export function withLimits(limits: Partial<GitLimits> = {}): GitLimits {
  return { ...DEFAULT_LIMITS, ...limits };
}

/** Counts work against a bound; the clock cannot stop synchronous code, this can. */
export class Budget {
  #left: number;
  readonly #what: string;

  constructor(limit: number, what: string) {
    this.#left = limit;
    this.#what = what;
  }

  /** @throws EdgesealError `git-limit` once more than the limit has been spent */
  spend(amount: number): void {
    this.#left -= amount;
    if (this.#left < 0) throw new EdgesealError('git-limit', `${this.#what} is over its limit`);
  }
}

/** Passes chunks on until there are more than `max` bytes of them. */
export async function* capped(
  chunks: AsyncIterable<Uint8Array>,
  max: number,
  what: string,
): AsyncGenerator<Buffer> {
  const budget = new Budget(max, `${what} (${String(max)} bytes)`);
  for await (const chunk of chunks) {
    budget.spend(chunk.length);
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}
