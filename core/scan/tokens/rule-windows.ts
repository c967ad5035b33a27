import { isFiller } from './filler.ts';
import { looksRandom } from './randomness/random.ts';
import type { TokenRule } from './rule.ts';
import type { TokenSource } from './source.ts';

const defaultBefore = 64;
const defaultAfter = 512;
/** As far as a pattern may look back from where a match begins. */
const lookBehind = 16;

/** Called with the rule's number and the value's place. */
type OnMatch = (rule: number, start: number, end: number) => void;

/**
 * The stretches around keywords in which a rule's pattern runs. Those of one rule that overlap become one, so that a text full
 * of keywords costs each rule no more than one pass over it.
 */
export class RuleWindows {
  readonly #rules: readonly TokenRule[];
  readonly #source: TokenSource;
  readonly #onMatch: OnMatch;
  /** By rule, the stretch that may still grow; its end is 0 where there is none. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #open: number[] = [];

  constructor(rules: readonly TokenRule[], source: TokenSource, onMatch: OnMatch) {
    this.#rules = rules;
    this.#source = source;
    this.#onMatch = onMatch;
    this.#starts = new Int32Array(rules.length);
    this.#ends = new Int32Array(rules.length);
  }

  /** Keywords come nearly in order: one may begin a few characters before the one before it. */
  add(index: number, start: number, end: number): void {
    const { before = defaultBefore, after = defaultAfter } = this.#rules[index] as TokenRule;
    const from = Math.max(0, start - before);
    const known = this.#ends[index] as number;
    if (known === 0) this.#open.push(index);
    else if (from > known) this.#run(index);
    const isNew = known === 0 || from > known;
    this.#starts[index] = isNew ? from : Math.min(from, this.#starts[index] as number);
    this.#ends[index] = Math.max(known, Math.min(this.#source.bytes.length, end + after));
  }

  close(): void {
    for (const index of this.#open) this.#run(index);
    this.#open.length = 0;
    this.#ends.fill(0);
  }

  #run(index: number): void {
    const rule = this.#rules[index] as TokenRule;
    const from = this.#starts[index] as number;
    const to = this.#ends[index] as number;
    if (rule.random === true && !this.#source.runs.touches(from, to)) return;
    // What stands before a match decides whether it begins there.
    const cut = Math.max(0, from - lookBehind);
    const text = this.#source.text.slice(cut, to);
    const { pattern } = rule;
    pattern.lastIndex = from - cut;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const [start, end] = match.indices?.groups?.['secret'] ?? [
        match.index,
        match.index + match[0].length,
      ];
      if (match[0] === '') pattern.lastIndex += 1;
      if (end > start && isSecret(rule, text.slice(start, end)))
        this.#onMatch(index, cut + start, cut + end);
    }
  }
}

function isSecret(rule: TokenRule, secret: string): boolean {
  if (isFiller(secret)) return false;
  if (rule.random === true && !looksRandom(secret)) return false;
  return rule.check === undefined || rule.check(secret);
}
