import type { FollowedRegion } from './region-sync.ts';
import type { Cluster } from './open.ts';

/** A leader renews its Lease every few seconds; one that is restarted, or moved to another node, needs a moment. */
const patienceMs = 120_000;

/**
 * Since when no controller has renewed its Lease. A status is as old as the controller that wrote it: without this, a
 * controller that is gone would look as good as on its last day.
 *
 * @returns undefined while one does, or where that cannot be told
 */
export async function silentSince(
  { client }: Cluster,
  { namespace, region }: FollowedRegion,
): Promise<string | undefined> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/edgeseal-${region}`;
  try {
    const response = await client.open('GET', path);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    if (response.statusCode !== 200) return undefined;
    const lease = JSON.parse(Buffer.concat(chunks).toString()) as {
      spec?: { renewTime?: string | null };
    };
    const renewed = lease.spec?.renewTime ?? '';
    // By the API server's clock: the one here may be wrong, and the Lease's is no further from it than a node's.
    const now = Date.parse(response.headers.date ?? '') || Date.now();
    return now - Date.parse(renewed) > patienceMs ? renewed : undefined;
  } catch {
    // It is one more thing to know, not what was asked for: who may not read Leases sees all the rest.
    return undefined;
  }
}
