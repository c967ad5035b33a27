import type { Exposure } from '../../core/repository/exposure.ts';
import type { Output } from '../terminal/output.ts';
import { errorJson } from '../terminal/output.ts';
import type { OpenRepository } from '../repository.ts';
import { ageWords } from './age.ts';
import { appliedJson, appliedWords, clusterJson } from './applied-words.ts';
import { clusterSteps, printClusters } from './cluster-report.ts';
import type { ClusterView } from './clusters.ts';
import { nextSteps } from './next-steps.ts';
import { placeWords, todoOf } from './place.ts';
import type { TreeSecret } from './secret-row.ts';
import type { Row, Survey } from './survey.ts';
import { waitingJson, waitingWords } from './waiting.ts';

/** The table, what the clusters say, and what is to be done next. */
export function print(
  output: Output,
  found: Survey,
  clusters: readonly ClusterView[],
  folder: string,
): void {
  const { rows, channels } = found;
  const now = new Date();
  if (rows.length === 0) output.line('there is no sealed secret yet');
  else {
    const regions = channels.map(({ region }) => region);
    output.table(
      ['SECRET', 'VERSION', 'AGE', 'AUTHOR', 'EXPOSED', ...regions.map((r) => r.toUpperCase())],
      rows.map((row) => [
        `${row.namespace}/${row.name}`,
        versionWords(output, row),
        ageOf(row, now),
        authorWords(output, row.tree),
        exposedWords(output, row.tree?.exposed ?? []),
        ...row.places.map((place) => {
          const { words, isApplied } = appliedWords(place, row.file, clusters);
          return todoOf(place) === 'nothing' && !place.broken && isApplied
            ? words
            : output.paint('yellow', words);
        }),
      ]),
    );
  }
  for (const { region, waiting } of channels)
    if (waiting !== undefined)
      output.line(`${output.paint('yellow', region)}: ${waitingWords(waiting)}`);
  printClusters(output, found, clusters);
  const steps = [...nextSteps(found, folder), ...clusterSteps(found, clusters)];
  if (steps.length > 0) output.note(`\nNext:\n${steps.map((step) => `  ${step}`).join('\n')}`);
}

function versionWords(output: Output, { tree }: Row): string {
  if (tree === undefined) return 'removed';
  return tree.version === undefined ? output.paint('red', 'unreadable') : String(tree.version);
}

function ageOf({ tree, changed, committed }: Row, now: Date): string {
  if (tree !== undefined && !committed) return 'uncommitted';
  return changed === undefined ? '-' : ageWords(changed, now);
}

function authorWords(output: Output, tree: TreeSecret | undefined): string {
  if (tree === undefined || tree.version === undefined) return '-';
  return tree.authors.length > 0 ? tree.authors.join(', ') : output.paint('red', 'not signed');
}

function exposedWords(output: Output, exposed: readonly Exposure[]): string {
  if (exposed.length === 0) return '-';
  const words = exposed.map(({ region, key }) =>
    key === null ? region : `${region} (key ${key})`,
  );
  return output.paint('red', words.join(', '));
}

/** The same for a script. */
export function jsonOf(
  { state }: OpenRepository,
  found: Survey,
  clusters: readonly ClusterView[],
  folder: string,
): unknown {
  const { merged, channels, rows } = found;
  return {
    root: state.root.number,
    main: { remote: merged.remote, branch: merged.branch, commit: merged.commit ?? null },
    channels: channels.map(({ region, remote, channel, error, waiting }) => ({
      region,
      remote,
      sequence: channel?.verified.snapshot.sequence ?? null,
      commit: channel?.commit ?? null,
      source: channel?.verified.snapshot.source ?? null,
      ...(waiting === undefined ? {} : { waiting: waitingJson(waiting) }),
      ...(error === undefined ? {} : { error: errorJson(error) }),
    })),
    secrets: rows.map(({ namespace, name, file, tree, changed, committed, places, held }) => ({
      namespace,
      name,
      file,
      version: tree?.version ?? null,
      changed: changed?.toISOString() ?? null,
      committed,
      authors: tree?.authors ?? [],
      ...(tree?.unsigned === undefined ? {} : { unsigned: errorJson(tree.unsigned) }),
      errors: (tree?.errors ?? []).map(errorJson),
      ...(held === undefined ? {} : { held: errorJson(held) }),
      lacking: tree?.lacking ?? [],
      exposed: tree?.exposed ?? [],
      regions: places.map((place) => ({
        region: place.region,
        version: place.tree ?? null,
        merged: place.merged ?? null,
        published: place.published ?? null,
        state: placeWords(place),
        ...appliedJson(place.region, file, clusters),
      })),
    })),
    ...(clusters.length === 0 ? {} : { clusters: clusters.map(clusterJson) }),
    next: [...nextSteps(found, folder), ...clusterSteps(found, clusters, Infinity)],
  };
}
