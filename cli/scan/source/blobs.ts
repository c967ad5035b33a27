import { EdgesealError } from '../../../core/errors.ts';
import type { Io } from '../../terminal/io.ts';
import { GitStream } from './git-stream.ts';

/** More than this of one file is not held in memory. */
const maxBlobBytes = 256 * 1024 * 1024;

/** A file's content as Git keeps it; without bytes where it is too large. */
export type Blob<Wanted> = Wanted & { bytes: Buffer | undefined; size: number };

/**
 * Reads blobs through one `git cat-file --batch`, in the order in which they are asked for. The pipes are the only queue: who
 * takes nothing is sent nothing.
 *
 * @throws EdgesealError `git-object` for an id that is no file here
 */
export async function* readBlobs<Wanted extends { oid: string }>(
  io: Io,
  cwd: string,
  wanted: Iterable<Wanted> | AsyncIterable<Wanted>,
): AsyncGenerator<Blob<Wanted>> {
  const git = new GitStream(io, cwd, ['cat-file', '--batch', '--buffer']);
  const asked: Wanted[] = [];
  const feeding = feed(git, wanted, asked);
  // Thrown where it is awaited, once what was asked before has come.
  feeding.catch(() => git.child.stdin.end());
  const stream = new ByteStream(git.child.stdout);
  try {
    for (;;) {
      const header = await stream.line();
      if (header === undefined) break;
      const one = asked.shift();
      const [, type, length = ''] = header.split(' ');
      if (one === undefined || type !== 'blob') {
        throw new EdgesealError('git-object', `git has no file ${one?.oid ?? ''}`, {
          hint: 'see what is missing with: git fsck; in a shallow clone: git fetch --unshallow',
        });
      }
      const size = Number(length);
      const bytes = await stream.take(size, size <= maxBlobBytes);
      await stream.take(1, false);
      yield { ...one, bytes, size };
    }
    await feeding;
    await git.requireDone();
  } finally {
    git.close();
  }
}

async function feed<Wanted extends { oid: string }>(
  { child }: GitStream,
  wanted: Iterable<Wanted> | AsyncIterable<Wanted>,
  asked: Wanted[],
): Promise<void> {
  const { stdin } = child;
  for await (const one of wanted) {
    if (stdin.destroyed) return;
    asked.push(one);
    if (stdin.write(`${one.oid}\n`)) continue;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        stdin.off('drain', go);
        stdin.off('close', go);
        resolve();
      };
      stdin.on('drain', go);
      stdin.on('close', go);
    });
  }
  stdin.end();
}

/** Pulls lines and counted bytes out of a stream. */
class ByteStream {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The next line without its end; undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const line = this.#rest.toString('latin1', 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    }
  }

  /** The next `size` bytes, in memory of their own; with `keep` off they are passed over. */
  async take(size: number, keep: boolean): Promise<Buffer | undefined> {
    const taken = keep ? Buffer.allocUnsafeSlow(size) : undefined;
    for (let done = 0; done < size;) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true)
          throw new EdgesealError('git-repository', 'git cat-file ended early');
        this.#rest = next.value;
      }
      const part = this.#rest.subarray(0, size - done);
      if (taken !== undefined) part.copy(taken, done);
      this.#rest = this.#rest.subarray(part.length);
      done += part.length;
    }
    return taken;
  }
}
