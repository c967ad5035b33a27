import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadSodium, sodium } from '../../core/crypto/sodium.ts';
import { xChaChaOpen, xChaChaSeal } from '../../core/crypto/xchacha20-poly1305.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

/** draft-irtf-cfrg-xchacha-03, appendix A.3.1. */
const draft = {
  plaintext: Buffer.from(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  ),
  aad: hex('50515253c0c1c2c3c4c5c6c7'),
  key: hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'),
  nonce: hex('404142434445464748494a4b4c4d4e4f5051525354555657'),
  ciphertextStart: hex('bd6d179d3e83d43b9576579493c0e939'),
  tag: hex('c0875924c1c7987947deafd8780acf49'),
};

describe('XChaCha20-Poly1305', () => {
  beforeAll(async () => {
    await loadSodium();
  });

  it('gives the ciphertext and tag of the draft', () => {
    const { key, nonce, aad, plaintext, ciphertextStart, tag } = draft;
    const sealed = Buffer.from(xChaChaSeal(key, nonce, aad, plaintext));
    expect(sealed.subarray(0, 16)).toEqual(ciphertextStart);
    expect(sealed.subarray(-16)).toEqual(tag);
    expect(Buffer.from(xChaChaOpen(key, nonce, aad, sealed)!)).toEqual(plaintext);
  });

  it('is libsodium’s, both ways, for any key, nonce, data and length', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(
        bytes(32),
        bytes(24),
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ maxLength: 300 }),
        (key, nonce, aad, plaintext) => {
          const ours = Buffer.from(xChaChaSeal(key, nonce, aad, plaintext));
          const theirs = sodium().crypto_aead_xchacha20poly1305_ietf_encrypt(
            plaintext,
            aad,
            null,
            nonce,
            key,
          );
          expect(ours).toEqual(Buffer.from(theirs));
          expect(Buffer.from(xChaChaOpen(key, nonce, aad, theirs)!)).toEqual(
            Buffer.from(plaintext),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('opens nothing of which one bit is another, nor what is too short', () => {
    const { key, nonce, aad, plaintext } = draft;
    const sealed = xChaChaSeal(key, nonce, aad, plaintext.subarray(0, 20));
    const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
      const copy = Uint8Array.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };
    for (let at = 0; at < sealed.length; at += 1)
      expect(xChaChaOpen(key, nonce, aad, flipped(sealed, at))).toBeUndefined();
    for (let at = 0; at < 32; at += 1)
      expect(xChaChaOpen(flipped(key, at), nonce, aad, sealed)).toBeUndefined();
    for (let at = 0; at < 24; at += 1)
      expect(xChaChaOpen(key, flipped(nonce, at), aad, sealed)).toBeUndefined();
    for (let at = 0; at < aad.length; at += 1)
      expect(xChaChaOpen(key, nonce, flipped(aad, at), sealed)).toBeUndefined();
    expect(xChaChaOpen(key, nonce, aad, sealed.subarray(0, 15))).toBeUndefined();
  });
});
