import { secondsOf } from '../../core/format/schema.ts';
import { EdgesealError } from '../../core/errors.ts';
import { inCluster } from '../../core/kube/in-cluster.ts';
import { listenOf } from '../config.ts';
import { Counters } from '../status/counters.ts';
import { openLog } from '../status/log.ts';
import { StatusServer } from '../status/server.ts';
import { leaseTimes } from './lease.ts';
import { Supervisor } from './supervisor.ts';

/** How a controller is run in a cluster. */
export interface ClusterRunOptions {
  /** Of the RegionSync. */
  name: string;
  /** Where it lies; default: the pod's own namespace. */
  namespace?: string | undefined;
  /** A duration such as 15s. */
  leaseDuration?: string | undefined;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  write?: (line: string) => void;
}

/** Where health and metrics are served before the RegionSync says otherwise, and where it says nothing. */
const usualListen = '0.0.0.0:9797';

/**
 * Runs the controller of a RegionSync object until it is told to stop.
 *
 * @throws EdgesealError `kube-config` outside of a pod, `input-usage` for an address that cannot be listened on
 */
export async function runInCluster(options: ClusterRunOptions): Promise<void> {
  const { env, name, signal } = options;
  const { endpoint, namespace } = inCluster(env, env['EDGESEAL_SERVICE_ACCOUNT_DIR']);
  const counters = new Counters();
  const log = await openLog({ region: name }, options.write);
  const seconds = secondsOf(options.leaseDuration ?? '15s');
  if (!(seconds > 0)) {
    throw new EdgesealError('input-usage', 'the lease has no duration such as 15s', {
      field: '--lease-duration',
    });
  }
  const supervisor = new Supervisor({
    name,
    namespace: options.namespace ?? namespace,
    endpoint: { ...endpoint, answered: (status) => counters.kubeAnswered(status) },
    lease: leaseTimes(seconds * 1000),
    env,
    counters,
    log,
    signal,
  });
  const listen = listenOf(env['EDGESEAL_LISTEN'] ?? usualListen);
  const server =
    listen === undefined
      ? undefined
      : await StatusServer.listen(listen, {
          status: () => supervisor.status,
          counters,
          isAlive: () => supervisor.isAlive,
          unready: () => supervisor.unready,
          isLeading: () => supervisor.isLeading,
          issuedAt: () => supervisor.issuedAt,
        });
  log.info('cluster', { namespace, server: endpoint.url, port: server?.port });
  try {
    await supervisor.run();
  } finally {
    await server?.close();
    log.info('ended');
  }
}
