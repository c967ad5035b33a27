import { afterAll, describe, inject, it } from 'vitest';
import { findAssets, whyNoBuild } from '../../../tools/assets.ts';
import { Cluster } from './client.ts';
import type { ClusterAddress } from './client.ts';
import type {} from './shared.ts';
import { startCluster } from './start.ts';
import type { ClusterOptions, OwnCluster } from './start.ts';

/**
 * A suite that uses the cluster which all test files of a run share, with kube-controller-manager. It makes itself
 * namespaces by `createNamespace`, gives what is not in a namespace names of its own, and kills nothing.
 *
 * Skipped, by name, where the cluster's programs are not built; with CI set that is a failure.
 */
export function describeCluster(
  name: string,
  body: (cluster: Cluster) => void | Promise<void>,
): void {
  describeIfBuilt(name, async () => {
    const answer = await fetch(inject('clusterBroker'));
    if (!answer.ok) throw new Error(await answer.text());
    const cluster = new Cluster((await answer.json()) as ClusterAddress);
    afterAll(() => {
      cluster.disconnect();
    });
    await body(cluster);
  });
}

/** A suite with a cluster of its own, to kill, fill and break; otherwise like `describeCluster`. */
export function describeOwnCluster(
  name: string,
  options: ClusterOptions,
  body: (cluster: OwnCluster) => void | Promise<void>,
): void {
  describeIfBuilt(name, async () => {
    const cluster = await startCluster(options);
    afterAll(() => cluster.stop());
    await body(cluster);
  });
}

/** The cluster starts while vitest collects, which has no time limit, so that bodies get it ready and no test waits. */
function describeIfBuilt(name: string, body: () => Promise<void>): void {
  const { missing } = findAssets('cluster');
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  const why = `${missing.join(', ')} not built: ${whyNoBuild() ?? 'npm run assets builds them'}`;
  if (isSet(process.env['CI'])) throw new Error(`${name} needs a cluster: ${why}`);
  describe.skip(`${name} (${why})`, async () => {
    await fetch(inject('clusterBroker'), { method: 'POST', body: why });
    it('needs a cluster', () => undefined);
  });
}

const isSet = (value: string | undefined): boolean =>
  !['', 'false', '0', undefined].includes(value);
