import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** An entry of a hand-made pack: the type number, what the header says, and the bytes. */
export interface RawEntry {
  type: number;
  /** Between the header and the zlib data: a delta's base. */
  base?: Buffer;
  data: Buffer;
  /** What the header claims, if that is a lie. */
  claim?: number;
}

/** A pack as bytes, with a right checksum whatever is in it. */
export function rawPack(entries: RawEntry[], count = entries.length): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  head.writeUInt32BE(count, 8);
  const parts: Buffer[] = [head];
  for (const { type, base, data, claim } of entries) {
    let size = claim ?? data.length;
    const header = [(type << 4) | (size & 15)];
    for (size = Math.floor(size / 16); size > 0; size = Math.floor(size / 128)) {
      header.push(header.pop()! | 0x80, size & 0x7f);
    }
    parts.push(Buffer.from(header), base ?? Buffer.alloc(0), deflateSync(data));
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** Object id of bytes as this type. */
export function oidOf(type: string, bytes: Buffer): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}

/** One entry of a tree object, whatever it says. */
export function treeEntry(mode: string, name: string | Buffer, oid: string): Buffer {
  return Buffer.concat([
    Buffer.from(`${mode} `),
    Buffer.from(name),
    Buffer.from([0]),
    Buffer.from(oid, 'hex'),
  ]);
}
