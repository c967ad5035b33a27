import { isEdgesealError } from '../../../core/errors.ts';
import { isElided, parseEdgeSecret, regionsOf } from '../../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../../core/format/edge-secret.ts';
import { byName } from '../../../core/format/names.ts';
import type { RepositoryView } from '../../../core/repository/view.ts';
import type { SecretChange } from '../../diff/secret-change.ts';
import type { ItemsByRegion, SecretReview } from '../model.ts';
import type { MergeSides } from './sides.ts';

/** Adds to a change which items each region reads, before and after. */
export async function withItems(
  { before, after, base, judge }: MergeSides,
  change: SecretChange,
): Promise<SecretReview> {
  const isRegion = (name: string): boolean =>
    (judge.regions.get(name) ?? base.regions.get(name))?.recovery !== true;
  const items = {
    before: itemsIn(await readable(before.view, change.file), isRegion),
    after: itemsIn(await readable(after.view, change.file), isRegion),
  };
  return { ...change, items };
}

async function readable(view: RepositoryView, file: string): Promise<EdgeSecret | undefined> {
  const bytes = await view.read(file);
  try {
    return bytes === undefined ? undefined : parseEdgeSecret(bytes, file);
  } catch (error) {
    if (isEdgesealError(error)) return undefined;
    throw error;
  }
}

function itemsIn(
  secret: EdgeSecret | undefined,
  isRegion: (name: string) => boolean,
): ItemsByRegion {
  const found = new Map<string, string[]>();
  for (const envelope of secret?.spec.envelopes ?? []) {
    if (isElided(envelope)) continue;
    for (const region of regionsOf(envelope).filter(isRegion)) {
      const items = new Set([...(found.get(region) ?? []), ...Object.keys(envelope.data)]);
      found.set(region, [...items].sort(byName));
    }
  }
  return found;
}
