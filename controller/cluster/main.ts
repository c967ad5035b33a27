import { secondsOf } from '../../core/format/schema.ts';
import { EdgesealError } from '../../core/errors.ts';
import { inCluster } from '../../core/kube/in-cluster.ts';
import { listenOf } from '../config.ts';
import type { Settings } from '../config.ts';
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
const usualListen = { host: '0.0.0.0', port: 9797 };

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
  const own = env['EDGESEAL_LISTEN'];
  let server: StatusServer | undefined;
  let place: Settings['listen'];
  const supervisor = new Supervisor({
    name,
    namespace: options.namespace ?? namespace,
    endpoint: { ...endpoint, answered: (status) => counters.kubeAnswered(status) },
    lease: leaseTimes(seconds * 1000),
    env,
    counters,
    log,
    signal,
    serve,
  });

  const open = async (at: { host: string; port: number }): Promise<StatusServer> =>
    StatusServer.listen(at, {
      status: () => supervisor.status,
      counters,
      isAlive: () => supervisor.isAlive,
      unready: () => supervisor.unready,
      isLeading: () => supervisor.isLeading,
      issuedAt: () => supervisor.issuedAt,
    });

  async function serve(wanted: Settings['listen']): Promise<void> {
    const at = (own === undefined ? wanted : listenOf(own)) ?? usualListen;
    if (at.host === place?.host && at.port === place.port) return;
    const before = place;
    await server?.close();
    try {
      server = await open(at);
    } catch (error) {
      // Without a page that says it lives, it would be restarted for a slip in a field.
      if (before !== undefined) server = await open(before);
      throw error;
    }
    place = at;
    log.info('listening', { host: at.host, port: server.port });
  }

  // Before anything is known: a pod has to say that it lives.
  await serve(undefined);
  log.info('cluster', { namespace, server: endpoint.url });
  try {
    await supervisor.run();
  } finally {
    await server?.close();
    log.info('ended');
  }
}
