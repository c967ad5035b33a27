import { join, relative } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { exitCodeOf, exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { parseSecretRef } from '../secret-ref.ts';
import type { ClusterView, ClustersOptions } from '../status/clusters.ts';
import { jsonOf, print } from '../status/report.ts';
import { channelRegions, fetchAll } from '../status/sources.ts';
import { survey } from '../status/survey.ts';
import type { Survey } from '../status/survey.ts';

interface Options extends ClustersOptions {
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
  const clusters = await inClusters(io, repository, found, options);
  const folder = secretsFolder(io, repository);
  if (options.output === 'json') output.json(jsonOf(repository, found, clusters, folder));
  else print(output, found, clusters, folder);
  if (unfetched.length > 0) return exitCodes.git;
  const [fault] = clusters.flatMap(({ errors }) => errors);
  if (fault !== undefined) return exitCodeOf(fault);
  const isBad =
    found.channels.some(({ error }) => error !== undefined) ||
    found.rows.some(({ tree }) => tree !== undefined && tree.version === undefined) ||
    clusters.some(isInTrouble);
  return isBad ? exitCodes.findings : exitCodes.ok;
}

/** Who names no cluster does not wait for what looks into one. */
async function inClusters(
  io: Io,
  repository: OpenRepository,
  found: Survey,
  options: Options,
): Promise<ClusterView[]> {
  if (options.context === undefined && options.kubeconfig === undefined) {
    if (options.namespace === undefined) return [];
    throw new EdgesealError(
      'input-usage',
      '--namespace says where a RegionSync lies in a cluster',
      {
        hint: 'name the cluster too: --context CONTEXT',
      },
    );
  }
  const { viewClusters } = await import('../status/clusters.ts');
  return await viewClusters(io, repository, found, options);
}

/** Whether a cluster does not have what it should. That it has not heard of the newest snapshot yet is no trouble. */
function isInTrouble({ regions }: ClusterView): boolean {
  return regions.some(
    ({ complaints, followed }) =>
      complaints.length > 0 || (followed.status?.secrets?.failing ?? 0) > 0,
  );
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
