/** A place in a text. Offset, line and column are in UTF-16 code units, as strings and editors have them. */
export interface Place {
  /** From 0. */
  offset: number;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
}

/** Places of offsets in UTF-8 that are asked for in rising order: each byte is counted once, however long the line. */
export class Places {
  readonly #bytes: Uint8Array;
  #at = 0;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @param at offset of a byte, not below the last one asked for */
  of(at: number): Place {
    for (; this.#at < at; this.#at += 1) {
      const byte = this.#bytes[this.#at] ?? 0;
      // A character's first byte; those of four bytes are two units.
      if ((byte & 0xc0) !== 0x80) this.#offset += byte >= 0xf0 ? 2 : 1;
      if (byte !== 10) continue;
      this.#line += 1;
      this.#lineStart = this.#offset;
    }
    return { offset: this.#offset, line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }
}
