import { createHmac, createSecretKey } from 'node:crypto';

/** HKDF-SHA256-Extract. Source: RFC 5869 section 2.2. */
export function hkdfExtract(salt: Uint8Array, ...ikm: Uint8Array[]): Uint8Array {
  const hmac = hmacOf(salt);
  for (const part of ikm) hmac.update(part);
  return hmac.digest();
}

/** HKDF-SHA256-Expand for at most 32 bytes, that is one block. Source: RFC 5869 section 2.3. */
export function hkdfExpand(prk: Uint8Array, length: number, ...info: Uint8Array[]): Uint8Array {
  if (length > 32) throw new RangeError('one block of HKDF-SHA256 has 32 bytes');
  const hmac = hmacOf(prk);
  for (const part of info) hmac.update(part);
  return hmac.update(Uint8Array.of(1)).digest().subarray(0, length);
}

/** With a key object: given bare bytes, Node takes three times as long, to find out that they are none. */
function hmacOf(key: Uint8Array): ReturnType<typeof createHmac> {
  return createHmac('sha256', createSecretKey(key));
}
