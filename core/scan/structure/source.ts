import type { ScalarNode } from './node.ts';

/** A text and where it stands in a file: the file's own, or one inside of a value. */
export interface Source {
  text: string;
  /** The offset in the file's text of an offset in this one. */
  outer: (offset: number) => number;
}

/** The text of a file itself. */
export function wholeSource(text: string): Source {
  return { text, outer: (offset) => offset };
}

/** A part of a text, from an offset on. */
export function partOf(source: Source, start: number, end: number): Source {
  return {
    text: source.text.slice(start, end),
    outer: (offset) => source.outer(start + offset),
  };
}

/** What stands encoded in a value: all of it lies where the value begins. */
export function decodedSource(source: Source, node: ScalarNode, text: string): Source {
  const at = source.outer(node.start);
  return { text, outer: () => at };
}

/** The text that a scalar stands for: an offset in it is found again behind escapes, indentation and line breaks. */
export function scalarSource(source: Source, node: ScalarNode): Source {
  const raw = source.text.slice(node.start, node.end);
  const { value } = node;
  if (raw === value) return partOf(source, node.start, node.end);
  let inner = 0;
  let at = 0;
  const outer = (offset: number): number => {
    // Most are asked for one after the other: each goes on where the last one ended.
    if (offset < inner) {
      inner = 0;
      at = 0;
    }
    while (inner < offset && at < raw.length) {
      const step = stepOver(raw, at, node);
      at += step.raw;
      inner += step.inner;
    }
    return source.outer(node.start + Math.min(at, Math.max(raw.length - 1, 0)));
  };
  return { text: value, outer };
}

/** How many characters of the file the next one of the value takes. */
function stepOver(raw: string, at: number, node: ScalarNode): { raw: number; inner: number } {
  const char = raw[at] ?? '';
  if (node.style === 'block') {
    if (char === '\r') return { raw: 1, inner: 0 };
    if (char !== '\n') return { raw: 1, inner: 1 };
    let next = at + 1;
    const deepest = next + (node.indent ?? 0);
    while (next < deepest && raw[next] === ' ') next += 1;
    return { raw: next - at, inner: 1 };
  }
  if (node.style === 'single' && char === "'") return { raw: 2, inner: 1 };
  if (node.style === 'double' && char === '\\') {
    const letter = raw[at + 1] ?? '';
    if (letter === '\n' || letter === '\r') {
      const [gap = ''] = /^\\\r?\n[ \t]*/.exec(raw.slice(at, at + 1000)) ?? [];
      return { raw: Math.max(2, gap.length), inner: 0 };
    }
    return { raw: { x: 4, u: 6, U: 10 }[letter] ?? 2, inner: 1 };
  }
  const [gap = ''] = /\s/.test(char)
    ? (/^[ \t]*(?:\r?\n[ \t]*)+/.exec(raw.slice(at, at + 1000)) ?? [])
    : [];
  if (gap === '') return { raw: 1, inner: 1 };
  return { raw: gap.length, inner: Math.max(1, gap.split('\n').length - 2) };
}
