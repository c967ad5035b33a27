import { createHash } from 'node:crypto';
import { EdgesealError } from '../errors.ts';
import { readRegular } from './file.ts';

const HEADER = 8;
const FANOUT = 1024;
const MAGIC = 0xff744f63;
/** A directory mirror may be somebody's large repository. */
const MAX_BYTES = 128 * 1024 * 1024;

export interface IndexedObject {
  /** 20 bytes. */
  oid: Buffer;
  offset: number;
  crc: number;
}

/**
 * A pack's `.idx`, version 2 (gitformat-pack). Of a mirror's directory every byte of it may be a lie, so
 * it only says where to look: what is found there is hashed.
 */
export class PackIndex {
  readonly count: number;
  readonly #bytes: Buffer;

  /** @throws EdgesealError `git-object` if its shape is wrong */
  constructor(path: string) {
    const bytes = readRegular(path, MAX_BYTES);
    const bad = (): EdgesealError =>
      new EdgesealError('git-object', 'a malformed pack index', { file: path });
    if (bytes === undefined || bytes.length < HEADER + FANOUT + 40) throw bad();
    if (bytes.readUInt32BE(0) !== MAGIC || bytes.readUInt32BE(4) !== 2) throw bad();
    let last = 0;
    for (let i = 0; i < 256; i++) {
      const next = bytes.readUInt32BE(HEADER + 4 * i);
      if (next < last) throw bad();
      last = next;
    }
    const fixed = HEADER + FANOUT + last * 28 + 40;
    if (bytes.length < fixed || (bytes.length - fixed) % 8 !== 0) throw bad();
    this.count = last;
    this.#bytes = bytes;
  }

  /** Where the object is said to lie in the pack. */
  find(oid: Buffer): number | undefined {
    const first = oid[0] ?? 0;
    let low = first === 0 ? 0 : this.#bytes.readUInt32BE(HEADER + 4 * (first - 1));
    let high = this.#bytes.readUInt32BE(HEADER + 4 * first);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = HEADER + FANOUT + middle * 20;
      const order = oid.compare(this.#bytes, at, at + 20);
      if (order === 0) return this.#offset(middle);
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  }

  #offset(i: number): number | undefined {
    const small = this.#bytes.readUInt32BE(HEADER + FANOUT + this.count * 24 + i * 4);
    if (small < 0x80000000) return small;
    const at = HEADER + FANOUT + this.count * 28 + (small - 0x80000000) * 8;
    if (at + 8 > this.#bytes.length - 40) return undefined;
    return Number(this.#bytes.readBigUInt64BE(at));
  }
}

/** The bytes of a `.idx`, version 2, for a pack under 2 GiB. */
export function writeIndex(objects: readonly IndexedObject[], packChecksum: Buffer): Buffer {
  const sorted = objects.toSorted((a, b) => a.oid.compare(b.oid));
  const count = sorted.length;
  const bytes = Buffer.alloc(HEADER + FANOUT + count * 28 + 40);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE(2, 4);
  const names = HEADER + FANOUT;
  sorted.forEach(({ oid, offset, crc }, i) => {
    const bucket = HEADER + 4 * (oid[0] ?? 0);
    bytes.writeUInt32BE(bytes.readUInt32BE(bucket) + 1, bucket);
    oid.copy(bytes, names + i * 20);
    bytes.writeUInt32BE(crc, names + count * 20 + i * 4);
    bytes.writeUInt32BE(offset, names + count * 24 + i * 4);
  });
  for (let i = 1; i < 256; i++) {
    const at = HEADER + 4 * i;
    bytes.writeUInt32BE(bytes.readUInt32BE(at) + bytes.readUInt32BE(at - 4), at);
  }
  packChecksum.copy(bytes, bytes.length - 40);
  createHash('sha1')
    .update(bytes.subarray(0, -20))
    .digest()
    .copy(bytes, bytes.length - 20);
  return bytes;
}
