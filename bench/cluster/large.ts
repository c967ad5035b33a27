import { setTimeout as sleep } from 'node:timers/promises';
import { withCluster } from './cold.ts';
import { Controller } from './edgeseal.ts';
import type { Published } from './edgeseal.ts';
import { madeUpValues, requireAll } from './made-up.ts';
import type { MadeUp } from './made-up.ts';
import { ChildPeak, countSecrets, median, memoryOf, untilSecrets } from './measure.ts';

/** What a region of 10,000 secrets costs. */
export interface Large {
  firstSeconds: number;
  /** Megabytes. */
  steady: number;
  peak: number;
  fetchPeak: number;
  /** Of one change. */
  ms: number;
  waitMs: number;
  bytes: number;
}

const CHANGES = 5;

export async function large(list: MadeUp[], published: Published): Promise<Large> {
  return withCluster(list, async (cluster) => {
    const controller = await Controller.make(cluster, published);
    const others = await countSecrets(cluster);
    const began = performance.now();
    await controller.start();
    try {
      const child = new ChildPeak(controller.pid);
      const done = await untilSecrets(cluster, others + list.length, [controller], () => {
        child.look();
      });
      await controller.event('applied');
      await requireAll(cluster, list);
      await sleep(5000);
      const steady = memoryOf(controller.pid, 'VmRSS');
      const times: number[] = [];
      const waits: number[] = [];
      const bytes: number[] = [];
      for (let n = 0; n < CHANGES; n += 1) {
        const one = { ...list[(n * 37) % list.length]!, values: madeUpValues() };
        await published.channel.seal(`${one.namespace}/${one.name}`, one.values);
        const before = await controller.metric('edgeseal_fetch_bytes_total');
        const seen = controller.lines('applied').length;
        published.channel.publish();
        const pushed = performance.now();
        published.asked = undefined;
        await controller.event('applied', seen);
        const applied = performance.now();
        await requireAll(cluster, [one]);
        times.push(applied - published.asked!);
        waits.push(published.asked! - pushed);
        bytes.push((await controller.metric('edgeseal_fetch_bytes_total')) - before);
      }
      return {
        firstSeconds: (done - began) / 1000,
        steady,
        peak: memoryOf(controller.pid, 'VmHWM'),
        fetchPeak: child.megabytes,
        ms: median(times),
        waitMs: median(waits),
        bytes: median(bytes),
      };
    } finally {
      await controller.stop();
    }
  });
}
