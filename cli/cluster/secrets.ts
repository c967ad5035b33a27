import { createHash } from 'node:crypto';
import { canonicalBytes } from '../../core/format/canonical-json.ts';
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
    labelSelector: `edgeseal.dev/region=${region}`,
    metadataOnly: true,
  };
  try {
    const versions = new Map<string, number>();
    for (const { metadata } of (await listAll<KubeObject>(client, target)).items) {
      const { namespace = '', name, annotations = {} } = metadata;
      const version = Number(annotations['edgeseal.dev/version']);
      const owner = ownerOf(spec.repository, region, namespace, name);
      // A label and a version are easily copied; what is not ours has no version.
      if (annotations['edgeseal.dev/owner'] === owner && Number.isSafeInteger(version))
        versions.set(`${namespace}/${name}`, version);
    }
    return versions;
  } catch (error) {
    if (isKubeStatus(error, 401, 403)) return undefined;
    throw error;
  }
}

/** The annotation by which a controller knows its own Secret. */
function ownerOf(repository: string, region: string, namespace: string, name: string): string {
  const bound = canonicalBytes({ repository, region, namespace, name });
  return createHash('sha256').update(bound).digest('hex').slice(0, 32);
}
