import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { KubeError } from '../../core/kube/error.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { appliedOf, needsWritten } from '../cluster/applied.ts';
import type { Applied } from '../cluster/applied.ts';
import { complaintsOf } from '../cluster/complaint.ts';
import type { Complaint } from '../cluster/complaint.ts';
import { explained } from '../cluster/fault.ts';
import { listingOf } from '../cluster/listing.ts';
import { openContext } from '../cluster/open.ts';
import type { Cluster } from '../cluster/open.ts';
import {
  chooseRegionSync,
  followedRegion,
  readRegionSyncs,
  repositoryOf,
  usualNamespace,
} from '../cluster/region-sync.ts';
import type { FollowedRegion, RegionSyncObject } from '../cluster/region-sync.ts';
import { silentSince } from '../cluster/silence.ts';
import { writtenVersions } from '../cluster/secrets.ts';
import type { Io } from '../terminal/io.ts';
import type { OpenRepository } from '../repository.ts';
import { knownRoots } from './sources.ts';
import type { Survey } from './survey.ts';

/** What one cluster has of this repository. */
export interface ClusterView {
  context: string;
  cluster: Cluster | undefined;
  regions: RegionView[];
  /** Why the cluster, or one of its regions, cannot be shown. */
  errors: EdgesealError[];
}

/** What one cluster has of one region. */
export interface RegionView {
  followed: FollowedRegion;
  complaints: Complaint[];
  /** Sequence of the region's channel, as far as this clone knows. */
  published: number | undefined;
  /** By file, for each row of the survey. */
  applied: Map<string, Applied>;
}

/** Options of `status` that name clusters. */
export interface ClustersOptions {
  context?: string[];
  kubeconfig?: string;
  namespace?: string;
}

/**
 * Looks into the clusters that a person named, all at once. One that cannot be reached keeps nobody from seeing the
 * others.
 *
 * @returns empty where no context was named
 */
export async function viewClusters(
  io: Io,
  repository: OpenRepository,
  found: Survey,
  options: ClustersOptions,
): Promise<ClusterView[]> {
  const { context, kubeconfig } = options;
  const contexts = context ?? (kubeconfig === undefined ? [] : [undefined]);
  if (contexts.length === 0) return [];
  const roots = await knownRoots(io, repository, found.merged.commit);
  return await Promise.all(
    [...new Set(contexts)].map((name) =>
      viewCluster(io, repository, { found, roots }, options, name),
    ),
  );
}

interface Known {
  found: Survey;
  roots: readonly AcceptedRoot[];
}

async function viewCluster(
  io: Io,
  repository: OpenRepository,
  known: Known,
  { kubeconfig, namespace }: ClustersOptions,
  context: string | undefined,
): Promise<ClusterView> {
  const view: ClusterView = {
    context: context ?? '(current)',
    cluster: undefined,
    regions: [],
    errors: [],
  };
  try {
    const cluster = await openContext(io, {
      ...(context === undefined ? {} : { context }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
    });
    view.cluster = cluster;
    view.context = cluster.context;
    try {
      const objects = await readRegionSyncs(cluster, namespace);
      for (const region of regionsOf(cluster, objects, repository, known.found))
        await addRegion(io, repository, known, view, cluster, objects, region);
    } finally {
      cluster.client.close();
    }
  } catch (error) {
    const told =
      view.cluster === undefined
        ? error
        : explained(error, view.cluster, namespace ?? usualNamespace);
    if (!isEdgesealError(told)) throw told;
    view.errors.push(told);
  }
  return view;
}

/** The regions of this repository that a cluster follows. @throws EdgesealError where there is none */
function regionsOf(
  cluster: Cluster,
  objects: readonly RegionSyncObject[],
  repository: OpenRepository,
  { channels }: Survey,
): string[] {
  const { id } = repository.state.repository.spec;
  const ours = objects.filter((object) => repositoryOf(object) === id);
  const regions = [...new Set(ours.map(({ metadata }) => metadata.name))];
  const shown = channels.map(({ region }) => region);
  const [only] = shown;
  const wanted = shown.length === 1 ? only : undefined;
  // Nothing to show: the same words as of other commands say what is there instead.
  if (regions.length === 0 || (wanted !== undefined && !regions.includes(wanted)))
    chooseRegionSync(cluster, objects, { repository: id, region: wanted });
  return regions;
}

async function addRegion(
  io: Io,
  repository: OpenRepository,
  { found, roots }: Known,
  view: ClusterView,
  cluster: Cluster,
  objects: readonly RegionSyncObject[],
  region: string,
): Promise<void> {
  const { id } = repository.state.repository.spec;
  const known = repository.state.regions.get(region);
  const channel = found.channels.find((one) => one.region === region);
  // With --region the others are none of the question.
  if (channel === undefined && known !== undefined) return;
  try {
    const object = chooseRegionSync(cluster, objects, { repository: id, region });
    const followed = followedRegion(cluster, object);
    const sha256 = followed.status?.snapshot?.sha256;
    const listing =
      sha256 === undefined
        ? undefined
        : await listingOf(io, repository, roots, region, channel?.channel, sha256);
    const written = needsWritten(followed, listing)
      ? await writtenVersions(cluster, followed)
      : undefined;
    const silent = await silentSince(cluster, followed);
    view.regions.push({
      followed,
      complaints: complaintsOf(cluster, followed, repository.state, silent),
      published: channel?.channel?.verified.snapshot.sequence,
      applied: new Map(
        found.rows.map(({ file }) => [file, appliedOf(followed, { listing, written }, file)]),
      ),
    });
    if (known === undefined) {
      view.errors.push(
        new EdgesealError(
          'policy-region',
          `context ${cluster.context} follows ${region}, which is no region of this working tree`,
          { hint: `edgeseal region add ${region} ${cluster.flags}` },
        ),
      );
    }
  } catch (error) {
    if (!isEdgesealError(error) || error instanceof KubeError) throw error;
    view.errors.push(error);
  }
}
