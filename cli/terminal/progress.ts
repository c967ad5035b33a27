import type { Io } from './io.ts';

const afterMs = 1000;

/** Progress of something that may take longer than a second; silent before that, and where nobody looks. */
export class Progress {
  readonly #io: Io;
  readonly #what: string;
  readonly #started = Date.now();
  #shown = 0;

  constructor(io: Io, what: string) {
    this.#io = io;
    this.#what = what;
  }

  /** Call as often as you like; it prints ten times a second at most. */
  step(done: number, total: number): void {
    const now = Date.now();
    if (this.#io.stderr.isTTY !== true || now - this.#started < afterMs || now - this.#shown < 100)
      return;
    this.#shown = now;
    this.#io.stderr.write(`\r${this.#what} ${done}/${total}\u001b[K`);
  }

  end(): void {
    if (this.#shown > 0) this.#io.stderr.write('\r\u001b[K');
  }
}
