import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { RegionSite } from './region-site.ts';
import type { Replica } from './region-site.ts';

describeOwnCluster('without an API server', {}, (cluster) => {
  it('a node goes on, starts again from its store, and says later what has been', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    const file = (node: Replica): string | undefined => {
      const path = join(node.node, 'unsealed', site.key('database'), 'password');
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    };
    const until = async (node: Replica, wanted: string): Promise<void> => {
      await expect.poll(() => file(node), { timeout: 30_000 }).toBe(wanted);
    };
    // A key that the kubelet has mounted, as a node has it that starts without its control plane.
    writeFileSync(site.path('region.key'), `${channel.keyLine}\n`);
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.publish();
    await site.create({
      keys: { files: [site.path('region.key')] },
      target: { kubernetes: {}, directory: { path: '/proc/self/cwd/unsealed' } },
    });
    const first = site.replica();
    await until(first, 'made-up-1');
    await site.until('Ready', 'True Applied');
    await cluster.killApiserver();
    await channel.set(site.key('database'), { password: 'made-up-2' });
    channel.publish();
    await until(first, 'made-up-2');
    await first.untilLeading(false);
    expect((await first.page('/healthz'))[0]).toBe(200);
    expect((await first.page('/readyz'))[0]).toBe(200);
    expect(await first.end('SIGTERM')).toEqual([0, null]);
    rmSync(join(first.node, 'unsealed'), { recursive: true });
    const second = site.replica();
    await until(second, 'made-up-2');
    expect(second.logged('region sync from the store')).toHaveLength(1);
    await channel.set(site.key('database'), { password: 'made-up-3' });
    channel.publish();
    await until(second, 'made-up-3');
    await cluster.startApiserver();
    await site.untilValue('database', 'made-up-3');
    await expect
      .poll(async () => (await site.status()).snapshot?.sequence, { timeout: 20_000 })
      .toBe(3);
    await site.until('Ready', 'True Applied');
    expect(second.process.exitCode).toBe(null);
  });
});
