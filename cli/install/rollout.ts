import { setTimeout as sleep } from 'node:timers/promises';
import { EdgesealError } from '../../core/errors.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { read } from './apply.ts';
import type { Manifest } from './manifest.ts';
import { nameOf } from './resource.ts';

const everyMs = 500;
const establishedMs = 30_000;

/** Waits until the API server serves the kinds of these CRDs. @throws EdgesealError `kube-unreachable` */
export async function untilEstablished(
  client: KubeClient,
  crds: readonly Manifest[],
): Promise<void> {
  const isEstablished = async (crd: Manifest): Promise<boolean> => {
    const { status } = ((await read(client, crd)) ?? {}) as {
      status?: { conditions?: { type: string; status: string }[] };
    };
    return (
      status?.conditions?.some((c) => c.type === 'Established' && c.status === 'True') === true
    );
  };
  for (const crd of crds) {
    const done = await poll(establishedMs, () => isEstablished(crd));
    if (!done) throw new EdgesealError('kube-unreachable', `${nameOf(crd)} is not served yet`);
  }
}

interface WorkloadStatus {
  metadata: { generation?: number };
  spec: { replicas?: number };
  status?: {
    observedGeneration?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    replicas?: number;
    desiredNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberReady?: number;
  };
}

/**
 * Waits until all pods of a workload run what was applied, and are ready.
 *
 * @throws EdgesealError `kube-unreachable` when the time is over, with the command that shows why
 */
export async function untilRolledOut(
  client: KubeClient,
  workload: Manifest,
  timeoutMs: number,
): Promise<void> {
  let seen = 'no pod yet';
  const done = await poll(timeoutMs, async () => {
    const {
      metadata,
      spec,
      status = {},
    } = ((await read(client, workload)) ?? {}) as unknown as WorkloadStatus;
    const isDaemon = workload.kind === 'DaemonSet';
    const wanted = isDaemon ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
    const updated = isDaemon ? status.updatedNumberScheduled : status.updatedReplicas;
    const ready = isDaemon ? status.numberReady : status.readyReplicas;
    seen = `${ready ?? 0} of ${wanted} pods are ready`;
    const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 1);
    const isOldGone = isDaemon || (status.replicas ?? 0) <= wanted;
    return isSeen && isOldGone && (updated ?? 0) >= wanted && (ready ?? 0) >= wanted;
  });
  if (done) return;
  const { namespace = '', labels = {} } = workload.metadata;
  const instance = labels['app.kubernetes.io/instance'] ?? '';
  throw new EdgesealError(
    'kube-unreachable',
    `${nameOf(workload)} is not up after ${timeoutMs / 1000} s: ${seen}`,
    { hint: `kubectl describe pods -n ${namespace} -l app.kubernetes.io/instance=${instance}` },
  );
}

/** Waits until no pod of an installation is left. @returns whether that came true in time */
export async function untilGone(
  client: KubeClient,
  path: string,
  labelSelector: string,
  timeoutMs: number,
): Promise<boolean> {
  return await poll(timeoutMs, async () => {
    const query = { labelSelector, limit: 1 };
    const { items } = (await client.request('GET', path, { query })) as { items: unknown[] | null };
    return (items ?? []).length === 0;
  });
}

async function poll(timeoutMs: number, isDone: () => Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + timeoutMs; ;) {
    if (await isDone()) return true;
    if (performance.now() + everyMs > end) return false;
    await sleep(everyMs);
  }
}
