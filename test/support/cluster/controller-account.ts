import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './client.ts';

/** The rights that the chart gives a region's controller, and a token for them. */
export interface ControllerAccount {
  /** Its own namespace. */
  namespace: string;
  token: string;
}

/** What the target needs; nothing of it is wider. */
export const clusterRules = [
  {
    apiGroups: [''],
    resources: ['secrets'],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
];
export const ownRules = (region: string): object[] => [
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: [`edgeseal-mark-${region}`],
    verbs: ['get', 'update'],
  },
];

/** Makes a namespace and a service account as a controller has them in a cluster. */
export async function controllerAccount(
  cluster: Cluster,
  region: string,
): Promise<ControllerAccount> {
  const namespace = await cluster.createNamespace('edgeseal');
  const token = await cluster.serviceAccountToken(namespace, 'controller');
  const rbac = 'rbac.authorization.k8s.io';
  const make = async (place: string, kind: string, name: string, rest: object): Promise<void> => {
    const path = `/apis/${rbac}/v1${place}/${kind.toLowerCase()}s`;
    const body = { apiVersion: `${rbac}/v1`, kind, metadata: { name }, ...rest };
    const { status } = await cluster.request('POST', path, body);
    if (status !== 201) throw new Error(`${kind} ${name}: ${status}`);
  };
  const subjects = [{ kind: 'ServiceAccount', name: 'controller', namespace }];
  const roleRef = (kind: string) => ({ apiGroup: rbac, kind, name: namespace });
  const own = `/namespaces/${namespace}`;
  await make('', 'ClusterRole', namespace, { rules: clusterRules });
  await make('', 'ClusterRoleBinding', namespace, { roleRef: roleRef('ClusterRole'), subjects });
  await make(own, 'Role', namespace, { rules: ownRules(region) });
  await make(own, 'RoleBinding', namespace, { roleRef: roleRef('Role'), subjects });
  await untilAllowed(cluster, token);
  return { namespace, token };
}

/** The authorizer learns of new rights by a watch, a moment later. */
async function untilAllowed(cluster: Cluster, token: string): Promise<void> {
  for (;;) {
    const { status } = await cluster.request('GET', '/api/v1/secrets?limit=1', undefined, {
      token,
    });
    if (status === 200) return;
    await sleep(20);
  }
}
