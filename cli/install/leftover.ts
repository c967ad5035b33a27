import type { KubeClient } from '../../core/kube/client.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import { listAll } from '../../core/kube/watch.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { Manifest } from './manifest.ts';
import { collectionPath, nameOf, objectPath, ownedKinds } from './resource.ts';

/** An object of an installation, as far as one needs to remove it. */
export type Leftover = Pick<Manifest, 'kind' | 'metadata'> & { metadata: { uid: string } };

/**
 * Finds objects of a region's controller that are not wanted, such as the bindings of a namespace that was taken out, in
 * the order in which they are to be removed. Where a person may not list a kind, nothing of it is found.
 *
 * @param namespace the controller's: one of another installation is left alone
 * @param wanted what is to stay
 */
export async function leftovers(
  client: KubeClient,
  name: string,
  namespace: string,
  wanted: readonly Manifest[],
): Promise<Leftover[]> {
  const kept = new Set(wanted.map(nameOf));
  const labelSelector = `app.kubernetes.io/name=edgeseal,app.kubernetes.io/instance=${name}`;
  const found: Leftover[] = [];
  for (const kind of ownedKinds) {
    // Bindings lie where they give rights; all else beside the controller.
    const within = kind === 'RoleBinding' ? undefined : namespace;
    for (const object of await list(client, collectionPath(kind, within), labelSelector)) {
      const { name: own, namespace: in_, uid } = object.metadata;
      const place = in_ === undefined ? {} : { namespace: in_ };
      const leftover = { kind, metadata: { name: own, ...place, uid } };
      if (!kept.has(nameOf(leftover))) found.push(leftover);
    }
  }
  return found;
}

/** Removes what was found, and nothing that took its name since. */
export async function removeAll(client: KubeClient, found: readonly Leftover[]): Promise<void> {
  for (const leftover of found) {
    try {
      await client.request('DELETE', objectPath(leftover), {
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy: 'Background',
          preconditions: { uid: leftover.metadata.uid },
        },
      });
    } catch (error) {
      if (!isKubeStatus(error, 404, 409)) throw error;
    }
  }
}

async function list(
  client: KubeClient,
  path: string,
  labelSelector: string,
): Promise<KubeObject[]> {
  try {
    return (await listAll<KubeObject>(client, { path, labelSelector, metadataOnly: true })).items;
  } catch (error) {
    // 404: the kind is not there.
    if (isKubeStatus(error, 403, 404)) return [];
    throw error;
  }
}
