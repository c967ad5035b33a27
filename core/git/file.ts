import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { EdgesealError, messageOf } from '../errors.ts';

/**
 * A regular file, read at offsets. A mirror may be a USB stick that a stranger has prepared: symbolic
 * links, FIFOs and devices in it are refused, not followed and not waited for.
 */
export class RegularFile {
  readonly path: string;
  readonly size: number;
  #fd: number;

  /** @throws EdgesealError `git-mirror` if it is not a regular file or cannot be read */
  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (cause) {
      throw new EdgesealError('git-mirror', whyNot(cause), { file: path, cause });
    }
    const stat = fstatSync(this.#fd);
    this.size = stat.size;
    if (!stat.isFile()) {
      this.close();
      throw new EdgesealError('git-mirror', 'not a regular file', { file: path });
    }
  }

  /**
   * Up to `length` bytes from `offset`; fewer at the end of the file.
   *
   * @param into used instead of a new buffer if it is large enough
   */
  read(offset: number, length: number, into?: Buffer): Buffer {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const buffer =
      into !== undefined && into.length >= wanted
        ? into.subarray(0, wanted)
        : Buffer.allocUnsafe(wanted);
    let filled = 0;
    while (filled < buffer.length) {
      const got = readSync(this.#fd, buffer, filled, buffer.length - filled, offset + filled);
      if (got === 0) break;
      filled += got;
    }
    return buffer.subarray(0, filled);
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** A whole file of at most `max` bytes, or undefined if there is none. */
export function readRegular(path: string, max: number): Buffer | undefined {
  let file: RegularFile;
  try {
    file = new RegularFile(path);
  } catch (error) {
    const code = error instanceof Error ? codeOf(error.cause) : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    if (file.size > max) throw new EdgesealError('git-limit', 'file too large', { file: path });
    return file.read(0, file.size);
  } finally {
    file.close();
  }
}

/** `ENOENT` and the like, of anything thrown. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** An error of writing to our own disk. */
export function diskError(cause: unknown, file: string): unknown {
  const code = codeOf(cause);
  if (cause instanceof EdgesealError || code === undefined) return cause;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new EdgesealError('store-full', 'no space left for the git cache', { file, cause })
    : new EdgesealError('store-io', `cannot write the git cache: ${code}`, { file, cause });
}

/** In words where the reason is one that a person meets: a stick that was pulled, a link where a file should be. */
function whyNot(cause: unknown): string {
  const code = codeOf(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'the file is not there, or not mounted';
  if (code === 'ELOOP') return 'a symbolic link in the place of a file';
  if (code === 'EACCES') return 'the file may not be read by this program';
  return `cannot open: ${code ?? messageOf(cause)}`;
}
