import {
  createPublicKey,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { wrapAad } from '../../core/crypto/binding.ts';
import type { EnvelopeIdentity } from '../../core/crypto/binding.ts';
import { hpkeSeal } from '../../core/crypto/hpke.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { sodium } from '../../core/crypto/sodium.ts';
import { wrapInfo } from '../../core/crypto/suite.ts';
import { combine } from '../../core/crypto/x-wing-combiner.ts';

/** A sealer that makes what no honest sealer makes: each wrong thing as right as it can be otherwise. */

const mlKemSpki = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex');
const x25519Spki = Buffer.from('302a300506032b656e032100', 'hex');

/** Encapsulates with a chosen X25519 part and the shared secret that a lenient opener would compute from it. */
function encapsulateWith(raw: Uint8Array, ctX: Uint8Array, ssX: Uint8Array) {
  const key = Buffer.concat([mlKemSpki, raw.subarray(0, 1184)]);
  const pkM = createPublicKey({ key, format: 'der', type: 'spki' });
  const { sharedKey, ciphertext } = encapsulate(pkM);
  return {
    sharedSecret: combine(sharedKey, ssX, ctX, raw.subarray(1184)),
    ciphertext: Buffer.concat([ciphertext, ctX]),
  };
}

export interface WrapFaults {
  /** Of the X25519 part: a point of small order, or an honest one with the unused top bit set. */
  point?: 'low-order' | 'top-bit';
  info?: string;
  aad?: Uint8Array;
}

/** Wraps a data key for a region, with faults. Returns base64. */
export function craftWrap(
  key: RegionKey,
  identity: EnvelopeIdentity,
  region: string,
  dataKey: Uint8Array,
  faults: WrapFaults = {},
): string {
  const aad = faults.aad ?? wrapAad(identity, region, key.id);
  const info = faults.info === undefined ? wrapInfo : Buffer.from(faults.info);
  const recipient = { raw: key.raw, encapsulate: () => encapsulatePoint(key.raw, faults.point) };
  return Buffer.from(hpkeSeal(recipient, info, aad, dataKey)).toString('base64');
}

function encapsulatePoint(raw: Uint8Array, point: WrapFaults['point']) {
  if (point === 'low-order') return encapsulateWith(raw, Buffer.alloc(32), Buffer.alloc(32));
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const spki = Buffer.concat([x25519Spki, raw.subarray(1184)]);
  const pkX = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const ssX = diffieHellman({ privateKey, publicKey: pkX });
  const ctX = Buffer.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(12));
  if (point === 'top-bit') ctX[31]! |= 0x80;
  return encapsulateWith(raw, ctX, ssX);
}

/** Seals bytes that are padded already, well or badly. Returns base64. */
export function craftItem(valueKey: Uint8Array, aad: Uint8Array, padded: Uint8Array): string {
  const nonce = randomBytes(24);
  const body = sodium().crypto_aead_xchacha20poly1305_ietf_encrypt(
    padded,
    aad,
    null,
    nonce,
    valueKey,
  );
  return Buffer.concat([nonce, body]).toString('base64');
}
