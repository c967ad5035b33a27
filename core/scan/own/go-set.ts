import { characterAt, PatternError, propertyAt } from './go-cursor.ts';
import type { Cursor } from './go-cursor.ts';

const posix: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};
/** Go's `\s` has neither the vertical tab nor Unicode's spaces. */
export const space = '\\t\\n\\f\\r ';

/** Reads a set behind its `[`. @param anyCase whether letters stand for either case */
export function setAt(cursor: Cursor, anyCase: boolean): string {
  let text = '[';
  if (cursor.next === '^') text += cursor.take();
  for (let isFirst = true; ; isFirst = false) {
    if (cursor.next === undefined) throw new PatternError('a [ is not closed');
    const char = cursor.take();
    if (char === ']' && !isFirst) return `${text}]`;
    text += memberAt(cursor, char, anyCase);
  }
}

function memberAt(cursor: Cursor, char: string, anyCase: boolean): string {
  if (char === '[' && cursor.next === ':') return posixAt(cursor, anyCase);
  if (char === '\\') {
    const known = { d: '\\d', D: '\\D', w: '\\w', W: '\\W', s: space, S: '\\S' }[cursor.next ?? ''];
    if (known !== undefined) {
      cursor.take();
      return known;
    }
  }
  const from = codeAt(cursor, char);
  if (typeof from !== 'number') return from.property;
  if (cursor.next !== '-' || [']', ''].includes(cursor.ahead(2).slice(1)))
    return rangeOf(from, from, anyCase);
  cursor.take();
  const to = codeAt(cursor, cursor.take());
  if (typeof to !== 'number' || to < from) throw new PatternError('a range in [ ] has no end');
  return rangeOf(from, to, anyCase);
}

function codeAt(cursor: Cursor, char: string): number | { property: string } {
  if (char !== '\\') return char.codePointAt(0) ?? 0;
  const next = cursor.take();
  const property = propertyAt(cursor, next);
  return property === undefined ? (characterAt(cursor, next).codePointAt(0) ?? 0) : { property };
}

/** `[:alpha:]`, behind its bracket. */
function posixAt(cursor: Cursor, anyCase: boolean): string {
  const [whole, not = '', name = ''] = /^:(\^?)([a-z]+):\]/.exec(cursor.ahead(12)) ?? [];
  const members = posix[name];
  if (whole === undefined || members === undefined) return '\\[';
  cursor.skip(whole);
  if (not !== '') {
    const negated = { digit: '\\D', word: '\\W', space: '\\S' }[name];
    if (negated === undefined) throw new PatternError(`[:^${name}:] has no counterpart`);
    return negated;
  }
  return anyCase && /^(?:lower|upper)$/.test(name) ? 'A-Za-z' : members;
}

/** A range of a set; with letters of either case, also what its letters are in the other one. */
function rangeOf(from: number, to: number, anyCase: boolean): string {
  let text = written(from, to);
  if (!anyCase) return text;
  for (const [low, high, shift] of [
    [97, 122, -32],
    [65, 90, 32],
  ] as const) {
    const start = Math.max(from, low);
    const end = Math.min(to, high);
    if (start <= end) text += written(start + shift, end + shift);
  }
  return text;
}

function written(from: number, to: number): string {
  return from === to ? member(from) : `${member(from)}-${member(to)}`;
}

function member(code: number): string {
  const char = String.fromCodePoint(code);
  return /[\^$\\.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char;
}
