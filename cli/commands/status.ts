import { join, relative } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { exitCodes } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { Output, errorJson } from '../output.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { parseSecretRef } from '../secret-ref.ts';
import { ageWords } from '../status/age.ts';
import { nextSteps } from '../status/next-steps.ts';
import { placeWords, todoOf } from '../status/place.ts';
import type { Exposure, TreeSecret } from '../status/secret-row.ts';
import { channelRegions, fetchAll } from '../status/sources.ts';
import { survey } from '../status/survey.ts';
import type { Row, Survey } from '../status/survey.ts';

interface Options {
  region?: string;
  fetch?: boolean;
  output?: 'text' | 'json';
}

/** `edgeseal status`: each secret on its way to each region, and what is to be done next. Needs no key. */
export async function run(io: Io, names: string[], options: Options): Promise<number> {
  const repository = await openRepository(io);
  const regions = chooseRegions(repository, options.region);
  const output = new Output(io);
  const unfetched = options.fetch === true ? await fetchAll(io, repository, regions) : [];
  for (const { message, hint } of unfetched) output.warn(`${message}: shown as last fetched`, hint);
  const only =
    names.length === 0
      ? undefined
      : new Set(names.map((name) => parseSecretRef(io, repository, name).file));
  const found = await survey(io, repository, regions, only);
  requireFound(found, only);
  if (options.output === 'json')
    output.json(jsonOf(repository, found, secretsFolder(io, repository)));
  else print(output, found, secretsFolder(io, repository));
  if (unfetched.length > 0) return exitCodes.git;
  const isBad =
    found.channels.some(({ error }) => error !== undefined) ||
    found.rows.some(({ tree }) => tree !== undefined && tree.version === undefined);
  return isBad ? exitCodes.findings : exitCodes.ok;
}

function chooseRegions({ state }: OpenRepository, wanted: string | undefined): string[] {
  const regions = channelRegions(state);
  if (wanted === undefined) return regions;
  if (regions.includes(wanted)) return [wanted];
  throw new EdgesealError('policy-region', `there is no region ${wanted}`, {
    hint: `known regions: ${regions.join(', ') || 'none'}`,
  });
}

function requireFound({ rows }: Survey, only: ReadonlySet<string> | undefined): void {
  for (const file of only ?? []) {
    if (rows.some((row) => row.file === file)) continue;
    throw new EdgesealError(
      'input-not-found',
      'neither the working tree nor main nor a channel has such a sealed secret',
      { file, hint: 'list them with: edgeseal status' },
    );
  }
}

function secretsFolder(io: Io, { root }: OpenRepository): string {
  return relative(io.cwd, join(root, 'secrets')) || '.';
}

function print(output: Output, found: Survey, folder: string): void {
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
          const words = placeWords(place);
          return todoOf(place) === 'nothing' && !place.broken
            ? words
            : output.paint('yellow', words);
        }),
      ]),
    );
  }
  const steps = nextSteps(found, folder);
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

function jsonOf({ state }: OpenRepository, found: Survey, folder: string): unknown {
  const { merged, channels, rows } = found;
  return {
    root: state.root.number,
    main: { remote: merged.remote, branch: merged.branch, commit: merged.commit ?? null },
    channels: channels.map(({ region, remote, channel, error }) => ({
      region,
      remote,
      sequence: channel?.verified.snapshot.sequence ?? null,
      commit: channel?.commit ?? null,
      source: channel?.verified.snapshot.source ?? null,
      ...(error === undefined ? {} : { error: errorJson(error) }),
    })),
    secrets: rows.map(({ namespace, name, file, tree, changed, committed, places }) => ({
      namespace,
      name,
      file,
      version: tree?.version ?? null,
      changed: changed?.toISOString() ?? null,
      committed,
      authors: tree?.authors ?? [],
      ...(tree?.unsigned === undefined ? {} : { unsigned: errorJson(tree.unsigned) }),
      errors: (tree?.errors ?? []).map(errorJson),
      lacking: tree?.lacking ?? [],
      exposed: tree?.exposed ?? [],
      regions: places.map((place) => ({
        region: place.region,
        version: place.tree ?? null,
        merged: place.merged ?? null,
        published: place.published ?? null,
        state: placeWords(place),
      })),
    })),
    next: nextSteps(found, folder),
  };
}
