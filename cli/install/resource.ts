import { EdgesealError } from '../../core/errors.ts';
import type { Manifest } from './manifest.ts';

/** Where the API has the objects of one kind. */
interface Resource {
  /** Up to the collection or its namespace. */
  root: string;
  plural: string;
  namespaced: boolean;
}

const at = (group: string, version: string, plural: string, namespaced = true): Resource => ({
  root: group === '' ? `/api/${version}` : `/apis/${group}/${version}`,
  plural,
  namespaced,
});

const rbac = 'rbac.authorization.k8s.io';

/** All kinds that an installation consists of. */
const resources: Record<string, Resource> = {
  Namespace: at('', 'v1', 'namespaces', false),
  CustomResourceDefinition: at('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', false),
  Secret: at('', 'v1', 'secrets'),
  ServiceAccount: at('', 'v1', 'serviceaccounts'),
  Service: at('', 'v1', 'services'),
  ClusterRole: at(rbac, 'v1', 'clusterroles', false),
  ClusterRoleBinding: at(rbac, 'v1', 'clusterrolebindings', false),
  Role: at(rbac, 'v1', 'roles'),
  RoleBinding: at(rbac, 'v1', 'rolebindings'),
  NetworkPolicy: at('networking.k8s.io', 'v1', 'networkpolicies'),
  PodDisruptionBudget: at('policy', 'v1', 'poddisruptionbudgets'),
  RegionSync: at('edgeseal.dev', 'v1alpha1', 'regionsyncs'),
  Deployment: at('apps', 'v1', 'deployments'),
  DaemonSet: at('apps', 'v1', 'daemonsets'),
  Pod: at('', 'v1', 'pods'),
};

/**
 * The kinds whose objects belong to one region, in the order in which they are removed: first what runs, last what it
 * may do, so that a controller that is still there does not lose its rights half way.
 */
export const ownedKinds = [
  'Deployment',
  'DaemonSet',
  'PodDisruptionBudget',
  'RegionSync',
  'Service',
  'NetworkPolicy',
  'RoleBinding',
  'Role',
  'ClusterRoleBinding',
  'ClusterRole',
  'ServiceAccount',
];

/** Path of a kind's objects: in one namespace, or in all. */
export function collectionPath(kind: string, namespace?: string): string {
  const resource = resources[kind];
  if (resource === undefined) throw new EdgesealError('internal', `where is ${kind}?`);
  const { root, plural, namespaced } = resource;
  return namespaced && namespace !== undefined
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
    : `${root}/${plural}`;
}

/** Path of one object. */
export function objectPath({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string {
  return `${collectionPath(kind, metadata.namespace)}/${encodeURIComponent(metadata.name)}`;
}

/** An object as messages call it. */
export function nameOf({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string {
  const { namespace, name } = metadata;
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
