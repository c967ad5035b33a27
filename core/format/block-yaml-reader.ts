import type { Json } from './canonical-json.ts';

/** Deeper than any of our formats, and far from the end of the stack of a YAML reader in any language. */
export const MAX_BLOCK_DEPTH = 64;

const INTEGER = /^-?(?:0|[1-9][0-9]{0,15})$/;

/**
 * Reads the layout that `emitYaml` writes, line by line. It only has to be right about that layout: about any
 * other text it may be wrong, because its one caller, `parseOwnYaml`, writes the result again and compares.
 *
 * @returns undefined where the text clearly is not of that layout
 * @throws SyntaxError for a quoted string that is not JSON
 */
export function readBlocks(text: string): Json | undefined {
  const lines = text.split('\n');
  // The writer ends with a line break, so what follows the last one is empty.
  if (lines.pop() !== '') return undefined;
  const reader = new BlockReader(lines);
  const value = reader.value(0, 0);
  return reader.atEnd() ? value : undefined;
}

class BlockReader {
  readonly #lines: string[];
  #row = 0;

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  atEnd(): boolean {
    return this.#row >= this.#lines.length;
  }

  /** The value that begins in this row at `column`, where its further entries or lines begin, too. */
  value(column: number, depth: number): Json | undefined {
    const line = this.#lines[this.#row];
    if (line === undefined || depth > MAX_BLOCK_DEPTH) return undefined;
    if (line.startsWith('- ', column)) return this.#sequence(column, depth);
    if (keyEnd(line, column) !== -1) return this.#mapping(column, depth);
    return this.#scalar(line.slice(column), column);
  }

  #sequence(column: number, depth: number): Json | undefined {
    const items: Json[] = [];
    do {
      const item = this.value(column + 2, depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    } while (this.#continues(column) && this.#lines[this.#row]?.startsWith('- ', column) === true);
    return items;
  }

  #mapping(column: number, depth: number): Json | undefined {
    const map = Object.create(null) as { [key: string]: Json };
    do {
      const line = this.#lines[this.#row] ?? '';
      const end = keyEnd(line, column);
      if (end === -1) return undefined;
      const value = this.#entry(line, end, column, depth);
      if (value === undefined) return undefined;
      const name = line.slice(column, end);
      map[name.startsWith('"') ? (JSON.parse(name) as string) : name] = value;
    } while (this.#continues(column));
    return map;
  }

  /** The value of an entry whose key ends at `end`: on the same line, or as a block in the next ones. */
  #entry(line: string, end: number, column: number, depth: number): Json | undefined {
    if (end + 1 < line.length) return this.#scalar(line.slice(end + 2), column + 2);
    this.#row += 1;
    const dashed = this.#lines[this.#row]?.startsWith('- ', column) === true;
    const inner = dashed ? column : column + 2;
    return this.#continues(inner) ? this.value(inner, depth + 1) : undefined;
  }

  #scalar(token: string, column: number): Json {
    this.#row += 1;
    switch (token) {
      case '|':
      case '|-':
        return this.#literal(token, ' '.repeat(column));
      case '{}':
        return Object.create(null) as { [key: string]: Json };
      case '[]':
        return [];
      case 'null':
        return null;
      case 'true':
        return true;
      case 'false':
        return false;
      default:
        if (token.startsWith('"')) return JSON.parse(token) as string;
        return INTEGER.test(token) ? Number(token) : token;
    }
  }

  #literal(header: string, indent: string): string {
    const from = this.#row;
    let line = this.#lines[from];
    while (line !== undefined && (line === '' || line.startsWith(indent))) {
      this.#row += 1;
      line = this.#lines[this.#row];
    }
    const content = this.#lines.slice(from, this.#row).map((text) => text.slice(indent.length));
    return content.join('\n') + (header === '|' ? '\n' : '');
  }

  /** Whether this row has an entry at exactly this column. */
  #continues(column: number): boolean {
    const line = this.#lines[this.#row];
    if (line === undefined || line.length <= column || line[column] === ' ') return false;
    for (let i = 0; i < column; i += 1) if (line[i] !== ' ') return false;
    return true;
  }
}

/** The index of the colon that ends the key at `column`, or -1 if there is no key. */
function keyEnd(line: string, column: number): number {
  const end = line[column] === '"' ? quoteEnd(line, column) : line.indexOf(': ', column);
  if (end !== -1) return line[end] === ':' ? end : -1;
  return line.endsWith(':') ? line.length - 1 : -1;
}

/** The index after the closing quote; -1 if the string is not closed. */
function quoteEnd(line: string, column: number): number {
  for (let i = line.indexOf('"', column + 1); i !== -1; i = line.indexOf('"', i + 1)) {
    let slashes = 0;
    while (line[i - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return i + 1;
  }
  return -1;
}
