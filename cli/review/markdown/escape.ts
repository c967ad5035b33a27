import { cut } from '../words.ts';
import type { Words } from '../words.ts';

/** Longer names are shown by their two ends. */
const nameLength = 100;
const proseLength = 300;

/** Begins a mention, a reference, an address or an emoji where a host looks for them, after Markdown was read. */
const zeroWidth = '\u200b';

/**
 * A stranger's name as a code span: in one, a host makes no link, mention, reference, image or emoji of anything. What would
 * end the span, or the cell of a table around it, is written as in an address (`%60`).
 */
export function code(text: string): string {
  return span(text, nameLength);
}

function span(text: string, length: number): string {
  const safe = cut(visible(text), length).replace(
    /[`|\\]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  // A span loses a space at each end, and one of spaces alone is none.
  const whole = safe.replace(/^ +| +$/g, (spaces) => '␠'.repeat(spaces.length));
  return `\`${whole === '' ? '␠' : whole}\``;
}

/** A command that is to be typed: whole, as half of one does something else. */
export function commandLine(text: string): string {
  return span(text, 1000);
}

/**
 * A stranger's sentence: it reads as it is, and nothing in it is markup. Mentions, references and addresses are looked for
 * by hosts in the finished text, so a backslash does not stop them; a space of no width does.
 */
export function prose(text: string): string {
  return cut(visible(text), proseLength)
    .replace(/[\\`*_{}[\]()<>#+!|~$&^=]/g, (c) => `\\${c}`)
    .replace(/[@#:](?=\S)|www(?=\.)/gi, (c) => `${c}${zeroWidth}`);
}

/** The report's sentences. */
export function markdownOf(words: Words): string {
  return words
    .map((part) => {
      if (typeof part === 'string') return part;
      return 'name' in part ? code(part.name) : prose(part.prose);
    })
    .join('');
}

/** Lines as they are, in a fence that nothing in them closes. */
export function fenced(language: string, lines: readonly string[]): string {
  const shown = lines.map((line) => cut(visible(line), proseLength));
  const runs = shown.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(Math.max(2, ...runs) + 1);
  return [`${fence}${language}`, ...shown, fence].join('\n');
}

/**
 * What cannot be seen, or changes how its neighbours are: controls, turns of direction, line breaks, fillers that look like
 * a space, marks that pile up. Each becomes `?`.
 */
function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0\u2800]/gu, '?')
    .replace(/(?! )\p{Zs}/gu, '?')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1');
}
