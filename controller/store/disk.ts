import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';

/** `ENOENT` and the like, of anything thrown. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** An error of our own disk, named by what the operator has to do about it. */
export function diskError(cause: unknown, file: string): EdgesealError {
  if (cause instanceof EdgesealError) return cause;
  const code = systemCode(cause) ?? 'unknown error';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EdgesealError('store-full', `no space left to write (${code})`, {
      file,
      cause,
      hint: 'make room on this disk; what is applied stays applied meanwhile',
    });
  }
  return new EdgesealError('store-io', `the disk refused (${code})`, { file, cause });
}

/** Makes a directory's entries durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a directory, and what is missing above it, each durable in the one that it lies in: what is synced in it later
 * would else go with it in a power cut.
 *
 * @throws the system's error
 */
export function makeDirectoryDurably(path: string, mode: number): void {
  const first = mkdirSync(path, { recursive: true, mode });
  if (first === undefined) return;
  const top = dirname(resolve(first));
  for (let made = resolve(path); made !== top;) {
    made = dirname(made);
    try {
      syncDirectory(made);
    } catch (error) {
      // One that others own may be entered, but not opened.
      if (systemCode(error) !== 'EACCES') throw error;
    }
  }
}

/** Removes what a failure left half done; on a disk that refuses that, too, the failure itself is to be told. */
export function removeHalfDone(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The next start removes it.
  }
}

/**
 * Replaces a file so that after a power cut it is the old one or the new one, whole: temporary file, fsync,
 * rename, fsync of the directory.
 *
 * @throws EdgesealError `store-full` or `store-io`; the file is then the old one, or, where only its directory could not be
 * synced, the new one
 */
export function writeDurably(path: string, parts: readonly Uint8Array[], mode = 0o600): void {
  const temporary = `${path}.new`;
  try {
    const fd = openSync(temporary, 'w', mode);
    try {
      for (const part of parts) writeAll(fd, part);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    syncDirectory(dirname(path));
  } catch (error) {
    removeHalfDone(temporary);
    throw diskError(error, path);
  }
}

/** A write may take only a part, on a disk that is nearly full. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
