import { randomBytes } from 'node:crypto';
import { EdgesealError } from '../errors.ts';
import { xChaChaOpen, xChaChaSeal, xChaChaSizes } from './xchacha20-poly1305.ts';

const { nonce: nonceLength, tag: tagLength } = xChaChaSizes;
/** Values are padded to a multiple of this, so that a length leaks only in steps of 64 bytes. */
const block = 64;

/**
 * Seals one value with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha). A random 24-byte nonce is safe here for
 * any number of items, and each value key lives for one envelope only.
 *
 * @returns nonce (24 bytes) || ciphertext of the padded value || tag (16 bytes)
 */
export function sealItem(valueKey: Uint8Array, aad: Uint8Array, value: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceLength);
  const padded = pad(value);
  const body = xChaChaSeal(valueKey, nonce, aad, padded);
  padded.fill(0);
  return Buffer.concat([nonce, body]);
}

/**
 * Opens what {@link sealItem} made.
 *
 * @returns the value, in a buffer of its own
 * @throws EdgesealError `seal-open` where it does not open, or opens to malformed padding
 */
export function openItem(valueKey: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  const body = sealed.subarray(nonceLength);
  if (body.length < block + tagLength || (body.length - tagLength) % block !== 0) {
    throw new EdgesealError('seal-open', 'a sealed item has an impossible length');
  }
  const padded = xChaChaOpen(valueKey, sealed.subarray(0, nonceLength), aad, body);
  if (padded === undefined) {
    throw new EdgesealError(
      'seal-open',
      'a sealed item does not open: its bytes, name or place were changed',
    );
  }
  return unpad(padded);
}

/** ISO/IEC 7816-4: one 0x80, then zeros; always at least one byte. */
function pad(value: Uint8Array): Uint8Array {
  const padded = new Uint8Array((Math.floor(value.length / block) + 1) * block);
  padded.set(value);
  padded[value.length] = 0x80;
  return padded;
}

// Runs only after the AEAD has authenticated the bytes, so its timing tells an attacker nothing.
function unpad(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (padded[end] !== 0x80 || padded.length - end > block) {
    throw new EdgesealError('seal-open', 'a sealed item has malformed padding');
  }
  // Not slice(): of a Buffer that is the same memory.
  const value = Uint8Array.from(padded.subarray(0, end));
  padded.fill(0);
  return value;
}
