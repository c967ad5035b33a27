import { loadXWing } from '../crypto/x-wing.ts';
import { recipientOf } from '../crypto/region-key.ts';
import { EdgesealError } from '../errors.ts';
import { byName } from '../format/names.ts';
import { nearName } from '../format/near-name.ts';
import { regionPath } from '../format/region.ts';
import { repositoryFile } from '../format/repository.ts';
import type { SealRecipient } from '../secret/envelope.ts';
import { activeKeys, rootRegion } from './root-keys.ts';
import type { RegionEntry, RepositoryState } from './repository-state.ts';

/** Public keys are expanded once a process: sealing 1,000 secrets wraps 4,000 times for the same four. */
const prepared = new WeakMap<RegionEntry, SealRecipient[]>();

/**
 * Everybody an envelope for these regions is wrapped for: each active key of each region, and of their
 * recovery recipients.
 *
 * @throws EdgesealError `policy-region` for an unknown region or one without an active key, `trust-key` for
 * a key that the root does not list, `policy-mismatch` where the policy names another key
 */
export async function recipientsFor(
  state: RepositoryState,
  regions: readonly string[],
): Promise<SealRecipient[]> {
  await loadXWing();
  return withRecovery(state, regions).flatMap((name) => {
    const recipients = activeRecipients(state, regionEntry(state, name));
    if (recipients.length === 0) throw keyless(state, name);
    return recipients;
  });
}

/**
 * {@link recipientsFor}, region by region, of those that have an active key: what a stolen key could read is taken from it
 * before there is another one.
 *
 * @throws EdgesealError as {@link recipientsFor}, but for a region without an active key
 */
export async function recipientsByRegion(
  state: RepositoryState,
  regions: readonly string[],
): Promise<Map<string, SealRecipient[]>> {
  await loadXWing();
  const names = withRecovery(state, regions);
  const byRegion = new Map<string, SealRecipient[]>();
  for (const name of names) {
    const recipients = activeRecipients(state, regionEntry(state, name));
    if (recipients.length > 0) byRegion.set(name, recipients);
  }
  return byRegion;
}

/** Nothing can be sealed for a region whose only key was taken from it. */
export function keyless(state: RepositoryState, name: string): EdgesealError {
  const { file } = regionEntry(state, name);
  return new EdgesealError(
    'policy-region',
    `${name} has no active key: nothing can be sealed for it`,
    {
      file,
      hint: `give it one: edgeseal region rotate ${name} --generate DIRECTORY`,
    },
  );
}

/** The regions and the recovery recipients they call for, sorted and unique: an envelope's region names. */
export function withRecovery(state: RepositoryState, regions: readonly string[]): string[] {
  const names = new Set(regions);
  for (const name of regions) {
    const recovery = recoveryOf(state, regionEntry(state, name));
    if (recovery !== undefined) names.add(recovery);
  }
  return [...names].sort(byName);
}

/**
 * The region's file. Recovery recipients count as regions here.
 *
 * @throws EdgesealError `policy-region`, which names the file that speaks of the region, if one does
 */
export function regionEntry(state: RepositoryState, name: string): RegionEntry {
  const entry = state.regions.get(name);
  if (entry !== undefined) return entry;
  // One without an active key was removed.
  if (rootRegion(state.root, name)?.keys.some((key) => key.state === 'active') === true)
    throw lostFile(state, name);
  const known = [...state.regions.values()].filter((e) => !e.recovery).map((e) => e.name);
  const near = nearName(name, known);
  const words = `known regions: ${known.length === 0 ? 'none' : known.join(', ')}`;
  const inDefaults = state.repository.spec.defaultRegions?.includes(name) === true;
  const file = inDefaults ? repositoryFile : undefined;
  throw new EdgesealError('policy-region', `there is no region ${name}`, {
    file: state.policy?.regions.has(name) === true ? state.policy.file : file,
    hint:
      near === undefined
        ? `${words}; to add it: edgeseal region add ${name} --generate ~/edgeseal-keys`
        : `did you mean ${near}? ${words}`,
  });
}

/** Adding it anew would give it another key than its clusters have. */
export function lostFile(state: RepositoryState, name: string): EdgesealError {
  const file = regionPath(name);
  return new EdgesealError(
    'policy-region',
    `the file of region ${name} is missing, which trust root ${state.root.number} lists`,
    {
      file,
      hint: `bring it back: git checkout HEAD -- ':(top,glob)**/${file}' (if that was committed: git log -- ':(top,glob)**/${file}')`,
    },
  );
}

/**
 * The recovery recipient of a region, by the root. The region's file has to say the same.
 *
 * @throws EdgesealError `trust-key` where a merged line in the file says otherwise
 */
export function recoveryOf(state: RepositoryState, entry: RegionEntry): string | undefined {
  const listed = rootRegion(state.root, entry.name)?.recovery;
  const written = entry.region.spec.recovery;
  if (listed !== written) {
    throw new EdgesealError(
      'trust-key',
      `${entry.file} names ${written ?? 'no'} recovery recipient, trust root ${state.root.number} ${listed ?? 'none'}`,
      {
        file: entry.file,
        field: 'spec.recovery',
        hint: 'restore the line, or have a root with the other recovery recipient signed',
      },
    );
  }
  return listed;
}

function activeRecipients(state: RepositoryState, entry: RegionEntry): SealRecipient[] {
  const known = prepared.get(entry);
  if (known !== undefined) return known;
  const { name, file } = entry;
  const active = activeKeys(
    state.root,
    name,
    entry.keys.map((k) => k.key),
    file,
  );
  if (active.length === 0) return [];
  const wanted = state.policy?.regions.get(name)?.['encryption-key'];
  const named = entry.keys.find((k) => k.name === wanted);
  if (wanted !== undefined && (named === undefined || !active.includes(named.key))) {
    throw new EdgesealError(
      'policy-mismatch',
      `the policy wants ${name} to be sealed for with ${wanted}, which is not an active key of ${file}`,
      {
        file: state.policy?.file,
        field: `regions.${name}.encryption-key`,
        hint: `active keys of ${name}: ${entry.keys
          .filter((k) => active.includes(k.key))
          .map((k) => k.name)
          .join(', ')}`,
      },
    );
  }
  const recipients = active.map((key) => ({ region: name, keyId: key.id, key: recipientOf(key) }));
  prepared.set(entry, recipients);
  return recipients;
}
