import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import type { Status } from '../../controller/status/status.ts';
import { exitCodes } from '../exit-code.ts';
import type { Io } from '../io.ts';

interface ControllerOptions {
  config?: string;
  once?: boolean;
  regionSync?: string;
  namespace?: string;
  leaseDuration?: string;
}

const logTo =
  (io: Io) =>
  (line: string): void => {
    io.stdout.write(line);
  };

/** Runs a region's controller until a signal comes, or for one round. */
export async function run(io: Io, _args: string[], options: ControllerOptions): Promise<number> {
  const { config, once = false, regionSync } = options;
  if ((config === undefined) === (regionSync === undefined)) {
    throw new EdgesealError(
      'input-usage',
      'which RegionSync: a file, or an object of the cluster?',
      {
        hint: 'edgeseal controller --config /etc/edgeseal/region-sync.yaml, or in a pod: --region-sync NAME',
      },
    );
  }
  if (once && regionSync !== undefined) {
    throw new EdgesealError('input-usage', '--once is for a RegionSync file', {
      field: '--once',
      hint: 'see how far the controller of a cluster is: kubectl get regionsyncs -A',
    });
  }
  const { keepHeapSmall } = await import('../../controller/heap.ts');
  keepHeapSmall();
  const stop = new AbortController();
  const onSignal = (): void => {
    // From here on a second signal ends the process at once, as it would any.
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    stop.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  try {
    const { env } = io;
    const { signal } = stop;
    const write = io.stdout === process.stdout ? {} : { write: logTo(io) };
    if (config === undefined) {
      const { runInCluster } = await import('../../controller/cluster/main.ts');
      const { namespace, leaseDuration } = options;
      const name = regionSync ?? '';
      await runInCluster({ name, namespace, leaseDuration, env, signal, ...write });
      return exitCodes.ok;
    }
    const { runController } = await import('../../controller/main.ts');
    const file = resolve(io.cwd, config);
    const status = await runController({ config: file, env, once, signal, ...write });
    return once ? exitCodeOfStatus(status) : exitCodes.ok;
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  }
}

/** What `--once` ends with: 0 where a snapshot is verified and all of it is applied. */
function exitCodeOfStatus({ conditions, secrets, pruning }: Status): number {
  const is = (type: string): Status['conditions'][number] | undefined =>
    conditions.find((condition) => condition.type === type);
  const ready = is('Ready');
  if (ready?.reason === 'FloorNeeded') return exitCodes.trust;
  if (ready?.reason.startsWith('Store') === true || ready?.reason === 'TargetFailed')
    return ready.reason === 'StoreBehind' ? exitCodes.trust : exitCodes.store;
  if (is('Verified')?.status === 'False') return exitCodes.trust;
  if (is('Reachable')?.status !== 'True' || ready?.status !== 'True') return exitCodes.git;
  if (is('Degraded')?.reason === 'Alarm') return exitCodes.trust;
  if (secrets.failed.some(({ reason }) => reason === 'NoKey')) return exitCodes.key;
  return secrets.failing > 0 || pruning.pending > 0 ? exitCodes.findings : exitCodes.ok;
}
