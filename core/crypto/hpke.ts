import { chaChaOpen, chaChaSeal, tagLength } from './chacha20-poly1305.ts';
import { hkdfExpand, hkdfExtract } from './hkdf.ts';
import { xWingSizes } from './x-wing.ts';
import type { XWingKeyPair, XWingPublicKey } from './x-wing.ts';

const text = (value: string): Uint8Array => Buffer.from(value, 'utf8');
const empty = new Uint8Array(0);
const version = text('HPKE-v1');
/** "HPKE" || KEM X-Wing 0x647A || KDF HKDF-SHA256 0x0001 || AEAD ChaCha20-Poly1305 0x0003. */
const suiteId = Buffer.concat([text('HPKE'), Uint8Array.of(0x64, 0x7a, 0, 1, 0, 3)]);

/**
 * Single-shot HPKE seal in base mode. Source: RFC 9180 section 6.1, with X-Wing as the KEM.
 *
 * @returns enc (1,120 bytes) || ciphertext (plaintext + 16 bytes)
 */
export function hpkeSeal(
  recipient: XWingPublicKey,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const { sharedSecret, ciphertext: enc } = recipient.encapsulate();
  const { key, nonce } = keySchedule(sharedSecret, info);
  return Buffer.concat([enc, ...chaChaSeal(key, nonce, aad, plaintext)]);
}

/**
 * Single-shot HPKE open in base mode.
 *
 * @returns the plaintext, or undefined where this key does not open it (another key, other info or aad,
 * changed bytes: an AEAD cannot tell these apart)
 * @throws EdgesealError `seal-open` where the encapsulated key is malformed
 */
export function hpkeOpen(
  pair: XWingKeyPair,
  info: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < xWingSizes.ciphertext + tagLength) return undefined;
  const sharedSecret = pair.decapsulate(sealed.subarray(0, xWingSizes.ciphertext));
  const { key, nonce } = keySchedule(sharedSecret, info);
  return chaChaOpen(key, nonce, aad, sealed.subarray(xWingSizes.ciphertext));
}

// The two hashes of the key schedule's context do not depend on the recipient.
const pskIdHash = labeledExtract(empty, 'psk_id_hash', empty);
const contexts = new Map<string, Uint8Array>();

function contextOf(info: Uint8Array): Uint8Array {
  const name = Buffer.from(info).toString('latin1');
  let context = contexts.get(name);
  if (context === undefined) {
    context = Buffer.concat([
      Uint8Array.of(0),
      pskIdHash,
      labeledExtract(empty, 'info_hash', info),
    ]);
    contexts.set(name, context);
  }
  return context;
}

/** RFC 9180 section 5.1, mode_base, sequence number 0. */
function keySchedule(
  sharedSecret: Uint8Array,
  info: Uint8Array,
): { key: Uint8Array; nonce: Uint8Array } {
  const context = contextOf(info);
  const secret = labeledExtract(sharedSecret, 'secret', empty);
  return {
    key: labeledExpand(secret, 'key', context, 32),
    nonce: labeledExpand(secret, 'base_nonce', context, 12),
  };
}

function labeledExtract(salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return hkdfExtract(salt, version, suiteId, text(label), ikm);
}

function labeledExpand(
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return hkdfExpand(prk, length, Uint8Array.of(0, length), version, suiteId, text(label), info);
}
