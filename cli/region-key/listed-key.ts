import { EdgesealError } from '../../core/errors.ts';
import { regionPath } from '../../core/format/region.ts';
import type { KeyState, RootRegion } from '../../core/format/trust-root.ts';
import { nearName } from '../../core/format/near-name.ts';
import { rootRegion } from '../../core/repository/root-keys.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';

/** A key that the root lists. */
export interface ListedKey {
  /** In the region's file; undefined where that has it no more. */
  name: string | undefined;
  id: string;
  sha256: string;
  state: KeyState;
}

/** The region, or recovery recipient, as the root has it. @throws EdgesealError `policy-region` */
export function listedRegion({ root }: RepositoryState, name: string): RootRegion {
  const known = rootRegion(root, name);
  if (known !== undefined) return known;
  const names = root.spec.regions.map((region) => region.name);
  const near = nearName(name, names);
  throw new EdgesealError('policy-region', `trust root ${root.number} lists no region ${name}`, {
    hint:
      near === undefined
        ? `it lists: ${names.join(', ') || 'none'}`
        : `did you mean ${near}? It lists: ${names.join(', ')}`,
  });
}

/** All keys of a region that the root lists, in its order. */
export function listedKeys(state: RepositoryState, region: RootRegion): ListedKey[] {
  const inFile = state.regions.get(region.name)?.keys ?? [];
  return region.keys.map(({ sha256, state: keyState }) => ({
    name: inFile.find(({ key }) => key.sha256 === sha256)?.name,
    id: sha256.slice(0, 16),
    sha256,
    state: keyState,
  }));
}

/**
 * The key that a person named: by its id, its whole SHA-256, or its name in the region's file.
 *
 * @throws EdgesealError `input-usage` where none or several fit
 */
export function listedKey(state: RepositoryState, region: RootRegion, text: string): ListedKey {
  const keys = listedKeys(state, region);
  const wanted = text.replaceAll('-', '').toLowerCase();
  const found = keys.filter(
    ({ id, sha256, name }) => name === text || id === wanted || sha256 === wanted,
  );
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only;
  const words = keys.map(
    ({ name, id, sha256, state: is }) =>
      `${second === undefined ? id : sha256} (${name ?? 'not in the file'}, ${is})`,
  );
  throw new EdgesealError(
    'input-usage',
    `${region.name} has ${only === undefined ? 'no key' : 'several keys'} ${text}`,
    { file: regionPath(region.name), hint: `its keys are: ${words.join(', ') || 'none'}` },
  );
}
