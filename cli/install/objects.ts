import type { InstallValues } from '../../core/format/install-values.ts';
import { apiVersion } from '../../core/format/schema.ts';
import { keySecretOf, metadataOf, partsOf, port, withoutUndefined } from './manifest.ts';
import type { Manifest, Parts } from './manifest.ts';
import { network } from './network.ts';
import { rbac } from './rbac.ts';
import { directoryPath, storePath, workload } from './workload.ts';

/** Everything of one region's controller but the CRDs and the namespace, in the order in which it is applied. */
export function controllerObjects(values: InstallValues, namespace: string): Manifest[] {
  const parts = partsOf(values, namespace);
  const all = [...rbac(parts), ...network(parts), regionSync(parts), workload(parts)];
  return all.map((manifest) => withoutUndefined(manifest) as unknown as Manifest);
}

/** The controller's namespace, and what its pods may be. */
export function namespaceObject({ kind }: InstallValues, name: string): Manifest {
  // Folders of the node are forbidden on every level but this one.
  const level = kind === 'DaemonSet' ? 'privileged' : 'restricted';
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/name': 'edgeseal',
        'pod-security.kubernetes.io/enforce': level,
      },
    },
  };
}

/** The RegionSync; what an operator may change of it by hand, such as `suspend`, is left alone. */
function regionSync(parts: Parts): Manifest {
  const { values } = parts;
  const { repository, region, root, floor, mirrors, interval, staleAfter, objects } = values;
  const { secret } = values.keys;
  const name = keySecretOf(values);
  return {
    apiVersion,
    kind: 'RegionSync',
    metadata: { ...metadataOf(parts), name: region },
    spec: {
      repository,
      region,
      root,
      floor: floor.root === undefined ? undefined : floor,
      mirrors,
      interval: interval === '' ? undefined : interval,
      staleAfter: staleAfter === '' ? undefined : staleAfter,
      keys: { secret: secret.generate ? { name, generate: true } : { name } },
      target: { kubernetes: kubernetesTarget(values), directory: directoryTarget(values) },
      store: storePath,
      listen: `0.0.0.0:${port}`,
      limits: values.limits,
      objects: objects.namespaces.length === 0 ? undefined : objects,
    },
  };
}

function kubernetesTarget({ namespaces }: InstallValues): unknown {
  // Not an empty map for "all": a server-side apply that takes the last field out of one leaves null, which is refused.
  return { namespaces: namespaces.length === 0 ? ['*'] : namespaces };
}

function directoryTarget({ kind, daemonSet }: InstallValues): unknown {
  if (kind !== 'DaemonSet') return undefined;
  const { owner, group, mode } = daemonSet;
  return {
    path: directoryPath,
    owner: owner < 0 ? undefined : owner,
    group: group < 0 ? undefined : group,
    mode,
  };
}
