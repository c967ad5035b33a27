import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import {
  diskError,
  makeDirectoryDurably,
  removeHalfDone,
  syncDirectory,
  systemCode,
  writeAll,
} from './disk.ts';

/** Where the store keeps a verified file. The hash decides; the place is only where to look. */
export interface Blob {
  /** SHA-256 of the bytes, lower-case hex. */
  sha256: string;
  size: number;
  pack: string;
  offset: number;
}

const BUFFERED = 256 * 1024;

/**
 * Verified files by SHA-256, in packs: all that one accepted snapshot brought lies in one file, because an
 * fsync a file would make the first sync of 10,000 secrets take minutes on an SD card.
 */
export class BlobStore {
  readonly #folder: string;
  readonly #open = new Map<string, number>();

  /** @throws EdgesealError `store-io` where the folder cannot be made */
  constructor(store: string) {
    this.#folder = join(store, 'packs');
    try {
      makeDirectoryDurably(this.#folder, 0o700);
      for (const name of readdirSync(this.#folder)) {
        if (name.endsWith('.new')) rmSync(join(this.#folder, name), { force: true });
      }
    } catch (error) {
      throw diskError(error, this.#folder);
    }
  }

  begin(): PackWriter {
    return new PackWriter(this.#folder);
  }

  /**
   * The bytes of a file, held against their hash.
   *
   * @throws EdgesealError `store-corrupt` where they are gone or another's: somebody, or a power cut, was at it
   */
  read(blob: Blob): Buffer {
    const bytes = Buffer.allocUnsafe(blob.size);
    const file = join(this.#folder, blob.pack);
    try {
      let fd = this.#open.get(blob.pack);
      if (fd === undefined) {
        fd = openSync(file, 'r');
        this.#open.set(blob.pack, fd);
      }
      let filled = 0;
      while (filled < bytes.length) {
        const got = readSync(fd, bytes, filled, bytes.length - filled, blob.offset + filled);
        if (got === 0) break;
        filled += got;
      }
      if (filled === bytes.length && hashOf(bytes) === blob.sha256) return bytes;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw diskError(error, file);
    }
    throw new EdgesealError('store-corrupt', 'a stored file is not what was stored', {
      file,
      hint: 'it is fetched again from the mirrors; look at the disk, and at who can write to the store',
    });
  }

  /** Whether the pack is there and long enough; {@link BlobStore.read} proves the content. */
  has(blob: Blob): boolean {
    try {
      return statSync(join(this.#folder, blob.pack)).size >= blob.offset + blob.size;
    } catch {
      return false;
    }
  }

  /**
   * Which of these should be written anew, so that neither the number of packs nor the bytes of replaced
   * files grow with history: all but the largest pack once there are too many, the largest too once half of it
   * is dead.
   */
  scattered(live: readonly Blob[], maxPacks = 32): Blob[] {
    const used = new Map<string, number>();
    for (const { pack, size } of live) used.set(pack, (used.get(pack) ?? 0) + size);
    const largest = [...used].sort((a, b) => b[1] - a[1])[0]?.[0];
    const rewrite = new Set<string>();
    if (used.size > maxPacks)
      for (const pack of used.keys()) if (pack !== largest) rewrite.add(pack);
    if (largest !== undefined) {
      const length = sizeOf(join(this.#folder, largest));
      if (length > 1024 * 1024 && (used.get(largest) ?? 0) * 2 < length) rewrite.add(largest);
    }
    return live.filter(({ pack }) => rewrite.has(pack));
  }

  /** Removes packs that nothing refers to any more. Called after the state that forgot them is on disk. */
  removeUnused(live: Iterable<Blob>): void {
    const used = new Set<string>();
    for (const { pack } of live) used.add(pack);
    for (const name of this.#names()) {
      // One that is still being written belongs to a snapshot that is being verified meanwhile.
      if (used.has(name) || name.endsWith('.new')) continue;
      this.#release(name);
      // What the disk does not let go of is tried again next time: the state that forgot it holds all the same.
      removeHalfDone(join(this.#folder, name));
    }
  }

  close(): void {
    for (const name of [...this.#open.keys()]) this.#release(name);
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #release(name: string): void {
    const fd = this.#open.get(name);
    if (fd !== undefined) closeSync(fd);
    this.#open.delete(name);
  }
}

/** Writes one pack. Nothing of it can be seen before `finish`. */
export class PackWriter {
  readonly #folder: string;
  readonly #name = `${randomBytes(8).toString('hex')}.pack`;
  readonly #blobs = new Map<string, Blob>();
  #fd: number | undefined;
  #offset = 0;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Adds bytes that were verified; the same bytes are kept once. */
  add(bytes: Uint8Array, sha256: string): void {
    if (this.#blobs.has(sha256)) return;
    this.#blobs.set(sha256, { sha256, size: bytes.length, pack: this.#name, offset: this.#offset });
    this.#offset += bytes.length;
    // A copy: the reader may hand out a view of a buffer that it uses again.
    this.#pending.push(Uint8Array.from(bytes));
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= BUFFERED) this.#flush();
  }

  /**
   * Makes the pack durable.
   *
   * @returns where each file lies, by SHA-256
   * @throws EdgesealError `store-full` or `store-io`; nothing is left behind
   */
  finish(): Map<string, Blob> {
    if (this.#blobs.size === 0) return this.#blobs;
    try {
      this.#flush();
      if (this.#fd !== undefined) {
        fsyncSync(this.#fd);
        closeSync(this.#fd);
        this.#fd = undefined;
      }
      renameSync(this.#temporary, join(this.#folder, this.#name));
      syncDirectory(this.#folder);
    } catch (error) {
      this.abandon();
      throw diskError(error, this.#temporary);
    }
    return this.#blobs;
  }

  abandon(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    removeHalfDone(this.#temporary);
  }

  get #temporary(): string {
    return join(this.#folder, `${this.#name}.new`);
  }

  #flush(): void {
    try {
      this.#fd ??= openSync(this.#temporary, 'wx', 0o600);
      writeAll(this.#fd, Buffer.concat(this.#pending));
    } catch (error) {
      this.abandon();
      throw diskError(error, this.#temporary);
    }
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
