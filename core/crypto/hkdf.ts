import { createHmac } from 'node:crypto';

/** HKDF-SHA256-Extract. Source: RFC 5869 section 2.2. */
export function hkdfExtract(salt: Uint8Array, ...ikm: Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', salt);
  for (const part of ikm) hmac.update(part);
  return hmac.digest();
}

/** HKDF-SHA256-Expand for at most 32 bytes, that is one block. Source: RFC 5869 section 2.3. */
export function hkdfExpand(prk: Uint8Array, length: number, ...info: Uint8Array[]): Uint8Array {
  if (length > 32) throw new RangeError('one block of HKDF-SHA256 has 32 bytes');
  const hmac = createHmac('sha256', prk);
  for (const part of info) hmac.update(part);
  return hmac.update(Uint8Array.of(1)).digest().subarray(0, length);
}
