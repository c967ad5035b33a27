import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KnownKey } from './known-key.ts';

/** What is kept of one text by which a value is known: nothing that could be read back. */
export interface Fingerprint {
  /** Where in the text the window begins by which it is looked for; others begin or end alike. */
  at: number;
  /** Rolling hashes of that window and of the text's last one, under the key's own multiplier. */
  window: number;
  tail: number;
  /** In bytes. */
  length: number;
  /** Whether it only counts between characters that are neither letters nor digits. */
  isWord: boolean;
  /** 12 bytes. */
  mac: Buffer;
}

/** A value that was sealed here, and the texts by which it is known. */
export interface KnownEntry {
  /** `namespace/name` */
  secret: string;
  item: string;
  /** {@link KnownKey.mac} of the text itself, base64: tells one value from another. */
  value: string;
  fingerprints: Fingerprint[];
}

/** What one command has added to the file. */
export interface KnownPart {
  entries: KnownEntry[];
  /** Values that a person does not want to be told of any more. */
  forgotten: string[];
}

const magic = Buffer.from('EKV1');
const headerBytes = 28;
const tagBytes = 16;
const recordBytes = 32;
const wordFlag = 0x80000000;

/**
 * One part of the file of known values, encrypted whole (AES-256-GCM): without the key the file says how much was sealed,
 * and nothing else, so that there is nothing to try a guess on. Layout: `EKV1`, length of the ciphertext (4 bytes, little
 * endian), key id (8), nonce (12), ciphertext, tag (16).
 */
export function encodePart(key: KnownKey, { entries, forgotten }: KnownPart): Buffer {
  const about = { entries: entries.map(({ fingerprints, ...entry }) => entry), forgotten };
  const json = Buffer.from(JSON.stringify(about));
  const records = entries.flatMap(({ fingerprints }, owner) =>
    fingerprints.map((one) => recordOf(one, owner)),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const plain = Buffer.concat([length, json, ...records]);
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32LE(plain.length, 4);
  key.id.copy(header, 8);
  randomBytes(12).copy(header, 16);
  const cipher = createCipheriv('aes-256-gcm', key.file, header.subarray(16));
  cipher.setAAD(header.subarray(0, 16));
  const sealed = Buffer.concat([header, cipher.update(plain), cipher.final()]);
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

/**
 * Reads a file of parts. What a power cut has left of the last one, and what is not ours, is passed over.
 *
 * @returns the parts that the key opens, and how many another key has written
 */
export function decodeParts(key: KnownKey, file: Buffer): { parts: KnownPart[]; foreign: number } {
  const parts: KnownPart[] = [];
  let foreign = 0;
  for (let at = file.indexOf(magic); at >= 0;) {
    const header = file.subarray(at, at + headerBytes);
    const end = header.length < headerBytes ? 0 : at + headerBytes + header.readUInt32LE(4);
    const isWhole = end > 0 && end + tagBytes <= file.length;
    const isOurs = isWhole && header.subarray(8, 16).equals(key.id);
    const part = isOurs
      ? decodePart(key, header, file.subarray(at + headerBytes, end + tagBytes))
      : undefined;
    if (part !== undefined) parts.push(part);
    else if (isWhole && !isOurs) foreign += 1;
    // What is whole, by its own words, is passed over as a whole only if that is true.
    at = file.indexOf(magic, part === undefined ? at + magic.length : end + tagBytes);
  }
  return { parts, foreign };
}

function decodePart(key: KnownKey, header: Buffer, sealed: Buffer): KnownPart | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key.file, header.subarray(16));
  decipher.setAAD(header.subarray(0, 16));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  let plain: Buffer;
  try {
    plain = Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
  const start = 4 + plain.readUInt32LE();
  const about = JSON.parse(plain.toString('utf8', 4, start)) as {
    entries: Omit<KnownEntry, 'fingerprints'>[];
    forgotten: string[];
  };
  const entries = about.entries.map((entry) => ({ ...entry, fingerprints: [] as Fingerprint[] }));
  for (let at = start; at + recordBytes <= plain.length; at += recordBytes) {
    const flags = plain.readUInt32LE(at + 8);
    entries[plain.readUInt32LE(at + 12)]?.fingerprints.push({
      at: plain.readUInt32LE(at + 16),
      window: plain.readInt32LE(at),
      tail: plain.readInt32LE(at + 4),
      length: flags & ~wordFlag,
      isWord: (flags & wordFlag) !== 0,
      mac: plain.subarray(at + 20, at + recordBytes),
    });
  }
  return { entries, forgotten: about.forgotten };
}

function recordOf(fingerprint: Fingerprint, owner: number): Buffer {
  const { at, window, tail, length, isWord, mac } = fingerprint;
  const record = Buffer.alloc(recordBytes);
  record.writeInt32LE(window);
  record.writeInt32LE(tail, 4);
  record.writeUInt32LE((length | (isWord ? wordFlag : 0)) >>> 0, 8);
  record.writeUInt32LE(owner, 12);
  record.writeUInt32LE(at, 16);
  mac.copy(record, 20);
  return record;
}
