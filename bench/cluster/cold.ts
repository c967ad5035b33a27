import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startCluster } from '../../test/support/cluster/start.ts';
import type { OwnCluster } from '../../test/support/cluster/start.ts';
import { controllerAccount } from '../../test/support/cluster/controller-account.ts';
import { Controller } from './edgeseal.ts';
import type { Published } from './edgeseal.ts';
import { makeNamespaces, manifestOf, requireAll } from './made-up.ts';
import type { MadeUp } from './made-up.ts';
import { ChildPeak, countSecrets, memoryOf, untilSecrets } from './measure.ts';

/** What one competitor did with all Secrets. */
export interface Cold {
  /** From the start of the process to the last Secret. */
  seconds: number;
  /** Of each process that belongs to it, in MB. */
  peaks: number[];
  /** Writing alone: Secrets a second, where it can be told apart. */
  rate?: number;
  /** The steps before the first write, for the reader. */
  note?: string;
}

/** A fresh cluster with the namespaces that the Secrets are for, and nothing else. */
export async function withCluster<T>(
  list: MadeUp[],
  body: (cluster: OwnCluster) => Promise<T>,
): Promise<T> {
  const cluster = await startCluster();
  try {
    await makeNamespaces(cluster, list);
    return await body(cluster);
  } finally {
    await cluster.stop();
  }
}

export async function bareClient(list: MadeUp[]): Promise<Cold> {
  return withCluster(list, async (cluster) => {
    const { token } = await controllerAccount(cluster, 'us-east');
    const { url, ca, folder } = cluster.address;
    const order = join(folder, 'order.json');
    writeFileSync(order, JSON.stringify({ url, ca, token, manifests: list.map(manifestOf) }));
    const program = join(import.meta.dirname, 'bare-client.ts');
    const began = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, [program, order]);
    const seconds = (performance.now() - began) / 1000;
    await requireAll(cluster, list);
    const { ms, megabytes } = JSON.parse(stdout) as { ms: number; megabytes: number };
    return { seconds, peaks: [megabytes], rate: (list.length / ms) * 1000 };
  });
}

export async function edgeseal(list: MadeUp[], published: Published): Promise<Cold> {
  return withCluster(list, async (cluster) => {
    const controller = await Controller.make(cluster, published);
    const others = await countSecrets(cluster);
    const began = performance.now();
    const beganAt = Date.now();
    await controller.start();
    try {
      const child = new ChildPeak(controller.pid);
      const all = others + list.length;
      const done = await untilSecrets(cluster, all, [controller], () => {
        child.look();
      });
      const peak = memoryOf(controller.pid, 'VmHWM');
      const started = await controller.event('started');
      const accepted = await controller.event('snapshot accepted');
      const applied = await controller.event('applied');
      await requireAll(cluster, list);
      return {
        seconds: (done - began) / 1000,
        peaks: [peak, child.megabytes],
        rate: (Number(applied['count']) / Number(applied['ms'])) * 1000,
        note: `start ${started.time - beganAt} ms, fetched and verified after ${accepted.time - beganAt} ms, written in ${String(applied['ms'])} ms`,
      };
    } finally {
      await controller.stop();
    }
  });
}
