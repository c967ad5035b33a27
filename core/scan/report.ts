import type { ScanFinding, ScanOptions } from './finding.ts';
import type { Source } from './structure/source.ts';

/** Of two rules that see the same place, the one of higher rank says what it is. */
export const rank = { generic: 1, format: 2, structure: 3, token: 4, item: 5 } as const;

/** What a detector says of a place. */
export interface Hit {
  rule: string;
  /** Lower case, no period, names only. */
  message: string;
  rank: number;
  /** Public parts and `****`. Default: `****`. */
  masked?: string;
  /** The value, decoded, for a digest; never kept. */
  value?: string | Uint8Array;
  /** Of a value that is no longer at hand. */
  digest?: string;
}

interface Placed extends Hit {
  start: number;
  end: number;
}

/** Collects what detectors find in one text, and gives each place once. Offsets are the file's. */
export class Report {
  readonly #hits: Placed[] = [];
  readonly #exempt: { start: number; end: number }[] = [];
  readonly #settled: { start: number; end: number }[] = [];

  /** @param start @param end offsets in the source, of the value itself */
  hit(source: Source, start: number, end: number, hit: Hit): void {
    const from = source.outer(start);
    this.#hits.push({ ...hit, start: from, end: Math.max(from + 1, source.outer(end)) });
  }

  /** Ciphertext that was recognised by its structure: nothing is found in it. */
  exempt(source: Source, start: number, end: number): void {
    this.#exempt.push({ start: source.outer(start), end: source.outer(end) });
  }

  /** What was understood and is no secret, whatever its name: a guess by the name does not count there. */
  settle(source: Source, start: number, end: number): void {
    if (end > start) this.#settled.push({ start: source.outer(start), end: source.outer(end) });
  }

  /** By line and column. */
  findings(text: string, { digest }: ScanOptions): ScanFinding[] {
    const kept = this.#kept();
    const lines = new Lines(text);
    return kept.map(({ rule, message, masked = '****', start, value, digest: known }) => {
      const finding = { rule, ...lines.place(start), message, masked };
      const given = known ?? (value === undefined ? undefined : digest?.(value));
      return given === undefined ? finding : { ...finding, digest: given };
    });
  }

  #kept(): Placed[] {
    const kept = new Intervals();
    const exempt = new Intervals(this.#exempt);
    const settled = new Intervals(this.#settled);
    const isOut = ({ start, rank: of }: Placed): boolean =>
      exempt.covers(start) || (of === rank.generic && settled.covers(start));
    const byRank = [...this.#hits].sort((a, b) => b.rank - a.rank || a.start - b.start);
    const result = byRank.filter((hit) => !isOut(hit) && kept.add(hit));
    return result.sort((a, b) => a.start - b.start);
  }
}

/** Ranges that do not overlap, by their begin. */
class Intervals {
  readonly #ranges: { start: number; end: number }[] = [];

  constructor(ranges: { start: number; end: number }[] = []) {
    for (const range of [...ranges].sort((a, b) => a.start - b.start)) this.add(range);
  }

  /** @returns false, and adds nothing, where one is there already */
  add(range: { start: number; end: number }): boolean {
    const at = this.#after(range.start);
    const before = this.#ranges[at - 1];
    const next = this.#ranges[at];
    if (before !== undefined && before.end > range.start) return false;
    if (next !== undefined && next.start < range.end) return false;
    this.#ranges.splice(at, 0, range);
    return true;
  }

  covers(offset: number): boolean {
    const before = this.#ranges[this.#after(offset) - 1];
    return before !== undefined && before.end > offset;
  }

  /** Index of the first range that begins behind the offset. */
  #after(offset: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.start ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Lines and columns of offsets that only grow. */
class Lines {
  readonly #text: string;
  #line = 1;
  #start = 0;

  constructor(text: string) {
    this.#text = text;
  }

  place(offset: number): { line: number; column: number } {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#start);
      if (end < 0 || end >= offset) break;
      this.#line += 1;
      this.#start = end + 1;
    }
    return { line: this.#line, column: offset - this.#start + 1 };
  }
}
