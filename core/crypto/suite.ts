import { randomBytes } from 'node:crypto';
import { hkdfExpand } from './hkdf.ts';

/** The only suite so far: X-Wing HPKE wraps, HKDF-SHA256, XChaCha20-Poly1305. FORMAT.md section "Suite 1". */
export const suite = 1;

const text = (value: string): Uint8Array => Buffer.from(value, 'utf8');
const valueLabel = text('edgeseal.dev/v1 value');
const commitmentLabel = text('edgeseal.dev/v1 commitment');

/** HPKE `info` of every wrap. */
export const wrapInfo = text('edgeseal.dev/v1 wrap');

/** What a data key gives: the key that values are sealed with, and the public commitment to it. */
export interface EnvelopeKeys {
  /** 32 bytes, secret. */
  valueKey: Uint8Array;
  /** 32 bytes, public: it stands in the file and names the envelope. */
  commitment: Uint8Array;
}

/** 32 fresh bytes. One data key an envelope, never used again, so no value key sees two versions. */
export function newDataKey(): Uint8Array {
  return randomBytes(32);
}

/**
 * Derives value key and commitment (HKDF-SHA256-Expand, RFC 5869, the data key as PRK). The commitment is
 * what makes the envelope committing: an AEAD alone would let one ciphertext open under two keys.
 */
export function deriveEnvelopeKeys(dataKey: Uint8Array): EnvelopeKeys {
  return {
    valueKey: hkdfExpand(dataKey, 32, valueLabel),
    commitment: hkdfExpand(dataKey, 32, commitmentLabel),
  };
}
