import { EdgesealError } from '../errors.ts';
import { MAX_BLOCK_DEPTH, readBlocks } from './block-yaml-reader.ts';
import type { Json } from './canonical-json.ts';

/** YAML 1.2 section 8.2.2 ends an implicit key after 1,024 characters; quotes and colon count in some readers. */
const MAX_KEY_LENGTH = 1000;

/** What keeps a string from being plain: anything that can be an indicator, a comment or begin a number. */
const NOT_PLAIN = /^[^A-Za-z/]|[^A-Za-z0-9._/@:-]|:$/;

/**
 * Words that some reader of YAML 1.1 or 1.2, in some language, takes for something other than a string. (`e0` is a
 * number to readers whose pattern for floats makes every part before the exponent optional.)
 */
const WORD = /^(?:y|yes|n|no|on|off|true|false|null|inf|nan|infinity|e-?[0-9]+)$/i;

/** Key ids and hashes: a third begins with a letter and could be plain, but all should look alike in a review. */
const DIGEST = /^[0-9a-f]{16,}$/;

/** What keeps text out of a literal block: not printable ASCII, a space at an end of a line, blank lines at an end. */
const NOT_LITERAL = /[^\n -~]|^[ \n]|\n | \n| $|\n\n$/;

/** What has to be looked at before it is quoted. Nearly nothing has: base64, ids, one-line text. */
const NOT_SIMPLE = /[^ !#-[\]-~]/;

/**
 * What JSON leaves as it is and YAML, or a reviewer's eye, does not: DEL, C1 controls, line separators, the byte
 * order mark, and invisible or direction-changing characters, which make a diff show something that is not there.
 */
const HIDDEN =
  /[\u007f-\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f]|[\ufe00-\ufe0f]|[\ufeff\ufff0-\uffff]/g;

/**
 * Writes a value as block-style YAML: the one layout of all files that edgeseal generates. Two spaces a level,
 * sequences at the indentation of their key (as kubectl prints them), strings plain where every YAML reader takes
 * them for strings, literal blocks for multi-line ASCII, JSON-style quotes for the rest. No line is folded, so
 * the change of one value is the change of one line, however long.
 *
 * Keys come in the order of the object: callers give them sorted, or in the order of a schema. (JavaScript itself
 * moves keys such as `1` to the front.) The same value always gives the same text, which {@link parseOwnYaml} reads.
 *
 * @throws EdgesealError `format-yaml` for a number that is not a safe integer, a lone surrogate, `undefined`, a
 *   key of more than 1,000 characters, and nesting deeper than 64 levels
 */
export function emitYaml(value: Json): string {
  // At the top of a document a literal block could hold a line that ends the document.
  return typeof value === 'string' ? `${emitInline(value)}\n` : emitValue(value, '', 0);
}

/**
 * Reads what {@link emitYaml} wrote, many times as fast as a full YAML parser. Whatever the line reader makes of a
 * text, its result is written again and compared; so no text is ever accepted in a meaning that is not its own.
 *
 * @returns the value, its maps without prototype; undefined if the text is anything but the writer's output, such
 *   as a file that a person edited, which the full parser may still be able to read
 */
export function parseOwnYaml(text: string): Json | undefined {
  try {
    const value = readBlocks(text);
    return value !== undefined && emitYaml(value) === text ? value : undefined;
  } catch (error) {
    // A quoted string that is not JSON, or a value that the writer refuses: not our text.
    if (error instanceof SyntaxError || error instanceof EdgesealError) return undefined;
    throw error;
  }
}

/**
 * The text of a value from its own first character to its line break. `indent` stands before each further entry of a
 * collection, and before each line of a literal block.
 */
function emitValue(value: Json | undefined, indent: string, depth: number): string {
  if (typeof value === 'string') return emitString(value, indent);
  if (typeof value !== 'object' || value === null) return `${emitAtom(value)}\n`;
  if (depth >= MAX_BLOCK_DEPTH) {
    throw new EdgesealError('format-yaml', `nested deeper than ${MAX_BLOCK_DEPTH} levels`);
  }
  return Array.isArray(value)
    ? emitSequence(value, indent, depth)
    : emitMapping(value, indent, depth);
}

function emitSequence(items: Json[], indent: string, depth: number): string {
  const inner = `${indent}  `;
  let text = '';
  // By index: iteration methods skip holes, and a hole is not JSON.
  for (let i = 0; i < items.length; i += 1) {
    text += `${i === 0 ? '' : indent}- ${emitValue(items[i], inner, depth + 1)}`;
  }
  return text === '' ? '[]\n' : text;
}

function emitMapping(map: { [key: string]: Json }, indent: string, depth: number): string {
  const inner = `${indent}  `;
  let text = '';
  for (const key of Object.keys(map)) {
    const name = emitInline(key);
    if (name.length > MAX_KEY_LENGTH) {
      throw new EdgesealError('format-yaml', `a key is longer than ${MAX_KEY_LENGTH} characters`);
    }
    const value = map[key];
    if (text !== '') text += indent;
    if (typeof value !== 'object' || value === null || isEmpty(value)) {
      text += `${name}: ${emitValue(value, inner, depth + 1)}`;
    } else {
      const column = Array.isArray(value) ? indent : inner;
      text += `${name}:\n${column}${emitValue(value, column, depth + 1)}`;
    }
  }
  return text === '' ? '{}\n' : text;
}

function isEmpty(value: Json[] | { [key: string]: Json }): boolean {
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

function emitString(text: string, indent: string): string {
  if (!text.includes('\n') || NOT_LITERAL.test(text)) return `${emitInline(text)}\n`;
  const closed = text.endsWith('\n');
  // Lines without content stay empty: trailing spaces would be the first thing that an editor removes.
  const lines = (closed ? text.slice(0, -1) : text).replace(/\n(?=[^\n])/g, `\n${indent}`);
  return `${closed ? '|' : '|-'}\n${indent}${lines}\n`;
}

/** A string on one line: plain where that is safe, else quoted as in JSON, which is also YAML. */
function emitInline(text: string): string {
  if (text !== '' && !NOT_PLAIN.test(text) && !WORD.test(text) && !DIGEST.test(text)) return text;
  if (!NOT_SIMPLE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) {
    throw new EdgesealError('format-yaml', 'a string holds a lone surrogate');
  }
  return JSON.stringify(text).replace(HIDDEN, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function emitAtom(value: null | boolean | number | undefined): string {
  if (value === undefined || (typeof value === 'number' && !isPlainInteger(value))) {
    throw new EdgesealError('format-yaml', 'a value is neither JSON nor a safe integer');
  }
  return String(value);
}

function isPlainInteger(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}
