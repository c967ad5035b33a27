import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { RegionSite } from './region-site.ts';
import type { Replica } from './region-site.ts';

describeCluster('a controller on each node', (cluster) => {
  it('writes its directory; only the leader writes Secrets', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    const file = (node: Replica, name = 'database'): string | undefined => {
      const path = join(node.node, 'unsealed', site.key(name), 'password');
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    };
    const inAll = async (nodes: Replica[], wanted: string | undefined): Promise<void> => {
      await expect
        .poll(() => nodes.map((node) => file(node)), { timeout: 20_000 })
        .toEqual(nodes.map(() => wanted));
    };
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.publish();
    await site.create({
      target: { kubernetes: {}, directory: { path: '/proc/self/cwd/unsealed' } },
    });
    const nodes = [site.replica('a'), site.replica('b')];
    const [first, second] = nodes as [Replica, Replica];
    await inAll(nodes, 'made-up-1');
    await site.until('Ready', 'True Applied');
    expect(await site.value('database')).toBe('made-up-1');
    expect(nodes.filter(({ leads }) => leads)).toHaveLength(1);
    await channel.set(site.key('database'), { password: 'made-up-2' });
    channel.publish();
    await inAll(nodes, 'made-up-2');
    await site.untilValue('database', 'made-up-2');
    // Each mends its own.
    rmSync(join(second.node, 'unsealed', site.namespace), { recursive: true });
    await inAll(nodes, 'made-up-2');
    const leader = first.leads ? first : second;
    const other = first.leads ? second : first;
    await leader.end('SIGKILL');
    channel.remove(site.key('database'));
    await channel.seal(site.key('next'), { password: 'made-up-3' });
    channel.publish();
    await expect.poll(() => file(other, 'next'), { timeout: 15_000 }).toBe('made-up-3');
    await other.untilLeading();
    await site.untilValue('next', 'made-up-3');
    await site.untilValue('database', undefined);
    await inAll([other], undefined);
  });
});
