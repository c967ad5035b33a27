import { createHash } from 'node:crypto';

const label = Buffer.from('5c2e2f2f5e5c', 'hex');

/** X-Wing's combiner: SHA3-256(ssM || ssX || ctX || pkX || label). Source: the draft, section 5.3. */
export function combine(
  ssM: Uint8Array,
  ssX: Uint8Array,
  ctX: Uint8Array,
  pkX: Uint8Array,
): Uint8Array {
  const hash = createHash('sha3-256');
  return hash.update(ssM).update(ssX).update(ctX).update(pkX).update(label).digest();
}
