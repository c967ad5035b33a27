import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { RegionSite } from './region-site.ts';
import type { Replica } from './region-site.ts';

/** A leader, and one that stands by. */
async function pair(site: RegionSite): Promise<[leader: Replica, standby: Replica]> {
  await site.create();
  const leader = site.replica('a');
  await leader.untilLeading();
  return [leader, site.replica('b')];
}

async function seal(site: RegionSite, count: number, password: string): Promise<void> {
  for (let i = 0; i < count; i++) await site.channel.seal(site.key(`s${i}`), { password });
  site.channel.publish();
}

/** Version as applied, and resource version, of every Secret. */
async function written(site: RegionSite): Promise<Record<string, string>> {
  const { items } = (await site.must('GET', `/api/v1/namespaces/${site.namespace}/secrets`)) as {
    items: {
      metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> };
    }[];
  };
  return Object.fromEntries(
    items.map(({ metadata: { name, resourceVersion, annotations } }) => [
      name,
      `${annotations?.['edgeseal.dev/version'] ?? ''} ${resourceVersion}`,
    ]),
  );
}

describeCluster('two replicas', (cluster) => {
  it('of which one leads: the other is warm, ready, writes nothing, and takes over from a kill', async () => {
    const site = await RegionSite.make(cluster);
    await seal(site, 3, 'made-up-1');
    const [leader, standby] = await pair(site);
    await site.until('Ready', 'True Applied');
    await standby.untilVerified(1);
    await expect.poll(async () => (await standby.page('/readyz'))[0]).toBe(200);
    expect(JSON.parse((await standby.page('/status'))[1])).toMatchObject({
      snapshot: { sequence: 1 },
      secrets: { listed: 3, applied: 3, failing: 0 },
    });
    expect((await standby.page('/metrics'))[1]).toContain('edgeseal_leader 0');
    expect(standby.logged('applied')).toEqual([]);
    const { holderIdentity, leaseTransitions } = await site.lease();
    expect(holderIdentity).toMatch(/^a_/);
    await leader.end('SIGKILL');
    // No mirror answers any more: what it takes over with is what it has.
    await site.server.close();
    await site.deleteSecret('s1', site.namespace);
    const since = performance.now();
    await standby.untilLeading();
    expect(performance.now() - since).toBeGreaterThan(1000);
    await site.untilValue('s1', 'made-up-1');
    const after = await site.lease();
    expect(after.holderIdentity).toMatch(/^b_/);
    expect(after.leaseTransitions).toBe(Number(leaseTransitions) + 1);
    await site.until('Reachable', 'False Unreachable');
    expect(await site.condition('Ready')).toBe('True Applied');
  });

  it('hand over at once where the leader ends in good order', async () => {
    const site = await RegionSite.make(cluster);
    await seal(site, 1, 'made-up-1');
    await site.create();
    const leader = site.replica('a', '60s');
    await leader.untilLeading();
    const standby = site.replica('b', '60s');
    await standby.untilVerified(1);
    expect(await leader.end('SIGTERM')).toEqual([0, null]);
    // Far sooner than the lease would have run out.
    await standby.untilLeading();
    await site.until('Ready', 'True Applied');
  });

  it('never both write: one that was frozen beyond its lease writes nothing when it thaws', async () => {
    const site = await RegionSite.make(cluster);
    await seal(site, 120, 'made-up-1');
    const [leader, standby] = await pair(site);
    await expect
      .poll(async () => Object.keys(await written(site)).length, { timeout: 20_000, interval: 5 })
      .toBeGreaterThan(0);
    // In the middle of its work.
    leader.process.kill('SIGSTOP');
    const existing = new Set(Object.keys(await written(site)));
    // It was about to make these, and they are to be deleted: nothing but the lease keeps it from making them again.
    const gone = Array.from({ length: 120 }, (_, i) => `s${i}`)
      .filter((name) => !existing.has(name))
      .slice(-20);
    expect(gone.length).toBeGreaterThan(5);
    await standby.untilLeading();
    await seal(site, 120, 'made-up-2');
    for (const name of gone) site.channel.remove(site.key(name));
    site.channel.publish();
    await expect
      .poll(
        async () => {
          const versions = Object.values(await written(site));
          return versions.filter((version) => version.startsWith('2 ')).length;
        },
        { timeout: 30_000, interval: 100 },
      )
      .toBe(120 - gone.length);
    await site.until('Ready', 'True Applied');
    await expect.poll(async () => (await site.status()).snapshot?.sequence).toBe(3);
    await sleep(500);
    const before = await written(site);
    expect(Object.keys(before)).toHaveLength(120 - gone.length);
    const { resourceVersion } = (await site.object()).metadata;
    leader.process.kill('SIGCONT');
    await leader.untilLeading(false);
    await sleep(3000);
    expect(await written(site)).toEqual(before);
    expect((await site.object()).metadata.resourceVersion).toBe(resourceVersion);
    expect((await site.lease()).holderIdentity).toMatch(/^b_/);
    // Nor has it lost its way: it catches up, and may lead again.
    await leader.untilVerified(3);
    expect(await standby.end('SIGTERM')).toEqual([0, null]);
    await leader.untilLeading();
  });

  it('share one day of deletions: who takes over has no more of them left than who led', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    await seal(site, 14, 'made-up-1');
    const [leader, standby] = await pair(site);
    await site.until('Ready', 'True Applied');
    const remove = (from: number, to: number): void => {
      for (let i = from; i < to; i++) channel.remove(site.key(`s${i}`));
      channel.publish();
    };
    remove(0, 8);
    const left = async (): Promise<number> => Object.keys(await written(site)).length;
    await expect.poll(left, { timeout: 20_000 }).toBe(6);
    await standby.untilVerified(2);
    await leader.end('SIGTERM');
    await standby.untilLeading();
    remove(8, 12);
    await site.until('Degraded', 'True PruningHeld');
    expect(await left()).toBe(6);
    await site.change({ prune: { acknowledged: channel.snapshot } });
    await expect.poll(left, { timeout: 20_000 }).toBe(2);
    // The mark, which lies beside the count, has gone on meanwhile.
    const path = `/api/v1/namespaces/${site.own}/configmaps/edgeseal-mark-${site.region}`;
    const { data } = (await site.must('GET', path)) as { data: Record<string, string> };
    expect(data).toMatchObject({ sequence: '3', deleted: expect.stringMatching(/^\d+ 8$/) });
  });
});
