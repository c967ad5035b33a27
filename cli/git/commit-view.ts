import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { EdgesealError } from '../../core/errors.ts';
import type { RepositoryView } from '../../core/repository/view.ts';
import type { Io } from '../terminal/io.ts';
import { runGit } from './git.ts';

/** A commit's files under one folder, read through a single `git cat-file --batch`. */
export interface CommitView extends RepositoryView {
  /** Blob ids by path. */
  readonly blobs: ReadonlyMap<string, string>;
  close(): void;
}

/**
 * Opens a commit for reading.
 *
 * @param prefix folder of the secrets repository inside the Git repository, `''` or `some/folder/`
 */
export async function commitView(
  io: Io,
  cwd: string,
  commit: string,
  prefix: string,
): Promise<CommitView> {
  const listing = await runGit(
    io,
    ['ls-tree', '-r', '-z', '--full-tree', commit, ...(prefix === '' ? [] : ['--', prefix])],
    { cwd },
  );
  const blobs = new Map<string, string>();
  for (const line of listing.stdout.toString('utf8').split('\0')) {
    const match = /^(100644|100755) blob ([0-9a-f]+)\t(.*)$/s.exec(line);
    const [, , oid, path] = match ?? [];
    if (oid !== undefined && path?.startsWith(prefix) === true)
      blobs.set(path.slice(prefix.length), oid);
  }
  return blobView(io, cwd, `commit ${commit.slice(0, 10)}`, blobs);
}

/**
 * Opens the index for reading: what the next commit will hold. A file in conflict is not there.
 *
 * @param prefix as for {@link commitView}
 */
export async function indexView(io: Io, cwd: string, prefix: string): Promise<CommitView> {
  const args = ['ls-files', '--stage', '-z', '--full-name', '--', prefix === '' ? '.' : prefix];
  const listing = await runGit(io, args, { cwd });
  const blobs = new Map<string, string>();
  for (const line of listing.stdout.toString('utf8').split('\0')) {
    const [, oid, path] = /^100(?:644|755) ([0-9a-f]+) 0\t(.*)$/s.exec(line) ?? [];
    if (oid !== undefined && path?.startsWith(prefix) === true)
      blobs.set(path.slice(prefix.length), oid);
  }
  return blobView(io, cwd, 'the index', blobs);
}

function blobView(
  io: Io,
  cwd: string,
  name: string,
  blobs: ReadonlyMap<string, string>,
): CommitView {
  const sorted = [...blobs.keys()].sort();
  const batch = new CatFile(io, cwd);
  return {
    name,
    blobs,
    async read(path) {
      const oid = blobs.get(path);
      return oid === undefined ? undefined : await batch.read(oid);
    },
    list: (folder) => Promise.resolve(sorted.filter((path) => path.startsWith(`${folder}/`))),
    close: () => {
      batch.close();
    },
  };
}

/** One long-lived `git cat-file --batch`; requests are answered in order. */
export class CatFile {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: {
    oid: string;
    resolve: (bytes: Uint8Array) => void;
    reject: (error: unknown) => void;
  }[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 0;

  constructor(io: Io, cwd: string) {
    this.#child = spawn('git', ['cat-file', '--batch'], { cwd, env: io.env });
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      if (this.#length >= this.#needed) this.#drain();
    });
    this.#child.on('close', () => {
      this.#fail();
    });
    this.#child.on('error', () => {
      this.#fail();
    });
    this.#child.stdin.on('error', () => {
      this.#fail();
    });
  }

  /** Reads a blob by its id. */
  read(oid: string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ oid, resolve, reject });
      this.#child.stdin.write(`${oid}\n`);
    });
  }

  close(): void {
    this.#child.stdin.end();
  }

  #drain(): void {
    let buffer = Buffer.concat(this.#chunks);
    this.#needed = 0;
    for (;;) {
      const newline = buffer.indexOf(10);
      const request = this.#waiting[0];
      if (newline < 0 || request === undefined) break;
      const [, type, size] = buffer.subarray(0, newline).toString('latin1').split(' ');
      if (size === undefined || !/^\d+$/.test(size)) {
        this.#waiting.shift();
        request.reject(new EdgesealError('git-object', `git has no file ${request.oid}`));
        buffer = buffer.subarray(newline + 1);
        continue;
      }
      const end = newline + 1 + Number(size);
      if (buffer.length <= end) {
        this.#needed = end + 1;
        break;
      }
      this.#waiting.shift();
      // A tree comes with its content too: unless that is passed over, it would answer the next request.
      if (type === 'blob') request.resolve(new Uint8Array(buffer.subarray(newline + 1, end)));
      else request.reject(new EdgesealError('git-object', `${request.oid} is not a file`));
      buffer = buffer.subarray(end + 1);
    }
    this.#chunks = [buffer];
    this.#length = buffer.length;
  }

  #fail(): void {
    for (const { reject, oid } of this.#waiting.splice(0)) {
      reject(new EdgesealError('git-repository', `git cat-file ended before it gave ${oid}`));
    }
  }
}
