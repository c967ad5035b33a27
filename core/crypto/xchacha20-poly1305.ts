import { createCipheriv, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { chaChaOpen, chaChaSeal, tagLength } from './chacha20-poly1305.ts';

export const xChaChaSizes = { key: 32, nonce: 24, tag: tagLength } as const;

/** "expand 32-byte k", the first four words of ChaCha20's state. */
const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
const zeros = new Uint8Array(64);

/**
 * XChaCha20-Poly1305 by Node's OpenSSL, which has ChaCha20 but not this. Source: draft-irtf-cfrg-xchacha-03, section 2.3.
 *
 * @returns ciphertext || tag (16 bytes)
 */
export function xChaChaSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return Buffer.concat(chaChaSeal(subkeyOf(key, nonce), shortNonce(nonce), aad, plaintext));
}

/**
 * Opens what {@link xChaChaSeal} made.
 *
 * @param sealed ciphertext || tag
 * @returns the plaintext in a buffer of its own, or undefined where it does not authenticate
 */
export function xChaChaOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  return chaChaOpen(subkeyOf(key, nonce), shortNonce(nonce), aad, sealed);
}

/** The last 8 bytes of the nonce, behind 4 of zero. */
function shortNonce(nonce: Uint8Array): Uint8Array {
  const short = new Uint8Array(12);
  short.set(nonce.subarray(16), 4);
  return short;
}

/**
 * HChaCha20 of the nonce's first 16 bytes (section 2.2). It is ChaCha20's block function without the addition of the
 * initial state at the end, and keeps words 0 to 3 and 12 to 15. Of these the initial state is public, four constants and
 * the nonce, so what OpenSSL has added is subtracted again from its key stream.
 */
function subkeyOf(key: Uint8Array, nonce: Uint8Array): KeyObject {
  const counter = Buffer.from(nonce.subarray(0, 16));
  const block = createCipheriv('chacha20', createSecretKey(key), counter).update(zeros);
  const subkey = Buffer.alloc(xChaChaSizes.key);
  for (let word = 0; word < 4; word += 1) {
    const at = 4 * word;
    const low = block.readUInt32LE(at) - (constants[word] ?? 0);
    const high = block.readUInt32LE(48 + at) - counter.readUInt32LE(at);
    subkey.writeUInt32LE(low >>> 0, at);
    subkey.writeUInt32LE(high >>> 0, 16 + at);
  }
  block.fill(0);
  const made = createSecretKey(subkey);
  subkey.fill(0);
  return made;
}
