import type { Io } from '../terminal/io.ts';

/** Where a wait stands: one line that changes on a terminal, a line for each change elsewhere. */
export class ProgressLine {
  readonly #io: Io;
  #text = '';

  constructor(io: Io) {
    this.#io = io;
  }

  show(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    const { stderr } = this.#io;
    stderr.write(stderr.isTTY === true ? `\r${text}\u001b[K` : `${text}\n`);
  }

  end(): void {
    if (this.#text !== '' && this.#io.stderr.isTTY === true) this.#io.stderr.write('\r\u001b[K');
  }
}
