import * as nodeCrypto from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { combine } from './x-wing-combiner.ts';
import type { XWing } from './x-wing.ts';

// DER wrappings of raw keys: RFC 8410 (X25519) and RFC 9935 (ML-KEM; the private key as its 64-byte seed).
const mlKemSpki = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex');
const mlKemPkcs8 = Buffer.from('3054020100300b060960864801650304040204428040', 'hex');
const x25519Spki = Buffer.from('302a300506032b656e032100', 'hex');
const x25519Pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/**
 * X-Wing by Node's OpenSSL, or undefined where this Node has no ML-KEM (before 24.7).
 * Source: draft-connolly-cfrg-xwing-kem section 5; FIPS 203; RFC 7748.
 */
export const nativeXWing: XWing | undefined = hasMlKem()
  ? {
      publicKey(raw) {
        const pkM = publicKey(mlKemSpki, raw.subarray(0, 1184));
        const rawX = raw.subarray(1184);
        const pkX = publicKey(x25519Spki, rawX);
        return {
          raw,
          encapsulate() {
            const { sharedKey, ciphertext: ctM } = nodeCrypto.encapsulate(pkM);
            const ephemeral = nodeCrypto.generateKeyPairSync('x25519');
            const ctX = rawX25519(ephemeral.publicKey);
            const ssX = nodeCrypto.diffieHellman({
              privateKey: ephemeral.privateKey,
              publicKey: pkX,
            });
            return {
              sharedSecret: combine(sharedKey, ssX, ctX, rawX),
              ciphertext: Buffer.concat([ctM, ctX]),
            };
          },
        };
      },
      keyPair(seed) {
        const expanded = nodeCrypto
          .createHash('shake256', { outputLength: 96 })
          .update(seed)
          .digest();
        const skM = privateKey(mlKemPkcs8, expanded.subarray(0, 64));
        const skX = privateKey(x25519Pkcs8, expanded.subarray(64));
        expanded.fill(0);
        const pkX = rawX25519(nodeCrypto.createPublicKey(skX));
        const spki = nodeCrypto.createPublicKey(skM).export({ format: 'der', type: 'spki' });
        return {
          publicKey: Buffer.concat([spki.subarray(mlKemSpki.length), pkX]),
          decapsulate(ciphertext) {
            const ctX = ciphertext.subarray(1088);
            const ssM = nodeCrypto.decapsulate(skM, ciphertext.subarray(0, 1088));
            const ssX = nodeCrypto.diffieHellman({
              privateKey: skX,
              publicKey: publicKey(x25519Spki, ctX),
            });
            return combine(ssM, ssX, ctX, pkX);
          },
        };
      },
    }
  : undefined;

function hasMlKem(): boolean {
  if (typeof nodeCrypto.encapsulate !== 'function') return false;
  try {
    // A Node built against another OpenSSL may have the function and not the algorithm.
    privateKey(mlKemPkcs8, new Uint8Array(64));
    return true;
  } catch {
    return false;
  }
}

function publicKey(prefix: Uint8Array, raw: Uint8Array): KeyObject {
  const key = Buffer.concat([prefix, raw]);
  // Node finds out by an exception of its own that bytes are no key object, and its stack trace takes longer than all else.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return nodeCrypto.createPublicKey({ key, format: 'der', type: 'spki' });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function privateKey(prefix: Uint8Array, raw: Uint8Array): KeyObject {
  const key = Buffer.concat([prefix, raw]);
  const made = nodeCrypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  key.fill(0);
  return made;
}

function rawX25519(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(x25519Spki.length);
}
