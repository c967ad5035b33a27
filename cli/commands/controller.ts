import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { printable } from '../../core/git/mirror.ts';
import type { Status } from '../../controller/status/status.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';

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
    if (!once) return exitCodes.ok;
    const [code, why] = outcomeOf(status);
    if (code !== exitCodes.ok) io.stderr.write(`edgeseal: ${printable(why, 1000)}\n`);
    return code;
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  }
}

/** What `--once` ends with, and why. */
function outcomeOf({ conditions, mirrors, secrets, pruning }: Status): [number, string] {
  const is = (type: string): Status['conditions'][number] | undefined =>
    conditions.find((condition) => condition.type === type);
  const [ready, verified, reachable, degraded] = [
    is('Ready'),
    is('Verified'),
    is('Reachable'),
    is('Degraded'),
  ];
  const by = (code: number, condition = ready): [number, string] => {
    const { type = '', reason = '', message = '' } = condition ?? {};
    return [code, `${type} is ${condition?.status ?? ''}, ${reason}: ${message}`];
  };
  const ofMirrors = mirrors
    .filter(({ message }) => message !== undefined)
    .map(({ name, state, message }) => `; mirror ${name} is ${state}: ${message ?? ''}`);
  if (ready?.reason === 'FloorNeeded' || ready?.reason === 'StoreBehind')
    return by(exitCodes.trust);
  if (ready?.reason === 'TargetUnreachable') return by(exitCodes.kube);
  if (ready?.reason.startsWith('Store') === true || ready?.reason === 'TargetFailed')
    return by(exitCodes.store);
  if (verified?.status === 'False') return by(exitCodes.trust, verified);
  if (reachable?.status !== 'True') return by(exitCodes.git, reachable);
  if (ready?.status !== 'True' && ready?.reason !== 'NothingApplied') {
    const [code, why] = by(exitCodes.git);
    return [code, `${why}${ofMirrors.join('')}`];
  }
  if (degraded?.reason === 'Alarm') return by(exitCodes.trust, degraded);
  const worst = ready.status === 'True' ? degraded : ready;
  const has = (reason: string): boolean => secrets.failed.some((one) => one.reason === reason);
  if (has('NoKey')) return by(exitCodes.key, worst);
  // What fails on the target's disk is the disk's fault, as a store's is.
  if (has('TargetFailed')) return by(exitCodes.store, worst);
  if (secrets.failing > 0 || pruning.pending > 0) return by(exitCodes.findings, worst);
  return by(exitCodes.ok);
}
