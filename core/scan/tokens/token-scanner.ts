import { type Candidate, ranks, withoutOverlaps } from './candidate.ts';
import type { Detector } from './detector.ts';
import { KeywordAutomaton } from './keyword-automaton.ts';
import { candidatesInside } from './encoded/inside.ts';
import { Places } from '../place.ts';
import type { ScanFinding, ScanOptions } from '../finding.ts';
import type { TokenRule } from './rule.ts';
import { type TextRange, TokenSource } from './source.ts';
import { RuleWindows } from './rule-windows.ts';

/** A finding, and where in the text its value lies, in UTF-16 code units. */
export interface TokenFinding extends ScanFinding, TextRange {}

export interface TokenOptions extends ScanOptions {
  /** Decides what kind of file it is; need not exist. */
  path: string;
  /** What is known to be no secret, such as sealed values, in UTF-16 code units: no finding begins in there. */
  exempt?: readonly TextRange[];
}

/** How many encodings, one in the other, are looked through. */
const deepest = 2;

/** What runs rules over texts. Making one costs milliseconds, so it is made once. */
export class TokenScanner {
  readonly #rules: readonly TokenRule[];
  readonly #detectors: readonly Detector[];
  readonly #automaton: KeywordAutomaton;
  /** By keyword: its length, and the rules and detectors (numbered behind the rules) that it stands for. */
  readonly #lengths: number[] = [];
  readonly #uses: number[][] = [];

  constructor(rules: readonly TokenRule[], detectors: readonly Detector[] = []) {
    this.#rules = rules;
    this.#detectors = detectors;
    const keywords = new Map<string, number[]>();
    for (const [index, user] of [...rules, ...detectors].entries()) {
      for (const keyword of user.keywords) {
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

  /**
   * @param content a text, or bytes in UTF-8
   * @returns findings in order, each place once; nothing is thrown on account of the content
   */
  scan(content: Uint8Array | string, options: TokenOptions): TokenFinding[] {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const source = new TokenSource(bytes, options.path);
    return findings(source, withoutOverlaps(this.#candidates(source, 0)), options);
  }

  #candidates(source: TokenSource, depth: number): Candidate[] {
    const found: Candidate[] =
      depth < deepest
        ? candidatesInside(source, (inner) => this.#candidates(inner, depth + 1))
        : [];
    const windows = new RuleWindows(this.#rules, source, (order, start, end) => {
      const rule = this.#rules[order] as TokenRule;
      found.push({ rule, rank: rankOf(rule), order, start, end });
    });
    const order = this.#rules.length;
    const detectors = this.#detectors.map((detector) =>
      detector.on(source, (rule, start, end) => {
        found.push({ rule, rank: ranks.assignment, order, start, end });
      }),
    );
    this.#automaton.scan(source.bytes, (keyword, end) => {
      const start = end - (this.#lengths[keyword] as number);
      for (const user of this.#uses[keyword] as number[]) {
        if (user < this.#rules.length) windows.add(user, start, end);
        else detectors[user - this.#rules.length]?.(start, end);
      }
    });
    windows.close();
    return found;
  }
}

function rankOf({ generic, random }: TokenRule): number {
  if (generic === true) return ranks.generic;
  return random === true ? ranks.named : ranks.format;
}

function findings(
  source: TokenSource,
  candidates: readonly Candidate[],
  { exempt = [], digest }: TokenOptions,
): TokenFinding[] {
  const places = new Places(source.bytes);
  const sealed = new Ranges(exempt);
  return candidates.flatMap(({ rule, start, end, value }) => {
    const { offset, line, column } = places.of(start);
    if (sealed.hold(offset)) return [];
    const secret = value ?? source.bytes.subarray(start, end);
    const shown = secret.toString('latin1', 0, rule.shown ?? 0);
    return {
      rule: rule.id,
      line,
      column,
      message: rule.title,
      masked: `${shown}****`,
      ...(digest === undefined ? {} : { digest: digest(secret) }),
      start: offset,
      end: places.of(end).offset,
    };
  });
}

/** Asked about rising offsets, so that each range is passed once. */
class Ranges {
  readonly #ranges: TextRange[];
  #next = 0;
  #reach = 0;

  constructor(ranges: readonly TextRange[]) {
    this.#ranges = [...ranges].sort((a, b) => a.start - b.start);
  }

  hold(offset: number): boolean {
    for (let range = this.#ranges[this.#next]; range !== undefined && range.start <= offset;) {
      this.#reach = Math.max(this.#reach, range.end);
      this.#next += 1;
      range = this.#ranges[this.#next];
    }
    return offset < this.#reach;
  }
}
