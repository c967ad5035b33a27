import { plainText } from '../terminal/plain-text.ts';

/** A name of a file, secret, region, person: whoever opened the pull request may have chosen it. */
interface Name {
  name: string;
}

/** A sentence that may hold such names, such as an error's message. */
interface Prose {
  prose: string;
}

/** A sentence of the report. Strings are ours; everything else is escaped wherever it is shown. */
export type Words = readonly (string | Name | Prose)[];

/** Writes a sentence: what is filled in are names. */
export function say(texts: TemplateStringsArray, ...names: (string | number | Words)[]): Words {
  return texts.flatMap((text, i): Words => {
    const name = names[i];
    const own = text === '' ? [] : [text];
    if (name === undefined) return own;
    if (typeof name === 'number') return [...own, String(name)];
    return typeof name === 'string' ? [...own, { name }] : [...own, ...name];
  });
}

/** Somebody else's sentence. */
export function quote(text: string): Words {
  return [{ prose: text }];
}

/** Names in a row, of many the first few. */
export function list(names: readonly string[], atMost = 6): Words {
  const shown = names.length > atMost + 1 ? names.slice(0, atMost) : names;
  const row = shown.flatMap((name, i): Words => (i === 0 ? [{ name }] : [', ', { name }]));
  return shown.length === names.length ? row : [...row, ` and ${names.length - shown.length} more`];
}

/** Sentences in a row. */
export function join(all: readonly Words[], between: string): Words {
  return all.flatMap((one, i) => (i === 0 ? one : [between, ...one]));
}

/** For a terminal, a log, a JSON document: nothing in it can move a cursor or turn the direction of writing. */
export function textOf(words: Words): string {
  return words
    .map((part) =>
      typeof part === 'string'
        ? part
        : cut(plainText('name' in part ? part.name : part.prose), 300),
    )
    .join('');
}

/** Keeps a text's two ends. */
export function cut(text: string, length: number): string {
  const all = Array.from(text);
  if (all.length <= length) return text;
  const end = Math.floor(length / 4);
  return `${all.slice(0, length - end - 1).join('')}…${all.slice(-end).join('')}`;
}

/** `1 secret`, `2 secrets`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
