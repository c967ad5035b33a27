import { EdgesealError } from '../../core/errors.ts';
import { patchTypes } from '../../core/kube/client.ts';
import { explained } from '../cluster/fault.ts';
import { openContext } from '../cluster/open.ts';
import type { Cluster, ClusterOptions } from '../cluster/open.ts';
import { followedRegion, readRegionSyncs, regionSyncsPath } from '../cluster/region-sync.ts';
import type { RegionSyncObject } from '../cluster/region-sync.ts';
import type { Io } from '../terminal/io.ts';
import type { WaitingController } from './waiting.ts';

/** Whose fields `edgeseal install` calls its own: a floor that somebody else has set would be a conflict for it. */
const installer = 'edgeseal-install';

/** Opens the RegionSync of a region in a cluster. @throws EdgesealError `kube-*`, `format-schema` */
export async function controllerOfCluster(
  io: Io,
  region: string,
  options: ClusterOptions,
): Promise<WaitingController> {
  const cluster = await openContext(io, options);
  try {
    return controllerOf(cluster, await objectOf(cluster, region, options.namespace), region);
  } catch (error) {
    cluster.client.close();
    throw error;
  }
}

async function objectOf(
  cluster: Cluster,
  region: string,
  wanted: string | undefined,
): Promise<RegionSyncObject> {
  const all = await readRegionSyncs(cluster, wanted);
  const [object, second] = all.filter(({ metadata }) => metadata.name === region);
  if (object === undefined) {
    const there = all.map(({ metadata }) => metadata.name).join(', ');
    throw new EdgesealError(
      'kube-not-found',
      `context ${cluster.context} has no RegionSync of ${region}${there === '' ? '' : `; there are: ${there}`}`,
      { hint: 'wrong --context? contexts: kubectl config get-contexts' },
    );
  }
  if (second !== undefined) {
    throw new EdgesealError(
      'kube-conflict',
      `context ${cluster.context} has several RegionSyncs of ${region}`,
      { hint: `say which one: --namespace ${object.metadata.namespace ?? ''}` },
    );
  }
  return object;
}

function controllerOf(
  cluster: Cluster,
  object: RegionSyncObject,
  region: string,
): WaitingController {
  const { spec, status, namespace, generation } = followedRegion(cluster, object);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return {
    spec,
    ready: ready === undefined ? undefined : { reason: ready.reason, message: ready.message },
    isFollowing: status?.snapshot !== undefined && status.snapshot !== null,
    place: `context ${cluster.context}, namespace ${namespace}`,
    write: async (floor) => {
      try {
        await write(cluster, object, namespace, floor);
      } catch (error) {
        throw explained(error, cluster, namespace);
      }
    },
    after: undefined,
    again: async () => {
      const next = await objectOf(cluster, region, namespace);
      const { observedGeneration = 0 } = (next.status ?? {}) as { observedGeneration?: number };
      return observedGeneration > generation ? controllerOf(cluster, next, region) : undefined;
    },
    close: () => cluster.client.close(),
  };
}

async function write(
  { client }: Cluster,
  object: RegionSyncObject,
  namespace: string,
  floor: object,
): Promise<void> {
  const path = `${regionSyncsPath(namespace)}/${object.metadata.name}`;
  const live = (await client.request('GET', path)) as RegionSyncObject;
  const owned = ownedBy(live, installer);
  if (owned === undefined) {
    // Not installed by this program: a patch of this one field, as a person would make it. All of it, and nothing left.
    const body = { spec: { floor: { renewed: null, ...floor } } };
    const query = { fieldManager: 'edgeseal-renew-floor' };
    await client.request('PATCH', path, { body, contentType: patchTypes.merge, query });
    return;
  }
  const { apiVersion, kind } = live as unknown as { apiVersion: string; kind: string };
  const { name } = live.metadata;
  const own = owned as { metadata?: object; spec?: object };
  const body = {
    ...own,
    apiVersion,
    kind,
    metadata: { ...own.metadata, name, namespace },
    spec: { ...own.spec, floor },
  };
  const query = { fieldManager: installer, fieldValidation: 'Strict', force: true };
  await client.request('PATCH', path, { body, contentType: patchTypes.apply, query });
}

type Fields = { [key: string]: Fields };

/** The fields of an object that a manager has applied; undefined where it has applied none. */
function ownedBy(object: RegionSyncObject, manager: string): unknown {
  const { managedFields = [] } = object.metadata as {
    managedFields?: {
      manager: string;
      operation: string;
      subresource?: string;
      fieldsV1?: Fields;
    }[];
  };
  const entry = managedFields.find(
    (one) => one.manager === manager && one.operation === 'Apply' && one.subresource === undefined,
  );
  return entry?.fieldsV1 === undefined ? undefined : pick(object, entry.fieldsV1);
}

/** What `fieldsV1` names: `f:` is a field; a RegionSync has no list of which single entries could be owned. */
function pick(value: unknown, fields: Fields): unknown {
  const names = Object.keys(fields).filter((key) => key.startsWith('f:'));
  if (names.length === 0 || typeof value !== 'object' || value === null) return value;
  const all = value as Record<string, unknown>;
  return Object.fromEntries(
    names.flatMap((key) => {
      const name = key.slice(2);
      return name in all ? [[name, pick(all[name], fields[key] ?? {})]] : [];
    }),
  );
}
