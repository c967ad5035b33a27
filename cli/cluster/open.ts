import type { Io } from '../terminal/io.ts';
import { quoted } from '../terminal/shell-word.ts';
import type { KubeAccess } from '../kube/access.ts';

/** Options of every command that looks into a cluster. */
export interface ClusterOptions {
  context?: string;
  kubeconfig?: string;
  /** Where the RegionSync lies. */
  namespace?: string;
}

/** An open cluster, and how a person names it to kubectl and to edgeseal alike. */
export interface Cluster extends KubeAccess {
  /** Such as `--context edge-1`. */
  flags: string;
}

/** Opens a context of a kubeconfig. @throws EdgesealError `kube-config` */
export async function openContext(io: Io, options: ClusterOptions): Promise<Cluster> {
  const { context, kubeconfig } = options;
  // `status` without a cluster prints with what is here, and needs no client.
  const { openCluster } = await import('../kube/access.ts');
  const access = await openCluster(io, {
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  });
  const file = kubeconfig === undefined ? '' : ` --kubeconfig ${quoted(kubeconfig)}`;
  return { ...access, flags: `--context ${quoted(access.context)}${file}` };
}

/** The kubectl command for something that lies beside a RegionSync. */
export function kubectl({ flags }: Cluster, namespace: string): string {
  return `kubectl ${flags} -n ${namespace}`;
}
