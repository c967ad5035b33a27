import { createContext, Script } from 'node:vm';
import type { ScanFinding } from '../finding.ts';
import type { OwnRules } from './gitleaks-config.ts';
import { entropyOf, isLeft, tests } from './own-rule.ts';
import type { OwnMatch, OwnRule } from './own-rule.ts';

/** Patterns run over so much at once; a match across a seam is whole in one of two pieces. In UTF-16 code units. */
const pieceLength = 16 * 1024;
const overlap = 2 * 1024;
/** A pattern of somebody's may need longer than anybody has. It is stopped: for one file, all rules together. */
const maxMs = 250;
const shownId = /^[\w.-]{1,80}$/;

/** Runs a repository's own rules. Their patterns are not linear by construction, as ours are, so a clock stands over them. */
export class OwnScanner {
  readonly #own: OwnRules;
  readonly #script = new Script('run()');
  readonly #context: { run: () => void } = { run: () => undefined };

  constructor(own: OwnRules) {
    this.#own = own;
    createContext(this.#context);
  }

  /**
   * @param digest as of a scan's options
   * @returns `stopped` is the rule that was running when the time was over; those after it did not run
   */
  scan(
    path: string,
    text: string,
    digest: (value: string) => string,
  ): { findings: ScanFinding[]; stopped: string | undefined } {
    const found: ScanFinding[] = [];
    let lower: string | undefined;
    const due = this.#own.rules.filter(({ keywords, path: only }) => {
      if (only !== undefined && !tests(only, path)) return false;
      if (keywords.length === 0) return true;
      const all = (lower ??= text.toLowerCase());
      return keywords.some((word) => all.includes(word));
    });
    const stopped = this.#timed(due, (rule) => {
      for (const { start, ...match } of matchesOf(rule, text)) {
        if (this.isAllowed(rule.id, rule.allowances, path, match)) continue;
        found.push({
          rule: shownId.test(rule.id) ? rule.id : 'own-rule',
          ...placeOf(text, start),
          message: rule.title,
          masked: '****',
          digest: digest(match.secret),
        });
      }
    });
    return { findings: found, stopped: stopped?.id };
  }

  /** Whether an allow list of the file leaves alone what a rule has found, one of ours or theirs. */
  isAllowed(
    rule: string,
    allowances: OwnRule['allowances'],
    path: string,
    match: OwnMatch,
  ): boolean {
    if (this.#own.disabled.includes(rule)) return true;
    const global = this.#own.allowances.filter(
      ({ rules }) => rules.length === 0 || rules.includes(rule),
    );
    return [...allowances, ...global].some((allowance) => isLeft(allowance, path, match));
  }

  /** Runs rules one after the other while there is time. @returns the one that was stopped */
  #timed(rules: readonly OwnRule[], run: (rule: OwnRule) => void): OwnRule | undefined {
    if (rules.length === 0) return undefined;
    let current: OwnRule | undefined;
    this.#context.run = () => {
      for (const rule of rules) {
        current = rule;
        run(rule);
      }
    };
    try {
      this.#script.runInContext(this.#context, { timeout: maxMs });
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      return current;
    }
  }
}

function* matchesOf(rule: OwnRule, text: string): Generator<OwnMatch & { start: number }> {
  const { pattern, group, entropy } = rule;
  if (pattern === undefined) {
    yield { secret: '', match: '', line: '', start: 0 };
    return;
  }
  let last = -1;
  for (let from = 0; from === 0 || from + overlap < text.length; from += pieceLength - overlap) {
    const piece = text.slice(from, from + pieceLength);
    pattern.lastIndex = 0;
    for (let match = pattern.exec(piece); match !== null; match = pattern.exec(piece)) {
      if (match[0] === '') pattern.lastIndex += 1;
      const index =
        group > 0
          ? group
          : match.findIndex((one: string | undefined, at) => at > 0 && (one ?? '') !== '');
      const secret = match[Math.max(0, index)] ?? '';
      const start = from + (match.indices?.[Math.max(0, index)]?.[0] ?? match.index);
      // What the piece before had already.
      if (start <= last || secret === '') continue;
      last = start;
      if (entropy > 0 && entropyOf(secret) <= entropy) continue;
      yield { secret, match: match[0], line: lineOf(text, start), start };
    }
  }
}

function lineOf(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return text.slice(text.lastIndexOf('\n', at - 1) + 1, end < 0 ? undefined : end);
}

function placeOf(text: string, at: number): { line: number; column: number } {
  let line = 1;
  for (let end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', end + 1))
    line += 1;
  return { line, column: at - text.lastIndexOf('\n', at - 1) };
}
