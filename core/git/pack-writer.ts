import { createHash } from 'node:crypto';
import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { EdgesealError } from '../errors.ts';
import { diskError } from './file.ts';
import type { GitLimits } from './limits.ts';
import { objectId, PACK_TYPES } from './object.ts';
import type { GitObject } from './object.ts';
import { packCount } from './pack-file.ts';
import { writeIndex } from './pack-index.ts';
import type { IndexedObject } from './pack-index.ts';

/**
 * Writes a pack as it arrives to `path` and checks its header at once and its checksum at the end.
 *
 * @throws EdgesealError `git-limit` over `maxBytes` or `maxObjects`, `git-object` for a wrong checksum,
 * `store-full` or `store-io` of our own disk
 */
export async function receivePack(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  path: string,
  limits: GitLimits,
): Promise<void> {
  const hash = createHash('sha1');
  const fd = attempt(path, () => openSync(path, 'wx', 0o600));
  let size = 0;
  let head: Buffer | undefined = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > limits.maxBytes) {
        throw new EdgesealError('git-limit', `a pack of over ${String(limits.maxBytes)} bytes`);
      }
      if (head !== undefined) {
        head = Buffer.concat([head, chunk.subarray(0, 12)]);
        if (head.length >= 12) {
          packCount(head, limits);
          head = undefined;
        }
      }
      attempt(path, () => writeAll(fd, chunk));
      if (chunk.length >= 20) {
        hash.update(tail).update(chunk.subarray(0, -20));
        tail = Buffer.from(chunk.subarray(-20));
      } else {
        const both = Buffer.concat([tail, chunk]);
        hash.update(both.subarray(0, -20));
        tail = both.subarray(-20);
      }
    }
  } finally {
    closeSync(fd);
  }
  if (size < 32 || !hash.digest().equals(tail)) {
    throw new EdgesealError('git-object', 'a pack whose checksum is wrong, or that breaks off');
  }
}

/**
 * Writes a pack of whole objects and its index into `folder`.
 *
 * @param count number of objects, which the pack's header says first
 */
export function writePack(objects: Iterable<GitObject>, count: number, folder: string): void {
  const temporary = join(folder, 'new.pack');
  const hash = createHash('sha1');
  const index: IndexedObject[] = [];
  const fd = attempt(temporary, () => openSync(temporary, 'w', 0o600));
  let offset = 0;
  const put = (bytes: Buffer): void => {
    attempt(temporary, () => writeAll(fd, bytes));
    hash.update(bytes);
    offset += bytes.length;
  };
  let checksum: Buffer;
  try {
    const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
    header.writeUInt32BE(count, 8);
    put(header);
    for (const { type, bytes } of objects) {
      const entry = Buffer.concat([
        entryHeader(PACK_TYPES.indexOf(type), bytes.length),
        deflateSync(bytes, { level: 1 }),
      ]);
      index.push({ oid: objectId(type, bytes), offset, crc: crc32(entry) });
      put(entry);
    }
    checksum = hash.digest();
    attempt(temporary, () => writeAll(fd, checksum));
  } finally {
    closeSync(fd);
  }
  keepPack(temporary, folder, index, checksum);
}

/** Gives a finished pack its name and index; without the index, written last, it is not looked at. */
export function keepPack(
  temporary: string,
  folder: string,
  objects: readonly IndexedObject[],
  checksum: Buffer,
): void {
  const base = join(folder, `pack-${checksum.toString('hex')}`);
  attempt(base, () => {
    renameSync(temporary, `${base}.pack`);
    writeFileSync(`${base}.idx`, writeIndex(objects, checksum), { mode: 0o600 });
  });
}

function entryHeader(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let rest = Math.floor(size / 16);
  let byte = (type << 4) | (size & 15);
  while (rest > 0) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, byte]);
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function attempt<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw diskError(cause, path);
  }
}
