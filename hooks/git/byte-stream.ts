import { EdgesealError } from '../../core/errors.ts';

/** Pulls fields and counted bytes out of a stream of git's. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The bytes up to the next line break; undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    return (await this.#until(10))?.toString('latin1');
  }

  /** The bytes up to the next NUL; undefined at the end of the stream. */
  async field(): Promise<Buffer | undefined> {
    return await this.#until(0);
  }

  /** The next `size` bytes, in memory of their own: a view of a chunk would keep, or send to a thread, the whole of it. */
  async take(size: number): Promise<Buffer> {
    const taken = Buffer.allocUnsafeSlow(size);
    let done = 0;
    await this.#pass(size, (part) => (done += part.copy(taken, done)));
    return taken;
  }

  /** Passes over the next `size` bytes. */
  async skip(size: number): Promise<void> {
    await this.#pass(size, () => undefined);
  }

  async #pass(size: number, each: (part: Buffer) => unknown): Promise<void> {
    for (let missing = size; missing > 0;) {
      if (this.#rest.length === 0 && !(await this.#fill()))
        throw new EdgesealError('git-repository', 'git ended before it gave a whole file');
      const part = this.#rest.subarray(0, missing);
      each(part);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
    }
  }

  async #until(end: number): Promise<Buffer | undefined> {
    const before: Buffer[] = [];
    for (;;) {
      const at = this.#rest.indexOf(end);
      if (at >= 0) {
        const last = this.#rest.subarray(0, at);
        this.#rest = this.#rest.subarray(at + 1);
        return before.length === 0 ? last : Buffer.concat([...before, last]);
      }
      before.push(this.#rest);
      if (!(await this.#fill())) return undefined;
    }
  }

  async #fill(): Promise<boolean> {
    const next = await this.#chunks.next();
    this.#rest = next.done === true ? Buffer.alloc(0) : next.value;
    return next.done !== true;
  }
}
