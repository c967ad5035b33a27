import { randomBytes } from 'node:crypto';
import { EdgesealError } from '../errors.ts';
import { isSoundX25519Point } from './x25519-point.ts';
import { nativeXWing } from './x-wing-native.ts';
import { loadSodium } from './sodium.ts';
import { sodiumXWing } from './x-wing-sodium.ts';

/** Sizes in bytes. Source: draft-connolly-cfrg-xwing-kem section 5, HPKE KEM id 0x647A. */
export const xWingSizes = {
  publicKey: 1216,
  seed: 32,
  ciphertext: 1120,
  sharedSecret: 32,
} as const;

/** A public key made ready for many encapsulations. */
export interface XWingPublicKey {
  readonly raw: Uint8Array;
  encapsulate(): { sharedSecret: Uint8Array; ciphertext: Uint8Array };
}

/** A key pair, expanded from its 32-byte seed. */
export interface XWingKeyPair {
  readonly publicKey: Uint8Array;
  /** Implicit rejection: a ciphertext for another key gives another secret, not an error. */
  decapsulate(ciphertext: Uint8Array): Uint8Array;
}

/**
 * One implementation of X-Wing. There are two, held against each other by the tests: OpenSSL's (Node 24.7
 * and later; 4 times faster) and libsodium's (any Node).
 */
export interface XWing {
  publicKey(raw: Uint8Array): XWingPublicKey;
  keyPair(seed: Uint8Array): XWingKeyPair;
}

const implementation: XWing = nativeXWing ?? sodiumXWing;

/** Loads what this Node's X-Wing needs, once: nothing where OpenSSL has it, libsodium (70 ms) elsewhere. */
export async function loadXWing(): Promise<void> {
  if (nativeXWing === undefined) await loadSodium();
}

/**
 * Checks a public key and makes it ready. Call {@link loadXWing} first.
 *
 * @throws EdgesealError `format-key` for a wrong length, ML-KEM coefficients that are not reduced (FIPS 203
 * section 7.2) or an X25519 part that is not reduced or of small order.
 */
export function xWingPublicKey(raw: Uint8Array): XWingPublicKey {
  checkXWingPublicKey(raw);
  return implementation.publicKey(raw);
}

/** The checks of {@link xWingPublicKey} alone; needs no library. */
export function checkXWingPublicKey(raw: Uint8Array): void {
  if (raw.length !== xWingSizes.publicKey) {
    throw new EdgesealError(
      'format-key',
      `an X-Wing public key has ${xWingSizes.publicKey} bytes, this has ${raw.length}`,
    );
  }
  if (!hasReducedCoefficients(raw)) {
    throw new EdgesealError('format-key', 'the ML-KEM part of the public key is not reduced');
  }
  if (!isSoundX25519Point(raw.subarray(1184))) {
    throw new EdgesealError(
      'format-key',
      'the X25519 part of the public key is of low order or not reduced',
    );
  }
}

/** Expands a seed to its key pair. The seed is kept inside; wiping it is the caller's business. */
export function xWingKeyPair(seed: Uint8Array): XWingKeyPair {
  if (seed.length !== xWingSizes.seed) {
    throw new EdgesealError('format-key', `an X-Wing seed has ${xWingSizes.seed} bytes`);
  }
  const pair = implementation.keyPair(seed);
  return {
    publicKey: pair.publicKey,
    decapsulate(ciphertext) {
      if (
        ciphertext.length !== xWingSizes.ciphertext ||
        !isSoundX25519Point(ciphertext.subarray(1088))
      ) {
        throw new EdgesealError('seal-open', 'the encapsulated key is malformed');
      }
      return pair.decapsulate(ciphertext);
    },
  };
}

/** A fresh seed from the operating system's generator. */
export function newXWingSeed(): Uint8Array {
  return randomBytes(xWingSizes.seed);
}

function hasReducedCoefficients(raw: Uint8Array): boolean {
  for (let i = 0; i < 1152; i += 3) {
    const [a = 0, b = 0, c = 0] = [raw[i], raw[i + 1], raw[i + 2]];
    if ((a | ((b & 15) << 8)) >= 3329 || ((b >> 4) | (c << 4)) >= 3329) return false;
  }
  return true;
}
