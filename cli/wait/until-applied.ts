import { EdgesealError } from '../../core/errors.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import { watchAll } from '../../core/kube/watch.ts';
import type { WatchHandler } from '../../core/kube/watch.ts';
import { explained } from '../cluster/fault.ts';
import type { Cluster } from '../cluster/open.ts';
import { followedRegion, regionSyncsPath } from '../cluster/region-sync.ts';
import type { FollowedRegion, RegionSyncObject } from '../cluster/region-sync.ts';
import type { Standing } from './standing.ts';

/** How a wait ends. */
export interface Outcome {
  result: 'applied' | 'refused' | 'timeout';
  standing: Standing;
}

interface Watching {
  cluster: Cluster;
  /** Where the RegionSync lies. */
  namespace: string;
  region: string;
  timeoutMs: number;
  judge: (followed: FollowedRegion) => Promise<Standing>;
  say: (standing: Standing) => void;
  /** The API server is away; the watch goes on by itself. */
  away: (error: unknown) => void;
}

/**
 * Watches a RegionSync until it says that what is waited for is applied, or never will be.
 *
 * @throws EdgesealError `kube-not-found` where the RegionSync goes away, `kube-forbidden`, and what `judge` throws
 */
export async function untilApplied(watching: Watching): Promise<Outcome> {
  const { cluster, namespace, region, timeoutMs, judge, say, away } = watching;
  const stop = new AbortController();
  let latest: RegionSyncObject | undefined;
  let standing: Standing | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();

  let isJudging = false;
  // Judging may take a fetch: of what changes meanwhile, only the last counts.
  const judgeLatest = async (): Promise<void> => {
    if (isJudging) return;
    isJudging = true;
    while (latest !== undefined && !stop.signal.aborted) {
      const object = latest;
      latest = undefined;
      standing = await judge(followedRegion(cluster, object));
      say(standing);
      if (standing.lacking.length === 0) resolve({ result: 'applied', standing });
      else if (standing.hopeless.length > 0) resolve({ result: 'refused', standing });
    }
    isJudging = false;
  };
  const changed = (object: RegionSyncObject): void => {
    latest = object;
    judgeLatest().catch(reject);
  };
  const gone = (): void => {
    reject(
      new EdgesealError(
        'kube-not-found',
        `the RegionSync of ${region} is not in namespace ${namespace} of context ${cluster.context} any more`,
        { hint: `edgeseal install ${region} ${cluster.flags}` },
      ),
    );
  };
  const handler: WatchHandler<RegionSyncObject> = {
    listed: ([object]) => {
      if (object === undefined) gone();
      else changed(object);
    },
    changed,
    removed: gone,
    failed: (error) => {
      if (isKubeStatus(error, 401, 403, 404)) reject(explained(error, cluster, namespace));
      else away(explained(error, cluster, namespace));
    },
  };
  const target = {
    path: regionSyncsPath(namespace),
    fieldSelector: `metadata.name=${region}`,
  };
  const timer = setTimeout(() => {
    if (standing !== undefined) resolve({ result: 'timeout', standing });
    else
      reject(
        new EdgesealError(
          'kube-unreachable',
          `context ${cluster.context}: the API server has said nothing of ${region} in time`,
          { hint: `see whether this works: kubectl ${cluster.flags} version` },
        ),
      );
  }, timeoutMs);
  const watch = watchAll<RegionSyncObject>(cluster.client, target, handler, stop.signal);
  watch.catch(reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    stop.abort();
    await watch.catch(() => undefined);
  }
}
