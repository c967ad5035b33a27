import { EdgesealError } from '../../core/errors.ts';
import type { Settings } from '../config.ts';
import type { Target } from './target.ts';

/**
 * Makes the target that the configuration names; the others' code is not loaded.
 *
 * @throws EdgesealError `kube-config` where nothing says how to reach the cluster
 */
export async function targetFrom(settings: Settings, env: NodeJS.ProcessEnv): Promise<Target> {
  const { kubernetes, directory, store } = settings;
  if (kubernetes !== undefined) {
    const { accessFrom } = await import('./kubernetes/access.ts');
    const { KubernetesTarget } = await import('./kubernetes/target.ts');
    const access = { ...(await accessFrom(env)), namespaces: kubernetes.namespaces };
    return new KubernetesTarget(access, settings, store);
  }
  if (directory === undefined) throw new EdgesealError('internal', 'a target was checked for');
  const { DirectoryTarget } = await import('./directory.ts');
  return new DirectoryTarget(directory.path, settings, directory.access);
}
