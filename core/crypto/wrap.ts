import { EdgesealError } from '../errors.ts';
import { wrapAad } from './binding.ts';
import type { EnvelopeIdentity } from './binding.ts';
import { hpkeOpen, hpkeSeal } from './hpke.ts';
import type { RegionKey } from './region-key.ts';
import { wrapInfo } from './suite.ts';
import type { XWingPublicKey } from './x-wing.ts';

/** Bytes of a wrapped data key: HPKE enc (1,120) || ciphertext and tag (48). */
const wrappedLength = 1168;

/** Wraps an envelope's data key for one region key. Returns 1,168 bytes. */
export function wrapDataKey(
  recipient: XWingPublicKey,
  envelope: EnvelopeIdentity,
  region: string,
  keyId: string,
  dataKey: Uint8Array,
): Uint8Array {
  return hpkeSeal(recipient, wrapInfo, wrapAad(envelope, region, keyId), dataKey);
}

/**
 * Opens a wrapped data key.
 *
 * @returns 32 bytes, or undefined where this key is not the one (two keys may share an id) or the wrap was
 * made for another place
 * @throws EdgesealError `seal-open` where it is malformed
 */
export function unwrapDataKey(
  key: RegionKey,
  envelope: EnvelopeIdentity,
  region: string,
  wrapped: Uint8Array,
): Uint8Array | undefined {
  if (wrapped.length !== wrappedLength) {
    throw new EdgesealError(
      'seal-open',
      `a wrapped data key has ${wrappedLength} bytes, this has ${wrapped.length}`,
    );
  }
  return hpkeOpen(key.pair, wrapInfo, wrapAad(envelope, region, key.id), wrapped);
}
