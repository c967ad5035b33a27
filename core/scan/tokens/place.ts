/**
 * Lines and columns of offsets that are asked for in rising order: each byte is counted once, however long the line.
 * Columns are in UTF-16 code units, as editors have them.
 */
export class Places {
  readonly #bytes: Uint8Array;
  #at = 0;
  #line = 1;
  #column = 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @param offset of a byte, not below the last one asked for. @returns both counted from 1 */
  of(offset: number): { line: number; column: number } {
    for (; this.#at < offset; this.#at += 1) {
      const byte = this.#bytes[this.#at] ?? 0;
      if (byte === 10) {
        this.#line += 1;
        this.#column = 1;
      } else if ((byte & 0xc0) !== 0x80) {
        // A character's first byte in UTF-8; those of four bytes are two units.
        this.#column += byte >= 0xf0 ? 2 : 1;
      }
    }
    return { line: this.#line, column: this.#column };
  }
}
