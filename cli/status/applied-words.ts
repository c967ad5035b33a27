import type { Applied } from '../cluster/applied.ts';
import { printable } from '../../core/git/mirror.ts';
import { errorJson } from '../terminal/output.ts';
import type { ClusterView } from './clusters.ts';
import { placeWords } from './place.ts';
import type { RegionPlace } from './place.ts';

/** One cluster's word on one secret of one region. */
interface Told {
  context: string;
  applied: Applied;
}

/**
 * The words of one cell, with the clusters that follow the region: `applied 7`, `published 8, applied 7: NotEntitled`;
 * where clusters differ, each by its name.
 */
export function appliedWords(
  place: RegionPlace,
  file: string,
  clusters: readonly ClusterView[],
): { words: string; isApplied: boolean } {
  const told = toldOf(place.region, file, clusters);
  const before = placeWords(place);
  if (told.length === 0) return { words: before, isApplied: true };
  const each = told.map(({ applied }) => wordsOf(applied, place));
  const isApplied = each.every((words) => words === wanted(place));
  const same = new Set(each).size === 1;
  const [first] = each;
  if (same && isApplied && before === `published ${place.published ?? ''}`)
    return { words: first ?? '', isApplied };
  const after = same
    ? first === ''
      ? []
      : [first ?? '']
    : told.map(({ context }, index) => `${context}: ${each[index] ?? ''}`);
  const words = [...(before === '-' && after.length > 0 ? [] : [before]), ...after];
  return { words: words.join(same ? ', ' : '; '), isApplied };
}

function wanted({ published }: RegionPlace): string {
  return published === undefined ? '' : `applied ${published}`;
}

function wordsOf({ version, why }: Applied, { published }: RegionPlace): string {
  const reason = why === undefined ? '' : `: ${printable(why.reason, 40)}`;
  if (version === undefined) {
    if (why !== undefined) return `not applied${reason}`;
    return published === undefined ? '' : 'applied ?';
  }
  if (version !== null) return `applied ${version}${reason}`;
  return published === undefined && why === undefined ? '' : `not applied${reason}`;
}

function toldOf(region: string, file: string, clusters: readonly ClusterView[]): Told[] {
  return clusters.flatMap(({ context, regions }) =>
    regions
      .filter(({ followed }) => followed.region === region)
      .flatMap(({ applied }) => {
        const one = applied.get(file);
        return one === undefined ? [] : [{ context, applied: one }];
      }),
  );
}

/** One secret in one region, for a script; nothing where no cluster was asked. */
export function appliedJson(
  region: string,
  file: string,
  clusters: readonly ClusterView[],
): { applied?: unknown[] } {
  if (clusters.length === 0) return {};
  return {
    applied: toldOf(region, file, clusters).map(({ context, applied: { version, why } }) => ({
      context,
      version: version ?? null,
      known: version !== undefined,
      ...(why === undefined ? {} : { reason: why.reason, message: why.message }),
    })),
  };
}

/** One cluster, for a script. */
export function clusterJson({ context, regions, errors }: ClusterView): unknown {
  return {
    context,
    errors: errors.map(errorJson),
    regions: regions.map(({ followed, complaints, published }) => ({
      region: followed.region,
      namespace: followed.namespace,
      suspended: followed.spec.suspend === true,
      published: published ?? null,
      status: followed.status ?? null,
      complaints: complaints.map(({ text, step }) => ({ text, step: step ?? null })),
    })),
  };
}
