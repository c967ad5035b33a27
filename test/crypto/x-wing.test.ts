import { describe, expect, it } from 'vitest';
import { loadSodium } from '../../core/crypto/sodium.ts';
import { nativeXWing } from '../../core/crypto/x-wing-native.ts';
import { sodiumXWing } from '../../core/crypto/x-wing-sodium.ts';
import { newXWingSeed, xWingKeyPair, xWingPublicKey } from '../../core/crypto/x-wing.ts';

// Node 24.7 and later has both; on an older Node there is only libsodium's and nothing to compare.
const native = nativeXWing;

/** Test vector 1 of draft-connolly-cfrg-xwing-kem, appendix C: the seed and the first bytes of its public key. */
const draftSeed = '7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26';
const draftPublicKeyStart = 'e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5';

describe('X-Wing', async () => {
  await loadSodium();

  it.runIf(native !== undefined)(
    'gives the same public key from a seed in both implementations',
    () => {
      for (let i = 0; i < 8; i++) {
        const seed = newXWingSeed();
        const ours = Buffer.from(native!.keyPair(seed).publicKey).toString('hex');
        expect(ours).toBe(Buffer.from(sodiumXWing.keyPair(seed).publicKey).toString('hex'));
      }
    },
  );

  it.runIf(native !== undefined)('opens in each implementation what the other encapsulated', () => {
    const seed = newXWingSeed();
    const pairs = [native!.keyPair(seed), sodiumXWing.keyPair(seed)];
    for (const implementation of [native!, sodiumXWing]) {
      const { sharedSecret, ciphertext } = implementation
        .publicKey(pairs[0]!.publicKey)
        .encapsulate();
      for (const pair of pairs) {
        expect(Buffer.from(pair.decapsulate(ciphertext)).equals(sharedSecret)).toBe(true);
      }
    }
  });

  it("makes the draft's own public key from the draft's seed", () => {
    const { publicKey } = xWingKeyPair(Buffer.from(draftSeed, 'hex'));
    expect(Buffer.from(publicKey.subarray(0, 32)).toString('hex')).toBe(draftPublicKeyStart);
  });

  it('refuses public keys that nobody honest makes', () => {
    const good = xWingKeyPair(newXWingSeed()).publicKey;
    const changed = (change: (raw: Buffer) => void): Buffer => {
      const raw = Buffer.from(good);
      change(raw);
      return raw;
    };
    expect(() => xWingPublicKey(good)).not.toThrow();
    const bad = {
      'too short': good.subarray(1),
      'ML-KEM coefficient 4095': changed((raw) => raw.fill(0xff, 0, 2)),
      'X25519 point zero': changed((raw) => raw.fill(0, 1184)),
      'X25519 point one': changed((raw) => raw.fill(0, 1184).writeUInt8(1, 1184)),
      'X25519 with the top bit set': changed((raw) => raw.writeUInt8(0x80 | raw[1215]!, 1215)),
      'X25519 p itself': changed((raw) =>
        Buffer.from(`ed${'ff'.repeat(30)}7f`, 'hex').copy(raw, 1184),
      ),
    };
    for (const [name, raw] of Object.entries(bad)) {
      expect(() => xWingPublicKey(raw), name).toThrow(
        expect.objectContaining({ code: 'format-key' }),
      );
    }
  });

  it('refuses an encapsulated key whose X25519 part is of low order', () => {
    const pair = xWingKeyPair(newXWingSeed());
    const { ciphertext } = xWingPublicKey(pair.publicKey).encapsulate();
    const forged = Buffer.from(ciphertext);
    forged.fill(0, 1088);
    expect(() => pair.decapsulate(forged)).toThrow(expect.objectContaining({ code: 'seal-open' }));
  });
});
