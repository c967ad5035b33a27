import { EdgesealError } from '../../core/errors.ts';

/** Pulls fields and counted bytes out of a stream of git's. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The bytes up to the next line break. */
  async line(): Promise<string> {
    const field = await this.#until(10);
    if (field !== undefined) return field.toString('latin1');
    throw new EdgesealError('git-repository', 'git ended early: is it installed?');
  }

  /** The bytes up to the next NUL; undefined at the end of the stream. */
  async field(): Promise<Buffer | undefined> {
    return await this.#until(0);
  }

  /** The next `size` bytes. */
  async take(size: number): Promise<Buffer> {
    const taken: Buffer[] = [];
    let missing = size;
    for (;;) {
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      taken.push(part);
      missing -= part.length;
      if (missing === 0) return taken.length === 1 ? part : Buffer.concat(taken);
      if (!(await this.#fill()))
        throw new EdgesealError('git-repository', 'git ended before it gave a whole file');
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
