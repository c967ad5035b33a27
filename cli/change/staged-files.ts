import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { writeFileAtomic } from '../files.ts';

/** One file of a change, below the repository's folder. */
export interface FileChange {
  file: string;
  /** Never plaintext; undefined removes the file. */
  content: string | undefined;
}

interface Staged extends FileChange {
  path: string;
  temporary: string;
  before: Uint8Array | undefined;
}

/** Enough to keep a disk busy; each holds one file descriptor. */
const concurrency = 16;

/**
 * Changes several files together: all are first written beside their place and fsynced, which is where a disk is full
 * or a folder may not be written to; only then are they renamed. Where a rename fails, what was renamed is put back. An
 * interrupt before the first rename leaves everything as it was; one after it waits for the last.
 *
 * @throws EdgesealError `store-full`, `store-io` or `input-cancelled`; the files are then as they were
 */
export async function changeFiles(root: string, changes: readonly FileChange[]): Promise<void> {
  const staging = new Staging(root);
  try {
    await staging.add(changes);
    await staging.commit();
  } finally {
    await staging.end();
  }
}

/** {@link changeFiles} step by step, for what is made while the first files are already being written. */
export class Staging {
  readonly #root: string;
  readonly #interrupt = new Interrupt();
  readonly #folders = new Map<string, Promise<unknown>>();
  readonly #staged: Staged[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** Writes files beside their place. */
  async add(changes: readonly FileChange[]): Promise<void> {
    await inParallel(changes, async (change) => {
      this.#interrupt.check();
      await this.#folder(dirname(join(this.#root, change.file)));
      this.#staged.push(await stage(this.#root, change));
    });
  }

  /** Puts all of them in their place. */
  async commit(): Promise<void> {
    this.#interrupt.check();
    await putInPlace(this.#staged);
    this.#staged.length = 0;
    await Promise.all([...this.#folders.keys()].map(syncFolder));
  }

  /** Takes away what was not put in its place. To be called in any case, when nothing is being added any more. */
  async end(): Promise<void> {
    await inParallel(this.#staged, ({ temporary }) => rm(temporary, { force: true }));
    this.#interrupt.end();
  }

  async #folder(folder: string): Promise<void> {
    const made = this.#folders.get(folder) ?? mkdir(folder, { recursive: true });
    this.#folders.set(folder, made);
    await made.catch((cause: unknown) => {
      throw failure(cause, folder);
    });
  }
}

async function stage(root: string, change: FileChange): Promise<Staged> {
  const path = join(root, change.file);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const before = await readFile(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (change.content !== undefined) {
      const handle = await open(temporary, 'wx', 0o644);
      try {
        await handle.writeFile(change.content);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
    return { ...change, path, temporary, before };
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw failure(cause, change.file);
  }
}

async function putInPlace(staged: readonly Staged[]): Promise<void> {
  const done: Staged[] = [];
  try {
    for (const file of staged) {
      if (file.content === undefined) await rm(file.path, { force: true });
      else await rename(file.temporary, file.path);
      done.push(file);
    }
  } catch (cause) {
    for (const { path, before } of done) {
      if (before === undefined) await rm(path, { force: true });
      else await writeFileAtomic(path, before);
    }
    throw failure(cause, staged[done.length]?.file ?? '');
  }
}

/** Runs `act` over all, some at a time; after a failure starts no more and waits for those that run. */
async function inParallel<T>(
  inputs: readonly T[],
  act: (input: T) => Promise<void>,
): Promise<void> {
  const waiting = [...inputs].reverse();
  const worker = async (): Promise<void> => {
    for (;;) {
      const input = waiting.pop();
      if (input === undefined) return;
      try {
        await act(input);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Makes renames last through a power cut. Not every file system can; then they last soon after. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows has no handle on a folder.
  }
}

/** Removes the folder of a removed file when nothing is left in it, as git does. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}

/** Keeps Ctrl-C from ending the process between two files of one change. */
class Interrupt {
  #asked = false;
  readonly #ask = (): void => {
    this.#asked = true;
  };

  constructor() {
    process.on('SIGINT', this.#ask).on('SIGTERM', this.#ask);
  }

  check(): void {
    if (this.#asked) throw new EdgesealError('input-cancelled', 'cancelled: nothing was changed');
  }

  end(): void {
    process.off('SIGINT', this.#ask).off('SIGTERM', this.#ask);
  }
}

function failure(cause: unknown, file: string): EdgesealError {
  if (cause instanceof EdgesealError) return cause;
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new EdgesealError('store-full', 'the disk is full: nothing was changed', {
        file,
        cause,
        hint: 'make room, then run the command again',
      })
    : new EdgesealError('store-io', `it cannot be written (${code}): nothing was changed`, {
        file,
        cause,
      });
}
