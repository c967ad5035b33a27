import { characterAt, Cursor, PatternError, propertyAt } from './go-cursor.ts';
import { setAt, space } from './go-set.ts';

interface Flags {
  /** Letters of either case. */
  i: boolean;
  /** Line ends count for `^` and `$`. */
  m: boolean;
  /** A dot is a line end, too. */
  s: boolean;
}

/**
 * Translates a regular expression of Go (RE2's syntax, as gitleaks has it) into one of JavaScript, with flags `d` and `g`.
 * Inline flags are written out, so that `(?i)` may hold for a part only.
 *
 * @throws PatternError for what JavaScript has no words for, or Go neither
 */
export function goRegExp(pattern: string): RegExp {
  const text = new Translator(pattern).translate();
  try {
    return new RegExp(text, 'dgu');
  } catch {
    throw new PatternError('it is not a regular expression');
  }
}

class Translator {
  readonly #cursor: Cursor;

  constructor(pattern: string) {
    this.#cursor = new Cursor(pattern);
  }

  translate(): string {
    const text = this.#alternatives({ i: false, m: false, s: false });
    if (this.#cursor.next !== undefined) throw new PatternError('a ) has no ( before it');
    return text;
  }

  /** Up to the end, or the `)` that ends the group. Flags that are set in here end with it. */
  #alternatives(outer: Flags): string {
    const flags = { ...outer };
    let text = '';
    for (;;) {
      const { next } = this.#cursor;
      if (next === undefined || next === ')') return text;
      text += this.#one(this.#cursor.take(), flags);
    }
  }

  #one(char: string, flags: Flags): string {
    switch (char) {
      case '(':
        return this.#group(flags);
      case '[':
        return setAt(this.#cursor, flags.i);
      case '\\':
        return this.#escape(flags);
      case '.':
        return flags.s ? '[^]' : '[^\\n]';
      case '^':
        return flags.m ? '(?:^|(?<=\\n))' : '^';
      case '$':
        return flags.m ? '(?:$|(?=\\n))' : '$';
      case '|':
      case '*':
      case '+':
      case '?':
        return char;
      case '{':
        return this.#repetition();
      default:
        return literal(char, flags);
    }
  }

  /** Without numbers in it, a brace is a brace. */
  #repetition(): string {
    const match = /^\d{1,4}(?:,\d{0,4})?\}/.exec(this.#cursor.ahead(12));
    if (match === null) return '\\{';
    this.#cursor.skip(match[0]);
    return `{${match[0]}`;
  }

  #group(flags: Flags): string {
    if (this.#cursor.next !== '?') return `(${this.#closed(flags)})`;
    const head = this.#cursor.ahead(80);
    const named = /^\?P?<[A-Za-z_]\w*>/.exec(head);
    if (named !== null) {
      // Groups are counted, in Go as here: the name is nobody's.
      this.#cursor.skip(named[0]);
      return `(${this.#closed(flags)})`;
    }
    const [around] = /^\?(?:<?[=!]|>)/.exec(head) ?? [];
    if (around !== undefined) throw new PatternError(`(${around} is not of Go's syntax`);
    const set = /^\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(head);
    if (set === null) throw new PatternError(`(${head.slice(0, 3)} is not known`);
    const [whole, on = '', off = '', end] = set;
    if (on.includes('U')) throw new PatternError('the flag U has no counterpart');
    this.#cursor.skip(whole);
    const changed = { ...flags };
    for (const name of ['i', 'm', 's'] as const) {
      if (on.includes(name)) changed[name] = true;
      if (off.includes(name)) changed[name] = false;
    }
    if (end === ':') return `(?:${this.#closed(changed)})`;
    Object.assign(flags, changed);
    return '';
  }

  #closed(flags: Flags): string {
    const text = this.#alternatives(flags);
    if (this.#cursor.take() !== ')') throw new PatternError('a ( is not closed');
    return text;
  }

  #escape(flags: Flags): string {
    const char = this.#cursor.take();
    switch (char) {
      case 'A':
        return '^';
      case 'z':
        return '$';
      case 'b':
      case 'B':
      case 'd':
      case 'D':
      case 'w':
      case 'W':
        return `\\${char}`;
      case 's':
        return `[${space}]`;
      case 'S':
        return `[^${space}]`;
      case 'Q':
        return this.#quoted(flags);
      default:
        return propertyAt(this.#cursor, char) ?? literal(characterAt(this.#cursor, char), flags);
    }
  }

  #quoted(flags: Flags): string {
    const [text = ''] = this.#cursor.ahead().split('\\E');
    this.#cursor.skip(`${text}\\E`);
    return Array.from(text, (char) => literal(char, flags)).join('');
  }
}

function literal(char: string, { i }: Flags): string {
  const lower = char.toLowerCase();
  const upper = char.toUpperCase();
  if (i && lower !== upper && upper.length === char.length && lower.length === char.length)
    return `[${lower}${upper}]`;
  return escaped(char);
}

function escaped(char: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}
