import { BlobReader } from './git/blobs.ts';
import type { BlobPart } from './git/blobs.ts';
import { ByteStream } from './git/byte-stream.ts';
import { decodePath } from './git/path-name.ts';
import { endOf, gitFailure, startGit } from './git/process.ts';
import type { GitProcess, HookIo } from './git/process.ts';
import { rawEntry } from './git/raw-entry.ts';

/** Commits: all that can be reached from some and not from others. */
export interface Range {
  /** Commits or tags, as object ids or names that are not the user's: they are not checked. */
  from: readonly string[];
  /** Arguments of `git rev-list` after `--not`: `--all`, `--remotes=origin`, commits. */
  not: readonly string[];
}

/** A commit of the range. */
export interface RangeCommit {
  kind: 'commit';
  commit: string;
  parents: string[];
  /** As Git gives it, in UTF-8. */
  message: string;
  oid?: undefined;
}

/** A file that a commit brings: added or changed, against every parent that it has. */
export interface RangeFile {
  kind: 'file';
  commit: string;
  /** From the top; {@link decodePath} says how bytes that are not UTF-8 look. */
  path: string;
  /** Its blob; of a symbolic link, the text that it leads to. */
  oid: string;
  /** `100644`, `100755`, `120000`. */
  mode: string;
  /** Whether no parent has a file there. */
  isNew: boolean;
}

/** A part of a file that a commit brings. */
export interface RangePart extends RangeFile, BlobPart {}

/**
 * Reads a range, the oldest commit first, each followed by the files that it brings. Of a merge these are the files that are
 * as none of its parents has them: its own content, which a plain log does not show. Deletions, submodules and what is as
 * it was are left out; a file that was renamed comes with its new name. The same content at the same path comes once.
 *
 * Two git processes, whatever the range; nothing of it is kept but the ids of what was seen.
 *
 * @throws EdgesealError `git-repository` where git cannot give the range
 */
export async function* readRange(
  io: HookIo,
  range: Range,
): AsyncGenerator<RangeCommit | RangeFile> {
  const not = ['--not', ...range.not, '--not'];
  const listArgs = ['rev-list', '--reverse', '--topo-order', ...not, '--stdin'];
  const list = startGit(io, listArgs);
  list.stdin.end(range.from.map((name) => `${name}\n`).join(''));
  const treeArgs = ['diff-tree', '--stdin', '-r', '-c', '--root', '--always', ...rawOptions];
  const tree = startGit(io, treeArgs);
  const ends = [endOf(list), endOf(tree)] as const;
  list.stdout.pipe(tree.stdin);
  try {
    yield* onceEach(parseRaw(new ByteStream(tree.stdout)));
    const [listed, compared] = await Promise.all(ends);
    if (listed.code !== 0) throw gitFailure(listArgs, listed.words);
    if (compared.code !== 0) throw gitFailure(treeArgs, compared.words);
  } finally {
    stop(list);
    stop(tree);
  }
}

/**
 * {@link readRange}, and the bytes of each file. A large one comes in several parts, one after the other.
 *
 * @throws EdgesealError `git-object` where a blob is missing
 */
export async function* readRangeParts(
  io: HookIo,
  range: Range,
): AsyncGenerator<RangeCommit | RangePart> {
  const blobs = new BlobReader(io);
  try {
    for await (const { of, part } of blobs.read(readRange(io, range))) {
      if (of.kind === 'commit') yield of;
      else if (part !== undefined) yield { ...of, ...part };
    }
  } finally {
    blobs.close();
  }
}

const rawOptions = [
  '--raw',
  '-z',
  '--no-renames',
  '--no-abbrev',
  '--encoding=UTF-8',
  '--format=%x01%H %P%n%B',
] as const;

async function* onceEach(
  entries: AsyncIterable<RangeCommit | RangeFile>,
): AsyncGenerator<RangeCommit | RangeFile> {
  const seen = new Set<string>();
  for await (const entry of entries) {
    if (entry.kind === 'file') {
      const id = `${entry.oid} ${entry.path}`;
      if (seen.has(id)) continue;
      seen.add(id);
    }
    yield entry;
  }
}

/** A file may be called anything, so a path stands where one is due. */
async function* parseRaw(stream: ByteStream): AsyncGenerator<RangeCommit | RangeFile> {
  let commit = '';
  for (let next = await stream.field(); next !== undefined; next = await stream.field()) {
    // A line break ends the message; an empty field comes before the first entry of a merge.
    const field = next[0] === 10 ? next.subarray(1) : next;
    if (field[0] === 1) {
      const text = field.toString('utf8', 1);
      const end = text.indexOf('\n');
      const [hash = '', ...parents] = text.slice(0, end).split(' ');
      commit = hash;
      const message = text.slice(end + 1);
      yield { kind: 'commit', commit, parents: parents.filter((id) => id !== ''), message };
    } else if (field[0] === 0x3a) {
      const path = await stream.field();
      const file = path === undefined ? undefined : rawEntry(field.toString('latin1'));
      if (file === undefined || path === undefined) continue;
      const { oid, mode, before } = file;
      const isNew = before.length === 0;
      yield { kind: 'file', commit, path: decodePath(path), oid, mode, isNew };
    }
  }
}

function stop(child: GitProcess): void {
  child.stdin.destroy();
  child.stdout.destroy();
  child.kill();
}
