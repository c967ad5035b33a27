import { hash, hkdfSync, randomBytes } from 'node:crypto';
import { windowHash } from '../values/window-table.ts';

const keyBytes = 32;
const line = /^edgeseal-known-values-key-1-([A-Za-z0-9_-]{43})\n?$/;

/** The secret behind all fingerprints of one person, and what follows from it. */
export class KnownKey {
  /** Names the key in a file of fingerprints, without saying anything of it. 8 bytes. */
  readonly id: Buffer;
  /** Encrypts the file. 32 bytes. */
  readonly file: Buffer;
  /** Multiplier of the rolling hash: odd, and nobody's to know, so that a window's hash cannot be looked for in a table. */
  readonly multiplier: number;
  /** Of HMAC (RFC 2104): the key, padded. */
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  /** @param secret 32 bytes of the operating system's randomness */
  constructor(secret: Uint8Array) {
    const derived = (what: string, length: number): Buffer =>
      Buffer.from(hkdfSync('sha256', secret, '', `edgeseal.dev/v1 known ${what}`, length));
    this.id = derived('id', 8);
    this.file = derived('file', 32);
    this.multiplier = derived('window', 4).readUInt32LE() | 1;
    const value = Buffer.concat([derived('value', 32), Buffer.alloc(32)]);
    this.#inner = Buffer.from(value.map((byte) => byte ^ 0x36));
    this.#outer = Buffer.from(value.map((byte) => byte ^ 0x5c));
  }

  /** A key that nobody had before, and the line that it is kept as. */
  static generate(): { key: KnownKey; text: string } {
    const secret = randomBytes(keyBytes);
    const text = `edgeseal-known-values-key-1-${secret.toString('base64url')}\n`;
    return { key: new KnownKey(secret), text };
  }

  /** Reads the line of a key file; undefined for anything else. */
  static parse(text: string): KnownKey | undefined {
    const [, encoded] = line.exec(text) ?? [];
    if (encoded === undefined) return undefined;
    return new KnownKey(Buffer.from(encoded, 'base64url'));
  }

  /** HMAC-SHA256 of a text, its first 12 bytes: what no window decides. (`createHmac` takes fifteen times as long.) */
  mac(text: Uint8Array): Buffer {
    const inner = sha256(this.#inner, text);
    return sha256(this.#outer, inner).subarray(0, 12);
  }

  /** The rolling hash of the window that begins at `at`. */
  window(text: Uint8Array, at: number): number {
    return windowHash(text, at, this.multiplier);
  }
}

function sha256(key: Buffer, text: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([key, text]), 'buffer');
}
