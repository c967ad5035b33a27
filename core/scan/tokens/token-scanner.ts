import { type Candidate, ranks, withoutOverlaps } from './candidate.ts';
import { KeywordAutomaton } from './keyword-automaton.ts';
import { Places } from './place.ts';
import type { ScanFinding, ScanOptions } from '../finding.ts';
import type { TokenRule } from './rule.ts';
import { type ByteRange, TokenSource } from './source.ts';
import { RuleWindows } from './rule-windows.ts';

/** A finding, and where its value lies in the bytes that were scanned. */
export interface TokenFinding extends ScanFinding, ByteRange {}

export interface TokenOptions extends ScanOptions {
  /** Decides what kind of file it is; need not exist. */
  path: string;
  /** What is known to be no secret, such as sealed values: no finding begins in there. */
  exempt?: readonly ByteRange[];
}

/** What runs rules over files. Making one costs milliseconds, so it is made once. */
export class TokenScanner {
  readonly #rules: readonly TokenRule[];
  readonly #automaton: KeywordAutomaton;
  /** By keyword: its length and the rules that it stands for. */
  readonly #lengths: number[] = [];
  readonly #uses: number[][] = [];

  constructor(rules: readonly TokenRule[]) {
    this.#rules = rules;
    const keywords = new Map<string, number[]>();
    for (const [index, rule] of rules.entries()) {
      for (const keyword of rule.keywords) {
        const uses = keywords.get(keyword);
        if (uses === undefined) keywords.set(keyword, [index]);
        else uses.push(index);
      }
    }
    this.#automaton = new KeywordAutomaton([...keywords.keys()]);
    for (const [keyword, uses] of keywords) {
      this.#lengths.push(keyword.length);
      this.#uses.push(uses);
    }
  }

  /** @returns findings in order, each place once; nothing is thrown on account of the bytes */
  scan(bytes: Uint8Array, options: TokenOptions): TokenFinding[] {
    const source = new TokenSource(bytes, options.path);
    const candidates = withoutOverlaps(this.#candidates(source));
    return findings(source, candidates, options);
  }

  #candidates(source: TokenSource): Candidate[] {
    const found: Candidate[] = [];
    const windows = new RuleWindows(this.#rules, source, (rule, start, end) => {
      found.push({ rule, rank: rule.random === true ? ranks.named : ranks.format, start, end });
    });
    this.#automaton.scan(source.bytes, (keyword, end) => {
      const start = end - (this.#lengths[keyword] as number);
      for (const rule of this.#uses[keyword] as number[]) windows.add(rule, start, end);
    });
    windows.close();
    return found;
  }
}

function findings(
  source: TokenSource,
  candidates: readonly Candidate[],
  { exempt = [], digest }: TokenOptions,
): TokenFinding[] {
  const places = new Places(source.bytes);
  return outside(candidates, exempt).map(({ rule, start, end }) => ({
    rule: rule.id,
    ...places.of(start),
    message: rule.title,
    masked: `${source.bytes.toString('latin1', start, start + (rule.shown ?? 0))}****`,
    ...(digest === undefined ? {} : { digest: digest(source.bytes.subarray(start, end)) }),
    start,
    end,
  }));
}

function outside(candidates: readonly Candidate[], exempt: readonly ByteRange[]): Candidate[] {
  const ranges = [...exempt].sort((a, b) => a.start - b.start);
  let reach = 0;
  let next = 0;
  return candidates.filter(({ start }) => {
    for (let range = ranges[next]; range !== undefined && range.start <= start;) {
      reach = Math.max(reach, range.end);
      next += 1;
      range = ranges[next];
    }
    return start >= reach;
  });
}
