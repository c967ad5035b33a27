import type { ScalarNode } from './node.ts';

const simpleEscapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\u0007',
  e: '\u001b',
  0: '\0',
  _: '\u00a0',
  N: '\u0085',
  L: '\u2028',
  P: '\u2029',
};

const escape =
  /\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|[^])|[ \t]*(?:\r?\n[ \t]*)+/g;

/** Reads strings in quotes from one document. */
export class QuoteReader {
  readonly #text: string;
  readonly #end: number;
  /** Quotes that open from here on never close; a later search would find no more. */
  readonly #unclosed: Record<string, number> = {};

  /** @param end where the document ends */
  constructor(text: string, end: number) {
    this.#text = text;
    this.#end = end;
  }

  /**
   * @param at offset of the quote that opens
   * @param end where the string must have ended
   * @returns the string and the offset behind the closing quote; undefined where there is none
   */
  read(at: number, end = this.#end): { node: ScalarNode; after: number } | undefined {
    const quote = this.#text[at] ?? '';
    const close = at >= (this.#unclosed[quote] ?? Infinity) ? -1 : this.#closing(quote, at, end);
    if (close < 0) {
      if (end === this.#end) {
        this.#unclosed[quote] = Math.min(at, this.#unclosed[quote] ?? Infinity);
      }
      return undefined;
    }
    const raw = this.#text.slice(at + 1, close);
    const style = quote === '"' ? 'double' : 'single';
    const value = style === 'double' ? unescaped(raw) : folded(raw.replaceAll("''", "'"));
    return { node: { kind: 'scalar', value, start: at + 1, end: close, style }, after: close + 1 };
  }

  #closing(quote: string, open: number, end: number): number {
    for (let at = open + 1; ;) {
      const close = this.#text.indexOf(quote, at);
      if (close < 0 || close >= end) return -1;
      if (quote === "'") {
        if (this.#text[close + 1] !== "'") return close;
        at = close + 2;
        continue;
      }
      let escapes = close;
      while (this.#text[escapes - 1] === '\\' && escapes > open + 1) escapes -= 1;
      if ((close - escapes) % 2 === 0) return close;
      at = close + 1;
    }
  }
}

function unescaped(raw: string): string {
  if (!raw.includes('\\') && !raw.includes('\n')) return raw;
  return raw.replace(escape, (found) => {
    if (!found.startsWith('\\')) return fold(found);
    const [, letter = ''] = found;
    if (letter === '\n' || letter === '\r') return '';
    if (/[xuU]/.test(letter) && found.length > 2) {
      const code = Number.parseInt(found.slice(2), 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    }
    return simpleEscapes[letter] ?? letter;
  });
}

function folded(raw: string): string {
  return raw.includes('\n') ? raw.replace(/[ \t]*(?:\r?\n[ \t]*)+/g, fold) : raw;
}

/** One line break is a space; each further one is itself. */
function fold(breaks: string): string {
  const count = breaks.split('\n').length - 1;
  return count === 1 ? ' ' : '\n'.repeat(count - 1);
}

/** How a block scalar begins: `|`, `>-`, `|2+`, and nothing behind but a comment. */
const header = /[|>](?:([1-9])[+-]?|[+-]([1-9])?)?[ \t]*(?:#[^\n]*|\r)?(?:\n|$)/y;

/**
 * Reads a block scalar.
 *
 * @param at offset of `|` or `>`
 * @param parent the column that the text must be deeper than
 * @returns the scalar and the offset of the line behind it; undefined if none begins here
 */
export function readBlockScalar(
  text: string,
  at: number,
  end: number,
  parent: number,
): { node: ScalarNode; after: number } | undefined {
  header.lastIndex = at;
  const match = header.exec(text);
  if (match === null) return undefined;
  const digit = match[1] ?? match[2];
  let indent = digit === undefined ? -1 : Math.max(parent, 0) + Number(digit);
  const lines: string[] = [];
  let start = -1;
  let last = at + 1;
  let next = Math.min(end, header.lastIndex);
  while (next < end) {
    const found = text.indexOf('\n', next);
    const stop = found < 0 || found > end ? end : found;
    let first = next;
    while (first < stop && text[first] === ' ') first += 1;
    const isBlank = first >= stop || (text[first] === '\r' && first + 1 >= stop);
    if (!isBlank) {
      const column = first - next;
      if (indent < 0) indent = column;
      if (column < indent || column <= parent) break;
      if (start < 0) start = next + indent;
    }
    const from = indent < 0 ? stop : Math.min(next + indent, stop);
    const to = text[stop - 1] === '\r' && stop > from ? stop - 1 : stop;
    lines.push(text.slice(from, to));
    if (!isBlank) last = to;
    next = Math.min(end, stop + 1);
  }
  // Empty lines before the first of text count for nothing here, and those behind the last one neither.
  while (lines[0]?.trim() === '') lines.shift();
  while (lines.at(-1)?.trim() === '') lines.pop();
  const value = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  const place = start < 0 ? { start: at, end: at + 1 } : { start, end: last };
  return {
    node: { kind: 'scalar', value, ...place, style: 'block', indent: Math.max(indent, 0) },
    after: next,
  };
}
