import { sodium } from './sodium.ts';
import type { XWing } from './x-wing.ts';

/** X-Wing by libsodium 1.0.22 (`crypto_kem_xwing_*`). */
export const sodiumXWing: XWing = {
  publicKey(raw) {
    return {
      raw,
      encapsulate: () => sodium().crypto_kem_xwing_enc(raw),
    };
  },
  keyPair(seed) {
    const pair = sodium().crypto_kem_xwing_seed_keypair(seed);
    return {
      publicKey: pair.publicKey,
      decapsulate: (ciphertext) => sodium().crypto_kem_xwing_dec(ciphertext, pair.privateKey),
    };
  },
};
