import { keySecretOf, labelsOf, metadataOf } from './manifest.ts';
import type { Manifest, Parts } from './manifest.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const read = ['get', 'list', 'watch'];

/** Who the controller is, and what it may do; docs/guides/cluster.md says why for each rule. */
export function rbac(parts: Parts): Manifest[] {
  const { name, namespace, values } = parts;
  const labels = labelsOf(parts);
  const clusterWide = { name, labels };
  const secretWriter = `${name}-secrets`;
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const binding = (kind: string, roleKind: string, role: string): Omit<Manifest, 'metadata'> => ({
    apiVersion,
    kind,
    roleRef: { apiGroup, kind: roleKind, name: role },
    subjects,
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: metadataOf(parts),
      automountServiceAccountToken: false,
    },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: clusterWide,
      rules: [
        { apiGroups: [''], resources: ['namespaces'], verbs: read },
        { apiGroups: ['edgeseal.dev'], resources: ['edgesecrets'], verbs: read },
        {
          apiGroups: ['edgeseal.dev'],
          resources: ['edgesecrets/status'],
          verbs: ['get', 'update', 'patch'],
        },
        // Whether objects are gone one by one, or all of them with their definition.
        {
          apiGroups: ['apiextensions.k8s.io'],
          resources: ['customresourcedefinitions'],
          resourceNames: ['edgesecrets.edgeseal.dev'],
          verbs: ['get'],
        },
        {
          apiGroups: ['', 'events.k8s.io'],
          resources: ['events'],
          verbs: ['create', 'patch', 'update'],
        },
      ],
    },
    { ...binding('ClusterRoleBinding', 'ClusterRole', name), metadata: clusterWide } as Manifest,
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: secretWriter, labels },
      rules: [
        {
          apiGroups: [''],
          resources: ['secrets'],
          verbs: [...read, 'create', 'update', 'patch', 'delete'],
        },
      ],
    },
    ...(values.namespaces.length === 0
      ? [
          {
            ...binding('ClusterRoleBinding', 'ClusterRole', secretWriter),
            metadata: { name: secretWriter, labels },
          } as Manifest,
        ]
      : values.namespaces.map(
          (target) =>
            ({
              ...binding('RoleBinding', 'ClusterRole', secretWriter),
              metadata: { name: secretWriter, namespace: target, labels },
            }) as Manifest,
        )),
    { apiVersion, kind: 'Role', metadata: metadataOf(parts), rules: ownNamespace(parts) },
    { ...binding('RoleBinding', 'Role', name), metadata: metadataOf(parts) } as Manifest,
  ];
}

/** Rights in the controller's own namespace. */
function ownNamespace({ values }: Parts): unknown[] {
  const secrets = new Set([
    keySecretOf(values),
    ...values.mirrors.flatMap(({ auth }) => auth?.secret?.name ?? []),
  ]);
  return [
    { apiGroups: ['edgeseal.dev'], resources: ['regionsyncs'], verbs: read },
    {
      apiGroups: ['edgeseal.dev'],
      resources: ['regionsyncs/status'],
      verbs: ['get', 'update', 'patch'],
    },
    // The mark, and the floors of objects: never deleted, since they are what replays are measured against.
    {
      apiGroups: [''],
      resources: ['configmaps'],
      verbs: ['get', 'create', 'update', 'patch'],
    },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: ['get', 'create', 'update', 'patch'],
    },
    { apiGroups: [''], resources: ['secrets'], resourceNames: [...secrets], verbs: read },
    // To note that the key was used, which outlives store and mark.
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: [keySecretOf(values)],
      verbs: ['patch'],
    },
    ...(values.keys.secret.generate
      ? [{ apiGroups: [''], resources: ['secrets'], verbs: ['create'] }]
      : []),
  ];
}
