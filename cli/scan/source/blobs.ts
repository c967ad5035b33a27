import { EdgesealError } from '../../../core/errors.ts';
import { ByteStream } from '../../../hooks/git/byte-stream.ts';
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
      const bytes = size <= maxBlobBytes ? await stream.take(size) : undefined;
      await stream.skip(bytes === undefined ? size + 1 : 1);
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
