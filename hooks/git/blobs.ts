import { EdgesealError } from '../../core/errors.ts';
import { countLines } from '../../core/scan/windows.ts';
import { ByteStream } from './byte-stream.ts';
import { startGit } from './process.ts';
import type { GitProcess, HookIo } from './process.ts';

/** Some or all of the bytes of a blob. */
export interface BlobPart {
  bytes: Buffer;
  /** 1-based line of the file at which they begin. */
  line: number;
  /** Whether these are all of its bytes. A larger blob comes in parts, each with the end of the one before. */
  whole: boolean;
}

/** A blob above this comes in parts: a hook must not take the machine's memory. */
export const maxWholeBytes = 16 * 1024 * 1024;
const partBytes = 8 * 1024 * 1024;
/** So much of the end of a part comes again with the next one: what lies across the seam is whole in one of them. */
const overlapBytes = 64 * 1024;
/** So many are asked for ahead of the one that is read; their names fit into a pipe. */
const ahead = 64;

/** One `git cat-file --batch`, which is asked in order. */
export class BlobReader {
  readonly #child: GitProcess;
  readonly #stream: ByteStream;
  #last: Promise<unknown> = Promise.resolve();

  constructor(io: HookIo) {
    this.#child = startGit(io, ['cat-file', '--batch']);
    this.#child.stderr.resume();
    this.#stream = new ByteStream(this.#child.stdout);
  }

  /**
   * The bytes of each blob, in order, as they are pulled: memory is bounded by one part. What has no `oid` passes through.
   *
   * @throws EdgesealError `git-object` where Git does not have one
   */
  async *read<T extends { oid?: string | undefined }>(
    wanted: AsyncIterable<T> | Iterable<T>,
  ): AsyncGenerator<{ of: T; part: BlobPart | undefined }> {
    const waiting: T[] = [];
    // What was asked for before is answered before.
    await this.#last;
    for await (const one of wanted) {
      waiting.push(one);
      if (one.oid !== undefined) this.#child.stdin.write(`${one.oid}\n`);
      if (waiting.length < ahead) continue;
      const next = waiting.shift();
      if (next !== undefined) yield* this.#answer(next);
    }
    for (const next of waiting) yield* this.#answer(next);
  }

  /**
   * One object, by any name that Git takes.
   *
   * @returns undefined where there is none, or it is larger than `limit` bytes
   */
  object(name: string, limit: number): Promise<{ type: string; bytes: Buffer } | undefined> {
    const asked = this.#last.then(() => this.#object(name, limit));
    this.#last = asked.catch(() => undefined);
    return asked;
  }

  /** Ends what was started. */
  close(): void {
    this.#child.stdin.end();
    this.#child.stdout.destroy();
  }

  async #object(name: string, limit: number): Promise<{ type: string; bytes: Buffer } | undefined> {
    if (name.includes('\n')) return undefined;
    this.#child.stdin.write(`${name}\n`);
    const header = await this.#header();
    if (header === undefined) return undefined;
    const { type, size } = header;
    if (size > limit) {
      await this.#stream.skip(size + 1);
      return undefined;
    }
    const bytes = await this.#stream.take(size);
    await this.#stream.skip(1);
    return { type, bytes };
  }

  async *#answer<T extends { oid?: string | undefined }>(
    of: T,
  ): AsyncGenerator<{ of: T; part: BlobPart | undefined }> {
    if (of.oid === undefined) {
      yield { of, part: undefined };
      return;
    }
    const header = await this.#header();
    if (header?.type !== 'blob')
      throw new EdgesealError('git-object', `git does not give the file ${of.oid}`);
    for await (const part of this.#parts(header.size)) yield { of, part };
    await this.#stream.skip(1);
  }

  async #header(): Promise<{ type: string; size: number } | undefined> {
    const line = await this.#stream.line();
    if (line === undefined)
      throw new EdgesealError('git-repository', 'git ended early: is it installed?');
    const [, type = '', size = ''] = line.split(' ');
    return /^\d+$/.test(size) ? { type, size: Number(size) } : undefined;
  }

  async *#parts(size: number): AsyncGenerator<BlobPart> {
    if (size <= maxWholeBytes) {
      yield { bytes: await this.#stream.take(size), line: 1, whole: true };
      return;
    }
    let kept: Buffer = Buffer.alloc(0);
    let line = 1;
    for (let left = size; left > 0;) {
      const length = Math.min(left, partBytes);
      left -= length;
      const bytes = Buffer.concat([kept, await this.#stream.take(length)]);
      yield { bytes, line, whole: false };
      const from = Math.max(0, bytes.length - overlapBytes);
      // A part begins with a line where there is one.
      const begin = bytes.indexOf(10, from) + 1 || from;
      line += countLines(bytes, 0, begin);
      kept = bytes.subarray(begin);
    }
  }
}
