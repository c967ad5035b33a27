import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EdgesealError } from '../core/errors.ts';

/**
 * Writes a file whole or not at all: a temporary file beside it, fsync, rename. Never call it with plaintext.
 *
 * @param mode permission bits of the new file
 * @throws EdgesealError `store-full` or `store-io`; what was there before is then still there
 */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(cause, file);
  }
}

/**
 * The text of a file; undefined where there is none.
 *
 * @throws EdgesealError `store-io` where it cannot be read
 */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new EdgesealError('store-io', `the file cannot be read (${code})`, { file });
  }
}

/** Folders above these files that are not there yet, the innermost first. */
export function missingFolders(files: readonly string[]): string[] {
  const missing = new Set<string>();
  for (const file of files)
    for (let at = dirname(file); !existsSync(at) && dirname(at) !== at; at = dirname(at))
      missing.add(at);
  return [...missing].sort((a, b) => b.length - a.length);
}

/** Takes folders away that were made for something that failed; what lies in one keeps it. */
export async function removeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rmdir(folder).catch(() => undefined);
}

/** Creates a file that must not be there yet: private keys are never written over. */
export async function writeNewFile(
  file: string,
  content: string | Uint8Array,
  mode: number,
): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new EdgesealError('store-io', 'the file is there already and is not written over', {
        file,
        cause,
        hint: 'move it away, or choose another place',
      });
    }
    throw writeFailure(cause, file);
  }
}

function writeFailure(cause: unknown, file: string): EdgesealError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EdgesealError('store-full', 'the disk is full: nothing was changed', {
      file,
      cause,
      hint: 'make room, then run the command again',
    });
  }
  return new EdgesealError('store-io', `the file cannot be written (${code})`, { file, cause });
}
