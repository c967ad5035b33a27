import { randomBytes } from 'node:crypto';
import { hkdfExpand } from './hkdf.ts';

/** The only suite so far: X-Wing HPKE wraps, HKDF-SHA256, XChaCha20-Poly1305. FORMAT.md section "Suite 1". */
export const suite = 1;

const text = (value: string): Uint8Array => Buffer.from(value, 'utf8');
const valueLabel = text('edgeseal.dev/v1 value');
const commitmentLabel = text('edgeseal.dev/v1 commitment');

/** HPKE `info` of every wrap. */
export const wrapInfo = text('edgeseal.dev/v1 wrap');

/** 32 fresh bytes. One data key an envelope, never used again, so no value key sees two versions. */
export function newDataKey(): Uint8Array {
  return randomBytes(32);
}

/**
 * The key that an envelope's values are sealed with: 32 bytes, secret (HKDF-SHA256-Expand, RFC 5869, the data key as
 * PRK).
 */
export function valueKeyOf(dataKey: Uint8Array): Uint8Array {
  return hkdfExpand(dataKey, 32, valueLabel);
}

/**
 * The public commitment to a data key: 32 bytes, derived likewise. It stands in the file and names the envelope. It is
 * what makes the envelope committing: an AEAD alone would let one ciphertext open under two keys.
 */
export function commitmentOf(dataKey: Uint8Array): Uint8Array {
  return hkdfExpand(dataKey, 32, commitmentLabel);
}
