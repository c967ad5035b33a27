import type { RegionPublicKey } from '../crypto/region-key.ts';
import { EdgesealError } from '../errors.ts';
import type { KeyState, RootRegion } from '../format/trust-root.ts';
import type { AcceptedRoot } from '../trust/root-chain.ts';

/** The region (or recovery recipient) as the root has it. */
export function rootRegion(root: AcceptedRoot, region: string): RootRegion | undefined {
  return root.spec.regions.find((entry) => entry.name === region);
}

/** The state of a public key in the root, by its full hash; undefined where the root does not list it. */
export function keyState(root: AcceptedRoot, region: string, sha256: string): KeyState | undefined {
  return rootRegion(root, region)?.keys.find((key) => key.sha256 === sha256)?.state;
}

/**
 * Keeps the keys of a region file that the root lists as active.
 *
 * @throws EdgesealError `trust-key` for a key that the root does not list at all: one merged line in
 * `regions/` would otherwise make every later seal readable to a stranger
 */
export function activeKeys(
  root: AcceptedRoot,
  region: string,
  keys: readonly RegionPublicKey[],
  file: string,
): RegionPublicKey[] {
  return keys.filter((key) => {
    const state = keyState(root, region, key.sha256);
    if (state === undefined) {
      throw new EdgesealError(
        'trust-key',
        `the public key ${key.id} of ${region} is not in trust root ${root.number}: it may be a stranger's`,
        {
          file,
          hint: `if it is yours, have it listed: edgeseal region add ${region} --key FILE; otherwise remove it from the file`,
        },
      );
    }
    return state === 'active';
  });
}
