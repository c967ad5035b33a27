import { isElided, regionsOf } from '../../format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../../format/edge-secret.ts';

/** The very ciphertext of an item: its envelope, and what lies in it. */
export type SourceId = string;

/** What one side of a merge holds, read for comparison. */
export interface SideContent {
  secret: EdgeSecret;
  envelopes: FullEnvelope[];
  /** Regions and recovery recipients that some envelope names. */
  names: ReadonlySet<string>;
  /** For each item and region, the ciphertext that the region opens. */
  items: ReadonlyMap<string, ReadonlyMap<string, SourceId>>;
}

/** Reads a side; undefined is a side without the file. */
export function contentOf(
  secret: EdgeSecret | undefined,
  isRecovery: (name: string) => boolean,
): SideContent | undefined {
  if (secret === undefined) return undefined;
  const envelopes = secret.spec.envelopes.flatMap((one) => (isElided(one) ? [] : one));
  return {
    secret,
    envelopes,
    names: new Set(envelopes.flatMap(regionsOf)),
    items: sourcesOf(envelopes, isRecovery),
  };
}

/**
 * What each region gets of each item: later envelopes override earlier ones. A recovery recipient opens what its regions get,
 * and has no values of its own.
 */
export function sourcesOf(
  envelopes: readonly FullEnvelope[],
  isRecovery: (name: string) => boolean,
): Map<string, Map<string, SourceId>> {
  const items = new Map<string, Map<string, SourceId>>();
  for (const envelope of envelopes) {
    const regions = regionsOf(envelope).filter((name) => !isRecovery(name));
    if (regions.length === 0) continue;
    for (const [item, text] of Object.entries(envelope.data)) {
      const readers = items.get(item) ?? new Map<string, SourceId>();
      items.set(item, readers);
      for (const region of regions) readers.set(region, idOf(envelope, text));
    }
  }
  return items;
}

/** @returns undefined where the envelope does not hold the item */
export function sourceId(envelope: FullEnvelope, item: string): SourceId | undefined {
  // Own properties only: `__proto__` is a legal name.
  const text = new Map(Object.entries(envelope.data)).get(item);
  return text === undefined ? undefined : idOf(envelope, text);
}

function idOf({ commitment, version }: FullEnvelope, text: string): SourceId {
  return `${commitment} ${version} ${text}`;
}

export function sourceAt(
  side: SideContent | undefined,
  item: string,
  region: string,
): SourceId | undefined {
  return side?.items.get(item)?.get(region);
}

/** Every ciphertext of an item that some region of a side opens. */
export function liveSources(side: SideContent | undefined, item: string): Set<SourceId> {
  return new Set(side?.items.get(item)?.values());
}
