import { QuoteReader } from './scalar-reader.ts';

const comment = /[ \t]#/g;
const keyEnd = /:(?=[ \t\r\n]|$)|[ \t]#|\n/g;

/** A place in a document that is read line by line. */
export class Cursor {
  readonly text: string;
  /** Where the document ends. */
  readonly end: number;
  readonly quotes: QuoteReader;
  at: number;
  /** Begin of the line that {@link at} lies in. */
  line: number;
  /** Column of {@link at}; -1 at the end. */
  column = -1;

  constructor(text: string, start: number, end: number) {
    this.text = text;
    this.end = end;
    this.quotes = new QuoteReader(text, end);
    this.at = start;
    this.line = start;
  }

  /** Where a plain scalar ends that begins here: before the line's comment and spaces. */
  plainEnd(): number {
    const lineEnd = this.lineEnd();
    comment.lastIndex = this.at;
    const found = comment.exec(this.text.slice(0, lineEnd))?.index ?? lineEnd;
    return this.at + this.text.slice(this.at, found).trimEnd().length;
  }

  /** The key that begins here, in one line, with its colon. */
  key(): { name: string; after: number } | undefined {
    const first = this.text[this.at];
    if (first === '"' || first === "'") {
      const quoted = this.quotes.read(this.at, this.lineEnd());
      if (quoted === undefined) return undefined;
      const colon = /[ \t]*:(?=[ \t\r\n]|$)/y;
      colon.lastIndex = quoted.after;
      return colon.test(this.text)
        ? { name: quoted.node.value, after: colon.lastIndex }
        : undefined;
    }
    if (first === '{' || first === '[') return undefined;
    keyEnd.lastIndex = this.at;
    const found = keyEnd.exec(this.text);
    if (found?.[0] !== ':' || found.index >= this.end) return undefined;
    const name = this.text.slice(this.at, found.index).trimEnd();
    return { name, after: found.index + 1 };
  }

  /** Whether a list's item begins here. */
  isDash(): boolean {
    return (
      this.column >= 0 &&
      this.text[this.at] === '-' &&
      /^[\s]?$/.test(this.at + 1 < this.end ? (this.text[this.at + 1] ?? '') : '')
    );
  }

  /** Whether nothing follows in this line but a comment. */
  isLineOver(): boolean {
    const char = this.at >= this.end ? '\n' : this.text[this.at];
    if (char === '\n' || char === '\r') return true;
    return char === '#' && /\s/.test(this.text[this.at - 1] ?? ' ');
  }

  skipSpaces(): void {
    while (this.at < this.end && /[ \t]/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  lineEnd(): number {
    const found = this.text.indexOf('\n', this.at);
    return found < 0 || found > this.end ? this.end : found;
  }

  /** To the next line that holds something. */
  nextLine(): void {
    this.at = Math.min(this.end, this.lineEnd() + 1);
    this.line = this.at;
    this.toToken();
  }

  /** From the begin of a line to the first thing that means something, in this line or a later one. */
  toToken(): void {
    while (this.at < this.end) {
      const char = this.text[this.at];
      if (char === ' ' || char === '\t' || char === '\r') this.at += 1;
      else if (char === '\n') {
        this.at += 1;
        this.line = this.at;
      } else if (char === '\ufeff') {
        this.at += 1;
        this.line = this.at;
      } else if (char === '#') {
        this.at = Math.min(this.end, this.lineEnd());
      } else {
        this.column = this.at - this.line;
        return;
      }
    }
    this.column = -1;
  }
}
