/** A pattern that cannot be said in JavaScript. The message says which part. */
export class PatternError extends Error {}

/** A pattern, read character by character. */
export class Cursor {
  readonly #chars: string[];
  #at = 0;

  constructor(pattern: string) {
    this.#chars = Array.from(pattern);
  }

  /** The next character, which stays; undefined at the end. */
  get next(): string | undefined {
    return this.#chars[this.#at];
  }

  take(): string {
    const char = this.#chars[this.#at] ?? '';
    this.#at += 1;
    return char;
  }

  /** What comes, as far as a short look goes; or all of it. */
  ahead(length = Infinity): string {
    return this.#chars.slice(this.#at, this.#at + length).join('');
  }

  /** Passes over what was seen ahead. */
  skip(text: string): void {
    this.#at += Array.from(text).length;
  }
}

const controls: Record<string, string> = {
  ...{ a: '\x07', f: '\f', t: '\t', n: '\n', r: '\r', v: '\x0B' },
};

/** Behind a backslash: `\pL`, `\p{Greek}`, `\P{Lu}`, of Unicode. @returns undefined for anything else */
export function propertyAt(cursor: Cursor, char: string): string | undefined {
  if (char !== 'p' && char !== 'P') return undefined;
  const match = /^(?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))/.exec(cursor.ahead(40));
  if (match === null) throw new PatternError(`\\${char} has no name of a class behind it`);
  cursor.skip(match[0]);
  const name = match[2] ?? match[3] ?? '';
  const not = (char === 'P') !== (match[1] === '^');
  return `\\${not ? 'P' : 'p'}{${name.length > 2 ? `Script=${name}` : name}}`;
}

/** Behind a backslash: the character that it stands for, with what follows of it. */
export function characterAt(cursor: Cursor, char: string): string {
  const control = controls[char];
  if (control !== undefined) return control;
  if (char === 'x') {
    const match = /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/.exec(cursor.ahead(8));
    const code = Number.parseInt(match?.[1] ?? match?.[2] ?? 'none', 16);
    if (match === null || code > 0x10ffff) throw new PatternError('\\x has no digits behind it');
    cursor.skip(match[0]);
    return String.fromCodePoint(code);
  }
  if (/[0-7]/.test(char)) {
    const [octal = ''] = /^[0-7]{0,2}/.exec(cursor.ahead(2)) ?? [];
    if (char !== '0' && octal === '') throw new PatternError(`\\${char} is not of Go's syntax`);
    cursor.skip(octal);
    return String.fromCodePoint(Number.parseInt(char + octal, 8));
  }
  if (char === '' || /[A-Za-z0-9]/.test(char))
    throw new PatternError(`\\${char} is not of Go's syntax`);
  return char;
}
