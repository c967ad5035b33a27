import { EdgesealError } from '../../core/errors.ts';
import type { KubeEndpoint } from '../../core/kube/client.ts';
import { matchesNamespace } from '../../core/policy/glob.ts';
import type { Settings } from '../config.ts';
import type { Gate } from './led.ts';
import type { Shares } from './share.ts';
import type { Target } from './target.ts';

/** One place that secrets go to. */
export interface TargetChoice {
  target: Target;
  /** Where several controllers share it. */
  gate: Gate | undefined;
  /** The part of it that EdgeSecret objects feed. */
  objects?: { target: Target; gate: Gate; share: Shares['objects'] } | undefined;
}

/** How a cluster is reached that was reached for the configuration already. */
export interface ClusterWay {
  endpoint: KubeEndpoint;
  /** The controller's own. */
  namespace: string;
  gate: Gate;
}

/**
 * Makes the targets that the configuration names, the cluster first; the code of others is not loaded.
 *
 * @throws EdgesealError `kube-config` where nothing says how to reach the cluster
 */
export async function targetsFrom(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  way: ClusterWay | undefined,
): Promise<TargetChoice[]> {
  const { kubernetes, directory, store, objects } = settings;
  const targets: TargetChoice[] = [];
  if (kubernetes !== undefined) {
    const { KubernetesTarget } = await import('./kubernetes/target.ts');
    const { namespaces } = kubernetes;
    const { accessFrom } = await import('./kubernetes/access.ts');
    const { endpoint, namespace } = way ?? (await accessFrom(env));
    const mayWrite = way === undefined ? undefined : () => way.gate.isOpen;
    const access = { endpoint: { ...endpoint, mayWrite }, namespace, namespaces };
    const target = new KubernetesTarget(access, settings, store);
    if (way === undefined) targets.push({ target, gate: undefined });
    else {
      const { LedTarget } = await import('./led.ts');
      const { gate } = way;
      if (objects === undefined) targets.push({ target: new LedTarget(target, gate), gate });
      else {
        const { shareTarget } = await import('./share.ts');
        const shares = shareTarget(target, (one) => matchesNamespace(objects.namespaces, one));
        targets.push({
          target: new LedTarget(shares.channel, gate),
          gate,
          objects: {
            target: new LedTarget(shares.objects, gate),
            gate,
            share: shares.objects,
          },
        });
      }
    }
  }
  if (directory !== undefined) {
    const { DirectoryTarget } = await import('./directory.ts');
    const target = new DirectoryTarget(directory.path, settings, directory.access);
    targets.push({ target, gate: undefined });
  }
  if (targets.length === 0) throw new EdgesealError('internal', 'a target was checked for');
  return targets;
}
