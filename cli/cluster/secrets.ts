import {
  bindingOf,
  ownerAnnotation,
  regionLabel,
  versionAnnotation,
} from '../../core/format/ownership.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import { listAll } from '../../core/kube/watch.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { Cluster } from './open.ts';
import type { FollowedRegion } from './region-sync.ts';

/**
 * Versions of the Secrets that a region's controller has written, by `namespace/name`, from their metadata alone: no
 * value is asked for.
 *
 * @returns undefined where one may not list Secrets; few people should
 */
export async function writtenVersions(
  { client }: Cluster,
  { region, spec }: FollowedRegion,
): Promise<ReadonlyMap<string, number> | undefined> {
  const target = {
    path: '/api/v1/secrets',
    labelSelector: `${regionLabel}=${region}`,
    metadataOnly: true,
  };
  try {
    const versions = new Map<string, number>();
    for (const { metadata } of (await listAll<KubeObject>(client, target)).items) {
      const { namespace = '', name, annotations = {} } = metadata;
      const version = Number(annotations[versionAnnotation]);
      const owner = bindingOf({ repository: spec.repository, region }, namespace, name);
      // A label and a version are easily copied; what is not ours has no version.
      if (annotations[ownerAnnotation] === owner && Number.isSafeInteger(version))
        versions.set(`${namespace}/${name}`, version);
    }
    return versions;
  } catch (error) {
    if (isKubeStatus(error, 401, 403)) return undefined;
    throw error;
  }
}
