import { isElided, regionsOf, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../format/edge-secret.ts';
import { byName } from '../format/names.ts';

/** An item, and the regions for which something about it is different. */
export interface ItemChange {
  item: string;
  regions: string[];
}

/** What differs between two versions of a sealed secret, told without a value: names only. */
export interface Difference {
  regionsAdded: string[];
  regionsRemoved: string[];
  added: ItemChange[];
  removed: ItemChange[];
  /** Sealed anew. Whether the value is another one, only a key could tell. */
  replaced: ItemChange[];
  /** The very ciphertext that was there before. */
  unchanged: ItemChange[];
  /** Parts of the template: `type`, `immutable`, `label NAME`, `annotation NAME`. */
  template: string[];
}

/** For each item and region, the very ciphertext that the region opens. */
type Sources = Map<string, Map<string, string>>;

/**
 * Compares what each region gets of two versions.
 *
 * @param before absent for a new secret: all of it is then added
 * @param isRegion false for recovery recipients, which are named as recipients but read no items of their own
 */
export function differenceOf(
  before: EdgeSecret | undefined,
  after: EdgeSecret,
  isRegion: (name: string) => boolean,
): Difference {
  const then = namesIn(before);
  const now = namesIn(after);
  const difference: Difference = {
    regionsAdded: [...now].filter((name) => !then.has(name)).sort(byName),
    regionsRemoved: [...then].filter((name) => !now.has(name)).sort(byName),
    added: [],
    removed: [],
    replaced: [],
    unchanged: [],
    template: before === undefined ? [] : templateChanges(before, after),
  };
  const old = sourcesIn(before, isRegion);
  const current = sourcesIn(after, isRegion);
  for (const item of [...new Set([...old.keys(), ...current.keys()])].sort(byName)) {
    compareItem(difference, item, old.get(item), current.get(item), { then, now });
  }
  return difference;
}

/** Whether nothing that an author signs for by name is different. */
export function isEmpty({ unchanged: _same, ...difference }: Difference): boolean {
  return Object.values(difference).every((list) => (list as unknown[]).length === 0);
}

function compareItem(
  difference: Difference,
  item: string,
  before: Map<string, string> | undefined,
  after: Map<string, string> | undefined,
  names: { then: ReadonlySet<string>; now: ReadonlySet<string> },
): void {
  const old = [...(after ?? [])].filter(([region]) => names.then.has(region));
  const known = new Set([...(before?.values() ?? []), ...old.map(([, source]) => source)]);
  const note = (list: ItemChange[], regions: string[]): void => {
    if (regions.length > 0) list.push({ item, regions: regions.sort(byName) });
  };
  const gained: string[] = [];
  const changed: string[] = [];
  const same: string[] = [];
  for (const [region, source] of after ?? []) {
    const was = before?.get(region);
    if (was === source) same.push(region);
    else if (was !== undefined) changed.push(region);
    else if (before === undefined || names.then.has(region)) gained.push(region);
    // What a new region shares with an old one is told by the region's name alone.
    else if (!known.has(source)) gained.push(region);
  }
  const lost = [...(before?.keys() ?? [])].filter(
    (region) => after?.has(region) !== true && (after === undefined || names.now.has(region)),
  );
  note(difference.added, gained);
  note(difference.replaced, changed);
  note(difference.removed, lost);
  note(difference.unchanged, same);
}

function templateChanges(before: EdgeSecret, after: EdgeSecret): string[] {
  const [old, now] = [templateOf(before), templateOf(after)];
  const changes: string[] = [];
  if (old.type !== now.type) changes.push('type');
  if (old.immutable !== now.immutable) changes.push('immutable');
  for (const [word, kind] of [
    ['label', 'labels'],
    ['annotation', 'annotations'],
  ] as const) {
    const [a, b] = [new Map(Object.entries(old.metadata[kind])), now.metadata[kind]];
    const names = new Set([...a.keys(), ...Object.keys(b)]);
    const then = new Map(Object.entries(b));
    for (const name of [...names].sort(byName))
      if (a.get(name) !== then.get(name)) changes.push(`${word} ${name}`);
  }
  return changes;
}

function namesIn(secret: EdgeSecret | undefined): Set<string> {
  return new Set(secret?.spec.envelopes.flatMap(regionsOf));
}

function sourcesIn(secret: EdgeSecret | undefined, isRegion: (name: string) => boolean): Sources {
  const sources: Sources = new Map();
  for (const envelope of secret?.spec.envelopes ?? []) {
    if (isElided(envelope)) continue;
    const regions = regionsOf(envelope).filter(isRegion);
    for (const [item, text] of Object.entries(envelope.data)) {
      const readers = sources.get(item) ?? new Map<string, string>();
      for (const region of regions) readers.set(region, idOf(envelope, text));
      sources.set(item, readers);
    }
  }
  return sources;
}

function idOf({ commitment, version }: FullEnvelope, text: string): string {
  return `${commitment} ${version} ${text}`;
}
