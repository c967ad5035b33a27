import { createHash } from 'node:crypto';
import { canonicalBytes } from '../../core/format/canonical-json.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { listAll } from '../../core/kube/watch.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { Leftover } from './leftover.ts';
import { collectionPath } from './resource.ts';

/**
 * Finds the Secrets that a region's controller has made, by the annotation that binds each to repository, region,
 * namespace and name: labels can be copied, and a copy belongs to whoever made it. Values are not asked for.
 */
export async function ownedSecrets(
  client: KubeClient,
  scope: { repository: string; region: string },
): Promise<Leftover[]> {
  const labelSelector = `app.kubernetes.io/managed-by=edgeseal,edgeseal.dev/region=${scope.region}`;
  const path = collectionPath('Secret');
  const { items } = await listAll<KubeObject>(client, { path, labelSelector, metadataOnly: true });
  return items.flatMap(({ metadata }) => {
    const { namespace = '', name, uid, annotations = {} } = metadata;
    const bound = canonicalBytes({ ...scope, namespace, name });
    const owner = createHash('sha256').update(bound).digest('hex').slice(0, 32);
    if (annotations['edgeseal.dev/owner'] !== owner) return [];
    return [{ kind: 'Secret', metadata: { namespace, name, uid } }];
  });
}
