import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Bytes of the tag behind a ciphertext. */
export const tagLength = 16;

const cipher = 'chacha20-poly1305';
const options = { authTagLength: tagLength };

/**
 * ChaCha20-Poly1305 (RFC 8439).
 *
 * @param key 32 bytes
 * @param nonce 12 bytes, never twice with one key
 * @returns ciphertext || tag (16 bytes), in pieces
 */
export function chaChaSeal(
  key: KeyObject | Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array[] {
  const sealing = createCipheriv(cipher, keyObject(key), nonce, options);
  sealing.setAAD(aad, { plaintextLength: plaintext.length });
  const body = sealing.update(plaintext);
  return [body, sealing.final(), sealing.getAuthTag()];
}

/**
 * Opens what {@link chaChaSeal} made.
 *
 * @param sealed ciphertext || tag
 * @returns the plaintext in a buffer of its own, or undefined where it does not authenticate
 */
export function chaChaOpen(
  key: KeyObject | Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < tagLength) return undefined;
  const opening = createDecipheriv(cipher, keyObject(key), nonce, options);
  const body = sealed.subarray(0, -tagLength);
  opening.setAAD(aad, { plaintextLength: body.length });
  opening.setAuthTag(sealed.subarray(-tagLength));
  const plaintext = opening.update(body);
  try {
    opening.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}

/** Given bare bytes, Node takes three times as long, to find out that they are no key object. */
function keyObject(key: KeyObject | Uint8Array): KeyObject {
  return key instanceof Uint8Array ? createSecretKey(key) : key;
}
