import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { EdgesealError } from '../core/errors.ts';

/** What a hook touches of the outside; the command line's Io is one. */
export interface HookIo {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stderr: { write(text: string): unknown };
}

/** A file that is about to be committed. */
export interface StagedFile {
  /** From the top of the working tree, as Git has it. */
  path: string;
  /** Object id of exactly the bytes that will be committed, whatever the working tree holds. */
  oid: string;
  isNew: boolean;
}

/** A blob above this is not looked at: a hook must not take the machine's memory. */
const maxBlobBytes = 64 * 1024 * 1024;

/** Reads staged files. Started before it is known what is staged, so that two git processes start at once. */
export class Staging {
  readonly #io: HookIo;
  readonly #blobs: ChildProcessWithoutNullStreams;

  constructor(io: HookIo) {
    this.#io = io;
    this.#blobs = start(io, ['cat-file', '--batch']);
  }

  /** The files that differ from HEAD, or all of them before the first commit. Deletions and submodules are left out. */
  async files(): Promise<StagedFile[]> {
    const args = ['diff', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames'];
    const text = await this.output([...args, '--diff-filter=ACMRT', '--ignore-submodules']);
    const fields = text.split('\0');
    const files: StagedFile[] = [];
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const [, mode = '', , oid = '', status = ''] = (fields[i] ?? '').split(' ');
      const path = fields[i + 1] ?? '';
      if (mode === '160000' || /^0+$/.test(oid)) continue;
      files.push({ path, oid, isNew: status === 'A' });
    }
    return files;
  }

  /** `MERGE_HEAD` while a merge is being concluded: the side that is not HEAD. */
  async mergedCommit(): Promise<string | undefined> {
    const name = 'MERGE_HEAD';
    try {
      await this.output(['rev-parse', '--verify', '--quiet', name]);
      return name;
    } catch {
      return undefined;
    }
  }

  /** Standard output of a git command. */
  async output(args: string[]): Promise<string> {
    const child = start(this.#io, args);
    child.stdin.end();
    const chunks: Buffer[] = [];
    const words: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => words.push(chunk));
    const code = await closed(child);
    if (code === 0) return Buffer.concat(chunks).toString('utf8');
    const [line = ''] = Buffer.concat(words).toString('utf8').split('\n');
    throw new EdgesealError('git-repository', `git ${args[0] ?? ''} failed: ${line}`);
  }

  /**
   * Gives the bytes of each file, in order and one at a time.
   *
   * @yields undefined in place of a blob above 64 MiB
   */
  async *read(files: readonly StagedFile[]): AsyncGenerator<Buffer | undefined> {
    const { stdin, stdout } = this.#blobs;
    stdin.end(files.map(({ oid }) => `${oid}\n`).join(''));
    const stream = new ByteStream(stdout);
    for (const { path } of files) {
      const header = (await stream.line()).split(' ');
      if (header[1] !== 'blob') {
        throw new EdgesealError('git-object', 'git does not give the staged file', { file: path });
      }
      const size = Number(header[2]);
      yield await stream.take(size, size <= maxBlobBytes);
      await stream.take(1, false);
    }
  }

  /** Ends what was started. */
  close(): void {
    this.#blobs.stdin.end();
    this.#blobs.stdout.destroy();
  }
}

function start(io: HookIo, args: string[]): ChildProcessWithoutNullStreams {
  const env = { ...io.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
  const child = spawn('git', args, { cwd: io.cwd, env });
  // A process that could not start, or ended early, is noticed by whoever reads from it.
  child.stdin.on('error', () => undefined);
  child.on('error', () => undefined);
  return child;
}

function closed(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve(code ?? -1);
    });
  });
}

/** Pulls lines and counted bytes out of a stream. */
class ByteStream {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const line = this.#rest.toString('latin1', 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    }
  }

  /** The next `size` bytes; with `keep` off they are passed over. */
  async take(size: number, keep: boolean): Promise<Buffer | undefined> {
    const taken: Buffer[] = [];
    let missing = size;
    for (;;) {
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      if (keep) taken.push(part);
      missing -= part.length;
      if (missing === 0) return keep ? Buffer.concat(taken) : undefined;
      this.#rest = await this.#next();
    }
  }

  async #next(): Promise<Buffer> {
    const next = await this.#chunks.next();
    if (next.done !== true) return next.value;
    throw new EdgesealError('git-repository', 'git cat-file ended early: is git installed?');
  }
}
