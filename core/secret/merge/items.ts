import { byName } from '../../format/names.ts';
import { chosen, deedOf } from './conflict.ts';
import type { Choices, Deed, MergeConflict, Side } from './conflict.ts';
import { liveSources, sourceAt } from './sources.ts';
import type { SideContent, SourceId } from './sources.ts';

/** The three sides of a merge. */
export interface ThreeSides {
  base: SideContent | undefined;
  ours: SideContent;
  theirs: SideContent;
}

/** What each region is to get of each item after the merge. */
export interface MergedItems {
  /** By item, then region. No entry: the region does not get it. */
  wanted: Map<string, Map<string, SourceId>>;
  conflicts: MergeConflict[];
}

/**
 * Regions and recovery recipients that the merged secret is for: what one side took out stays out, what one side brought in
 * is in.
 */
export function mergedNames({ base, ours, theirs }: ThreeSides): Set<string> {
  const names = new Set([...ours.names, ...theirs.names]);
  for (const name of names)
    if (base?.names.has(name) === true && !(ours.names.has(name) && theirs.names.has(name)))
      names.delete(name);
  return names;
}

/**
 * Merges items region by region: the side that changed one wins. What both changed, to different things, is a conflict, for
 * the whole of the item.
 *
 * @param regions of the merged secret, without recovery recipients
 */
export function mergeItems(
  sides: ThreeSides,
  regions: readonly string[],
  choices: Choices,
): MergedItems {
  const { base, ours, theirs } = sides;
  const merged: MergedItems = { wanted: new Map(), conflicts: [] };
  const items = new Set([base, ours, theirs].flatMap((side) => [...(side?.items.keys() ?? [])]));
  for (const item of [...items].sort(byName)) {
    const result = mergeItem(sides, item, regions);
    const side = result.conflicts.length > 0 ? chosen(choices, item) : undefined;
    if (side !== undefined) merged.wanted.set(item, takeSide(sides, item, regions, side));
    else merged.wanted.set(item, result.wanted);
    if (side === undefined) merged.conflicts.push(...summed(result.conflicts));
  }
  return merged;
}

function mergeItem(
  sides: ThreeSides,
  item: string,
  regions: readonly string[],
): { wanted: Map<string, SourceId>; conflicts: MergeConflict[] } {
  const { base } = sides;
  const wanted = new Map<string, SourceId>();
  const conflicts: MergeConflict[] = [];
  for (const region of [...regions].sort(byName)) {
    const was = sourceAt(base, item, region) ?? sharedBefore(sides, item, region);
    const [ours, theirs] = [
      sourceAt(sides.ours, item, region),
      sourceAt(sides.theirs, item, region),
    ];
    const conflict = (kind: MergeConflict['kind'], deeds: [Deed, Deed]): void => {
      conflicts.push({ kind, name: item, regions: [region], ours: deeds[0], theirs: deeds[1] });
    };
    const result = ours === theirs || theirs === was ? ours : theirs;
    if (ours !== theirs && ours !== was && theirs !== was) {
      conflict('item', [deedOf(was, ours), deedOf(was, theirs)]);
      continue;
    }
    const bringer = ours === theirs ? undefined : theirs === was ? 'ours' : 'theirs';
    // One side gives a region a value of old, which the other has replaced or removed meanwhile.
    if (bringer !== undefined && result !== was && isGone(sides, item, result, bringer)) {
      const other = bringer === 'ours' ? sides.theirs : sides.ours;
      // Unset is unset for all regions: also for one that was brought in meanwhile.
      if (!other.items.has(item) && isUntouched(sides, item, bringer)) continue;
      conflict('region', bringer === 'ours' ? ['added', 'replaced'] : ['replaced', 'added']);
      continue;
    }
    if (result !== undefined) wanted.set(region, result);
  }
  return { wanted, conflicts };
}

/**
 * What a region that both sides brought in was given of what was there before: the value that others had, so that one side's
 * replacing or removing it is seen as that.
 */
function sharedBefore(
  { base, ours, theirs }: ThreeSides,
  item: string,
  region: string,
): SourceId | undefined {
  if (base === undefined || base.names.has(region)) return undefined;
  if (!ours.names.has(region) || !theirs.names.has(region)) return undefined;
  const known = liveSources(base, item);
  const given = [sourceAt(ours, item, region), sourceAt(theirs, item, region)];
  const old = new Set(given.filter((one) => one !== undefined && known.has(one)));
  return old.size === 1 ? [...old][0] : undefined;
}

/** Whether a value of the base is one that the other side has replaced or removed everywhere. */
function isGone(
  { base, ours, theirs }: ThreeSides,
  item: string,
  source: SourceId | undefined,
  bringer: Side,
): boolean {
  const other = bringer === 'ours' ? theirs : ours;
  if (source === undefined) return false;
  return liveSources(base, item).has(source) && !liveSources(other, item).has(source);
}

function isUntouched({ base, ours, theirs }: ThreeSides, item: string, side: Side): boolean {
  const known = liveSources(base, item);
  return [...liveSources(side === 'ours' ? ours : theirs, item)].every((one) => known.has(one));
}

/** An item as one side has it; a region that only the other side has gets it where it is the same value. */
function takeSide(
  { ours, theirs }: ThreeSides,
  item: string,
  regions: readonly string[],
  side: Side,
): Map<string, SourceId> {
  const [taken, other] = side === 'ours' ? [ours, theirs] : [theirs, ours];
  const live = liveSources(taken, item);
  const wanted = new Map<string, SourceId>();
  for (const region of regions) {
    const own = sourceAt(taken, item, region);
    const foreign = taken.names.has(region) ? undefined : sourceAt(other, item, region);
    if (own !== undefined) wanted.set(region, own);
    else if (foreign !== undefined && live.has(foreign)) wanted.set(region, foreign);
  }
  return wanted;
}

/** One conflict for all regions where the same was done. */
function summed(conflicts: readonly MergeConflict[]): MergeConflict[] {
  const sums = new Map<string, MergeConflict>();
  for (const one of conflicts) {
    const key = `${one.kind} ${one.ours} ${one.theirs}`;
    const sum = sums.get(key) ?? { ...one, regions: [] };
    sums.set(key, { ...sum, regions: [...sum.regions, ...one.regions] });
  }
  return [...sums.values()];
}
