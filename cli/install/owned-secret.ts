import {
  bindingOf,
  managedByLabel,
  managedByUs,
  ownerAnnotation,
  regionLabel,
} from '../../core/format/ownership.ts';
import type { Scope } from '../../core/format/ownership.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { listAll } from '../../core/kube/watch.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { Leftover } from './leftover.ts';
import { collectionPath } from './resource.ts';

/**
 * Finds the Secrets that a region's controller has made, by the annotation that binds each to repository, region,
 * namespace and name: labels can be copied, and a copy belongs to whoever made it. Values are not asked for.
 */
export async function ownedSecrets(client: KubeClient, scope: Scope): Promise<Leftover[]> {
  const labelSelector = `${managedByLabel}=${managedByUs},${regionLabel}=${scope.region}`;
  const path = collectionPath('Secret');
  const { items } = await listAll<KubeObject>(client, { path, labelSelector, metadataOnly: true });
  return items.flatMap(({ metadata }) => {
    const { namespace = '', name, uid, annotations = {} } = metadata;
    if (annotations[ownerAnnotation] !== bindingOf(scope, namespace, name)) return [];
    return [{ kind: 'Secret', metadata: { namespace, name, uid } }];
  });
}
