import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { EdgesealError } from '../../../core/errors.ts';
import { fullDisk } from '../../git/full-disk.ts';
import { gitAnswer, gitText, runGit } from '../../git/git.ts';
import type { Io } from '../../terminal/io.ts';
import type { Place } from '../../repository.ts';

const pile = 8 * 1024 * 1024;

/** A file that was handed to the importer already. */
export interface Stored {
  mark: number;
}

/** A commit to be made on a channel. */
export interface ChannelCommit {
  /** Its region; with `.pending` where it is to be signed by others first. */
  region: string;
  /** Commit that it goes on top of; absent for the first. */
  parent: string | undefined;
  message: string;
  /** What differs from the parent's tree, by path; undefined takes a file away. */
  files: ReadonlyMap<string, Uint8Array | Stored | undefined>;
}

/**
 * Makes the commits of all channels through one `git fast-import`, without a working tree or an index. Files go
 * to it as they are rendered, so that a first publish of many regions needs no memory for them.
 */
export class Importer {
  readonly #io: Io;
  readonly #place: Place;
  // Names of this run alone: two publishes may go on in one clone.
  readonly #refs = `refs/edgeseal/new/${randomBytes(8).toString('hex')}`;
  #child: ChildProcessWithoutNullStreams | undefined;
  #failed = '';
  #resume: () => void = () => undefined;
  #marks = 0;

  constructor(io: Io, place: Place) {
    this.#io = io;
    this.#place = place;
  }

  /** Stores a file. */
  async store(bytes: Uint8Array): Promise<Stored> {
    const mark = ++this.#marks;
    await this.#write(`blob\nmark :${mark}\ndata ${bytes.length}\n`, bytes, '\n');
    return { mark };
  }

  /**
   * Makes the commits; author and committer are those of the person's git. Nothing can be stored afterwards.
   *
   * @returns commit ids by region
   */
  async commit(commits: readonly ChannelCommit[]): Promise<Map<string, string>> {
    const made = new Map<string, string>();
    if (commits.length === 0) {
      this.abandon();
      return made;
    }
    const cwd = this.#place.top;
    const author = await identity(this.#io, this.#place, 'GIT_AUTHOR_IDENT');
    const committer = await identity(this.#io, this.#place, 'GIT_COMMITTER_IDENT');
    for (const { region, parent, message, files } of commits) {
      await this.#write(
        `commit ${this.#refs}/${region}\nauthor ${author}\ncommitter ${committer}\ndata ${Buffer.byteLength(message)}\n${message}\n${parent === undefined ? '' : `from ${parent}\n`}`,
      );
      for (const [path, content] of files) {
        if (content === undefined) await this.#write(`D ${path}\n`);
        else if (content instanceof Uint8Array)
          await this.#write(`M 100644 inline ${path}\ndata ${content.length}\n`, content, '\n');
        else await this.#write(`M 100644 :${content.mark} ${path}\n`);
      }
    }
    await this.#end();
    const format = '--format=%(objectname) %(refname)';
    const listing = await gitText(this.#io, ['for-each-ref', format, this.#refs], { cwd });
    for (const line of listing.split('\n')) {
      const [oid = '', ref = ''] = line.split(' ');
      made.set(ref.slice(this.#refs.length + 1), oid);
    }
    await signAsUsual(this.#io, this.#place, commits, made);
    await runGit(this.#io, ['update-ref', '--stdin'], {
      cwd,
      input: commits.map(({ region }) => `delete ${this.#refs}/${region}\n`).join(''),
    });
    return made;
  }

  /** Ends it without a commit: what was stored is of no use. */
  abandon(): void {
    this.#child?.kill();
    this.#child = undefined;
  }

  async #write(...parts: (string | Uint8Array)[]): Promise<void> {
    const { stdin } = (this.#child ??= this.#start());
    for (const part of parts) stdin.write(part);
    // Some is let pile up, so that it compresses while we render. It may have ended for a reason of its own: then
    // there is nothing to wait for.
    if (stdin.writableLength > pile && stdin.writable)
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
  }

  #start(): ChildProcessWithoutNullStreams {
    // Ciphertext does not compress by deltas, and base64 no better the longer one tries.
    const args = [
      '-c',
      'pack.compression=1',
      'fast-import',
      '--quiet',
      '--done',
      '--depth=0',
      '--date-format=raw',
    ];
    const env = { ...this.#io.env, LC_ALL: 'C' };
    const child = spawn('git', args, { cwd: this.#place.top, env });
    child.stderr.on('data', (chunk: Buffer) => (this.#failed += chunk.toString('utf8')));
    // It says why on stderr, and by its exit code.
    child.stdin.on('error', () => undefined);
    child.on('error', () => undefined);
    child.stdout.resume();
    child.stdin.on('drain', () => {
      this.#resume();
    });
    child.on('close', () => {
      this.#resume();
    });
    return child;
  }

  async #end(): Promise<void> {
    const child = (this.#child ??= this.#start());
    const closed = child.exitCode === null ? once(child, 'close') : undefined;
    child.stdin.end('done\n');
    await closed;
    if (child.exitCode === 0) return;
    const full = await fullDisk(this.#failed, this.#place.top);
    if (full !== undefined) throw full;
    const [words = ''] = this.#failed.split('\n');
    throw new EdgesealError('git-repository', `git fast-import failed: ${words}`, {
      hint: 'see that git fsck finds nothing',
    });
  }
}

/** Where the person's git signs commits, so are these; `commit-tree` does it only when told. */
async function signAsUsual(
  io: Io,
  place: Place,
  commits: readonly ChannelCommit[],
  made: Map<string, string>,
): Promise<void> {
  const cwd = place.top;
  if ((await gitAnswer(io, ['config', '--type=bool', 'commit.gpgSign'], { cwd })) !== 'true')
    return;
  for (const { region, parent, message } of commits) {
    const tree = `${made.get(region) ?? ''}^{tree}`;
    const onto = parent === undefined ? [] : ['-p', parent];
    const args = ['commit-tree', '-S', ...onto, '-F', '-', tree];
    made.set(region, await gitText(io, args, { cwd, input: message }));
  }
}

async function identity(io: Io, place: Place, which: string): Promise<string> {
  const line = await gitAnswer(io, ['var', which], { cwd: place.top });
  if (line !== undefined) return line;
  throw new EdgesealError('git-repository', 'git does not know who you are, and commits need it', {
    hint: 'git config user.name "Your Name" && git config user.email you@example.com',
  });
}
