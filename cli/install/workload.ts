import type { InstallValues } from '../../core/format/install-values.ts';
import { labelsOf, metadataOf, port } from './manifest.ts';
import type { Manifest, Parts } from './manifest.ts';

/** Where the pod has what it keeps, and the directory that a DaemonSet writes. */
export const storePath = '/var/lib/edgeseal';
export const directoryPath = '/var/cache/secrets';

/** The Deployment or DaemonSet. */
export function workload(parts: Parts): Manifest {
  const { kind, replicas, store } = parts.values;
  const labels = labelsOf(parts);
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: metadataOf(parts),
    spec: {
      ...(kind === 'Deployment' ? { replicas } : {}),
      // A volume that one node holds is not free for the next pod before the last one is gone.
      ...(store.claim === '' ? {} : { strategy: { type: 'Recreate' } }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(parts) },
    },
  };
}

function podSpec(parts: Parts): unknown {
  const { name, values } = parts;
  const { kind, imagePullSecrets, priorityClassName, nodeSelector, tolerations } = values;
  return {
    serviceAccountName: name,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    ...(imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret })) }),
    ...(priorityClassName === '' ? {} : { priorityClassName }),
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
    ...(tolerations.length === 0 ? {} : { tolerations }),
    ...(kind === 'Deployment'
      ? {
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              // An edge cluster may well have one node.
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: labelsOf(parts) },
            },
          ],
        }
      : {}),
    securityContext: podSecurity(values),
    containers: [container(values)],
    volumes: volumes(values),
  };
}

/** A folder of the node belongs to root, so only root can write it; a Deployment has nothing to do with the node. */
function podSecurity({ kind }: InstallValues): unknown {
  const seccompProfile = { type: 'RuntimeDefault' };
  return kind === 'DaemonSet'
    ? { runAsUser: 0, runAsGroup: 0, seccompProfile }
    : { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile };
}

function container(values: InstallValues): unknown {
  const { region, image, imagePullPolicy, resources, env, kind } = values;
  const field = (name: string, fieldPath: string): unknown => ({
    name,
    valueFrom: { fieldRef: { fieldPath } },
  });
  const probe = (path: string): unknown => ({ httpGet: { path, port: 'http' } });
  const { owner, group } = values.daemonSet;
  // Root without these cannot give a file away, nor write where it has given a folder away.
  const givesAway = kind === 'DaemonSet' && (owner >= 0 || group >= 0);
  return {
    name: 'controller',
    image,
    imagePullPolicy,
    args: ['--region-sync', region],
    env: [
      field('POD_NAMESPACE', 'metadata.namespace'),
      field('POD_NAME', 'metadata.name'),
      field('NODE_NAME', 'spec.nodeName'),
      ...encryptionKey(values),
      ...env,
    ],
    ports: [{ name: 'http', containerPort: port }],
    livenessProbe: {
      ...(probe('/healthz') as object),
      initialDelaySeconds: 10,
      periodSeconds: 20,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    readinessProbe: { ...(probe('/readyz') as object), periodSeconds: 5, timeoutSeconds: 5 },
    resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: {
        drop: ['ALL'],
        ...(givesAway ? { add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'] } : {}),
      },
    },
    volumeMounts: [
      { name: 'store', mountPath: storePath },
      { name: 'tmp', mountPath: '/tmp' },
      ...(kind === 'DaemonSet' ? [{ name: 'directory', mountPath: directoryPath }] : []),
    ],
  };
}

/** As the requirement's DaemonSet has it; the item `previous` is there only while the key is exchanged. */
function encryptionKey({ encryptionKey: { secret, key } }: InstallValues): unknown[] {
  if (secret === '') return [];
  const from = (name: string, ref: object): unknown => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, ...ref } },
  });
  return [
    from('ENCRYPTION_KEY', { key }),
    from('ENCRYPTION_KEY_PREVIOUS', { key: 'previous', optional: true }),
  ];
}

function volumes({ kind, store, daemonSet }: InstallValues): unknown[] {
  const folder = (path: string): unknown => ({ path, type: 'DirectoryOrCreate' });
  const tmp = { name: 'tmp', emptyDir: {} };
  if (kind === 'DaemonSet') {
    return [
      { name: 'store', hostPath: folder(daemonSet.cache) },
      tmp,
      { name: 'directory', hostPath: folder(daemonSet.directory) },
    ];
  }
  const kept = store.claim === '' ? { emptyDir: {} } : claim(store.claim);
  return [{ name: 'store', ...kept }, tmp];
}

function claim(claimName: string): object {
  return { persistentVolumeClaim: { claimName } };
}
