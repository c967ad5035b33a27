import { EdgesealError } from '../../core/errors.ts';
import { isElided, maxSecretBytes, regionsOf, templateOf } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { requireTypeItems } from '../../core/format/secret-type.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';

/** Nonce (24), tag (16) and padding (at most 64) around each value. */
const sealOverhead = 104;

/**
 * Checks what each region would make of a changed secret, as far as that shows without a key: the items that its type
 * needs, and at most 1 MiB.
 *
 * @throws EdgesealError `input-not-a-secret` or `input-too-large`
 */
export function requireSound(secret: EdgeSecret, state: RepositoryState, file: string): void {
  const { type } = templateOf(secret);
  const regions = new Set(secret.spec.envelopes.flatMap(regionsOf));
  for (const region of regions) {
    if (state.regions.get(region)?.recovery === true) continue;
    const sizes = new Map<string, number>();
    for (const envelope of secret.spec.envelopes) {
      if (isElided(envelope) || !regionsOf(envelope).includes(region)) continue;
      for (const [item, text] of Object.entries(envelope.data)) {
        sizes.set(item, Math.max(0, Math.floor((text.length * 3) / 4) - sealOverhead));
      }
    }
    requireTypeItems(type, sizes, file);
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (total <= maxSecretBytes) continue;
    throw new EdgesealError(
      'input-too-large',
      `with this value the Secret would have more than ${maxSecretBytes} bytes in ${region}`,
      { file, hint: 'a Secret holds at most 1 MiB: split it' },
    );
  }
}
