import { EdgesealError } from '../errors.ts';
import { isElided } from '../format/edge-secret.ts';
import type { EdgeSecret } from '../format/edge-secret.ts';
import { byName } from '../format/names.ts';
import { stateOfKeyId } from './reseal-plan.ts';
import type { RepositoryState } from './repository-state.ts';

/** Values that somebody could read who may not any more. */
export interface Exposure {
  region: string;
  /** Only where it is a revoked key of a region that may still read. */
  key: string | null;
  items: string[];
}

/**
 * Regions that were taken out of a sealed secret, and keys of it that were revoked. Their values stay known to whoever had
 * them; an item is named until its envelope is replaced, for only new values help.
 */
export function exposuresOf(state: RepositoryState, secret: EdgeSecret): Exposure[] {
  const found = new Map<string, { region: string; key: string | null; items: Set<string> }>();
  const note = (region: string, key: string | null, data: Record<string, string>): void => {
    const id = `${region} ${key ?? ''}`;
    const exposure = found.get(id) ?? { region, key, items: new Set<string>() };
    for (const item of Object.keys(data)) exposure.items.add(item);
    found.set(id, exposure);
  };
  for (const envelope of secret.spec.envelopes) {
    if (isElided(envelope)) continue;
    for (const region of envelope.exposed ?? []) note(region, null, envelope.data);
    for (const { region, key } of envelope.recipients) {
      if (key === undefined) continue;
      const listed = stateOfKeyId(state, region, key);
      if (listed === 'revoked' || listed === undefined) note(region, key, envelope.data);
    }
  }
  return [...found.values()]
    .map(({ region, key, items }) => ({ region, key, items: [...items].sort(byName) }))
    .sort((a, b) => byName(a.region, b.region) || byName(a.key ?? '', b.key ?? ''));
}

/** Who could read, in words: `us-west`, `key 3f9c2a7be01d44aa of us-east`. */
export function readerWords({ region, key }: Pick<Exposure, 'region' | 'key'>): string {
  return key === null ? region : `key ${key} of ${region}`;
}

/** The commands that replace exposed values of a secret, one an item, once they are replaced at their source. */
export function replaceCommands(secret: string, exposures: readonly Exposure[]): string[] {
  const items = new Set(exposures.flatMap((exposure) => exposure.items));
  return [...items].sort(byName).map((item) => `edgeseal set ${secret} ${item}`);
}

/** What `verify` says of exposed values: no reason not to publish, and nothing to be left at that. */
export function exposureWarnings(state: RepositoryState, secret: EdgeSecret): EdgesealError[] {
  const { namespace, name } = secret.metadata;
  return exposuresOf(state, secret).map((exposure) => {
    const commands = replaceCommands(`${namespace}/${name}`, [exposure]);
    return new EdgesealError(
      'seal-exposed',
      `${readerWords(exposure)} could read ${exposure.items.join(', ')}`,
      { hint: `replace at the source, then: ${commands.join('; ')}` },
    );
  });
}
