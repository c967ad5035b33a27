import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { checkRegionSyncObject } from '../../core/format/region-sync.ts';
import type { RegionSyncSpec } from '../../core/format/region-sync-spec.ts';
import { validateJson } from '../../core/format/schema.ts';
import { regionSyncStatusSchema } from '../../core/format/status.ts';
import type { RegionSyncStatus } from '../../core/format/status.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import { listAll } from '../../core/kube/watch.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import { explained } from './fault.ts';
import type { Cluster } from './open.ts';

/** Where a controller lives unless `install` was told otherwise. */
export const usualNamespace = 'edgeseal-system';

/** A RegionSync as the API server hands it out. */
export interface RegionSyncObject extends KubeObject {
  spec?: unknown;
  status?: unknown;
}

/** A region that a cluster follows, by its RegionSync. */
export interface FollowedRegion {
  region: string;
  /** The controller's. */
  namespace: string;
  generation: number;
  spec: RegionSyncSpec;
  /** Undefined where no controller has said anything yet. */
  status: RegionSyncStatus | undefined;
}

/** Collection of the RegionSyncs of one namespace, or of all. */
export function regionSyncsPath(namespace?: string): string {
  const place = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/edgeseal.dev/v1alpha1${place}/regionsyncs`;
}

/**
 * Reads the RegionSyncs of a cluster. Who may not look at all namespaces is content with the usual one.
 *
 * @param namespace only that one
 * @throws EdgesealError `kube-not-found` where the CRD is not installed, `kube-forbidden`, `kube-unreachable`
 */
export async function readRegionSyncs(
  cluster: Cluster,
  namespace?: string,
): Promise<RegionSyncObject[]> {
  try {
    const path = regionSyncsPath(namespace);
    return (await listAll<RegionSyncObject>(cluster.client, { path })).items;
  } catch (error) {
    if (namespace === undefined && isKubeStatus(error, 403))
      return await readRegionSyncs(cluster, usualNamespace);
    throw explained(error, cluster, namespace ?? usualNamespace);
  }
}

/**
 * Understands a RegionSync. What it says comes from the cluster, and is no more than that cluster's word.
 *
 * @throws EdgesealError `format-schema` where it is not of the version that this program knows
 */
export function followedRegion(cluster: Cluster, object: RegionSyncObject): FollowedRegion {
  const { name, namespace = '', generation = 0 } = object.metadata;
  try {
    const spec = checkRegionSyncObject(object);
    const { status } = object;
    const said = status === undefined || Object.keys(status as object).length === 0;
    return {
      region: spec.region,
      namespace,
      generation,
      spec,
      status: said ? undefined : validateJson(regionSyncStatusSchema, status as Json),
    };
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    throw new EdgesealError('format-schema', error.message, {
      file: `RegionSync ${namespace}/${name} of context ${cluster.context}`,
      field: error.field,
      cause: error,
      hint: 'this edgeseal and the CRDs in the cluster are of different versions: bring the older one up to date',
    });
  }
}

/**
 * The one RegionSync of a region that belongs to this repository.
 *
 * @param region undefined: the only one there is
 * @throws EdgesealError `kube-not-found` where there is none, `kube-conflict` where there are several, `trust-root` where
 * it is another repository's
 */
export function chooseRegionSync(
  cluster: Cluster,
  objects: readonly RegionSyncObject[],
  wanted: { repository: string; region: string | undefined },
): RegionSyncObject {
  const { context, flags } = cluster;
  const { region, repository } = wanted;
  const named = objects.filter(({ metadata }) => region === undefined || metadata.name === region);
  const ours = named.filter((object) => repositoryOf(object) === repository);
  const [only, second] = ours;
  if (only !== undefined && second === undefined) return only;
  const places = (some: readonly RegionSyncObject[]): string =>
    some.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`).join(', ');
  if (only !== undefined) {
    const regions = new Set(ours.map(({ metadata }) => metadata.name));
    throw regions.size > 1
      ? new EdgesealError('input-usage', `which region? context ${context} follows several`, {
          hint: `say --region: ${[...regions].join(', ')}`,
        })
      : new EdgesealError(
          'kube-conflict',
          `context ${context} has several RegionSyncs of ${only.metadata.name}: ${places(ours)}`,
          { hint: `say which one is meant: --namespace ${only.metadata.namespace ?? ''}` },
        );
  }
  const [stranger] = named;
  if (stranger !== undefined) {
    throw new EdgesealError(
      'trust-root',
      `RegionSync ${places([stranger])} of context ${context} follows another repository: ${repositoryOf(stranger) ?? 'none'}, and this is ${repository}`,
      { hint: 'wrong --context, or wrong folder: edgeseal -C DIRECTORY ...' },
    );
  }
  const others = objects.length === 0 ? '' : `; there are: ${places(objects)}`;
  throw new EdgesealError(
    'kube-not-found',
    `context ${context} has no RegionSync${region === undefined ? '' : ` of ${region}`}${others}`,
    { hint: `edgeseal install ${region ?? 'REGION'} ${flags}` },
  );
}

/** The repository that a RegionSync says it follows. */
export function repositoryOf({ spec }: RegionSyncObject): string | undefined {
  const id = (spec as { repository?: unknown } | undefined)?.repository;
  return typeof id === 'string' ? id : undefined;
}
