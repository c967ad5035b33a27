import { expect, it, onTestFinished } from 'vitest';
import { condition } from '../controller/edge.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { Relay } from '../support/cluster/relay.ts';
import { RegionSite } from './region-site.ts';
import { Site } from './site.ts';

/** A site behind a relay; what it has had was, at first, `db` in another version and `gone`, which was then deleted. */
async function lived(cluster: Cluster): Promise<{ site: Site; relay: Relay; old: string }> {
  const relay = await Relay.open(cluster.address.url);
  onTestFinished(() => relay.close());
  const site = await Site.make(cluster, { url: relay.url });
  const { channel } = site;
  await channel.seal(site.key('db'), { password: 'made-up-1' });
  await channel.seal(site.key('gone'), { password: 'made-up-0' });
  const old = channel.publish();
  await site.round();
  await channel.set(site.key('db'), { password: 'made-up-2' });
  channel.remove(site.key('gone'));
  channel.publish();
  expect(condition(await site.round(), 'Ready')).toBe('True Applied');
  await site.stop();
  return { site, relay, old };
}

async function expectAsItWas(site: Site): Promise<void> {
  expect(await site.values('db')).toEqual({ password: 'made-up-2' });
  expect(await site.secret('gone')).toBe(undefined);
}

const markOf = (own: string, region: string): string =>
  `/api/v1/namespaces/${own}/configmaps/edgeseal-mark-${region}`;

describeCluster('an empty store', (cluster) => {
  it('takes nothing before it knows the mark of the cluster', async () => {
    const { site, relay, old } = await lived(cluster);
    const { channel } = site;
    const newest = channel.head()!;
    site.forgetStore();
    channel.reset(old);
    relay.cut();
    const blind = await site.round();
    expect(blind.snapshot).toBe(null);
    expect(condition(blind, 'Ready')).toBe('False TargetUnreachable');
    expect(condition(blind, 'Reachable')).toBe('Unknown NotAsked');
    expect(blind.conditions[0]?.message).toContain('no mirror is asked');
    relay.mend();
    expect(condition(await site.round(), 'Ready')).toBe('False StoreBehind');
    await expectAsItWas(site);
    channel.reset(newest);
    expect(condition(await site.round(), 'Ready')).toBe('True Applied');
    await expectAsItWas(site);
  });

  it('nor, where that is lost too, before it knows what is there: then it asks', async () => {
    const { site, relay, old } = await lived(cluster);
    const { channel } = site;
    site.forgetStore();
    channel.reset(old);
    await cluster.request('DELETE', markOf(site.own, channel.region));
    relay.cut();
    expect((await site.round()).snapshot).toBe(null);
    relay.mend();
    for (const _ of [1, 2]) {
      const status = await site.round();
      expect(condition(status, 'Ready')).toBe('False FloorNeeded');
      expect(status.snapshot).toBe(null);
    }
    await expectAsItWas(site);
    const { status } = await cluster.request('GET', markOf(site.own, channel.region));
    expect(status).toBe(404);
  });

  it('while one that is whole goes on without the cluster, and with the mirrors', async () => {
    const { site, relay } = await lived(cluster);
    const { channel } = site;
    relay.cut();
    await channel.set(site.key('db'), { password: 'made-up-3' });
    channel.publish();
    const status = await site.round();
    expect(status.snapshot?.sequence).toBe(3);
    expect(condition(status, 'Ready')).toBe('False TargetUnreachable');
    relay.mend();
    expect(condition(await site.round(), 'Ready')).toBe('True Applied');
    expect(await site.values('db')).toEqual({ password: 'made-up-3' });
  });
});

describeCluster('a replica with an empty store that stands by', (cluster) => {
  it('takes nothing while nobody knows how far the region was, and asks once it leads', async () => {
    const site = await RegionSite.make(cluster);
    const { channel, region, own } = site;
    await channel.seal(site.key('db'), { password: 'made-up-1' });
    await channel.seal(site.key('gone'), { password: 'made-up-0' });
    const old = channel.publish();
    await site.create();
    const first = site.replica('a');
    await site.untilValue('gone', 'made-up-0');
    await channel.set(site.key('db'), { password: 'made-up-2' });
    channel.remove(site.key('gone'));
    channel.publish();
    await site.untilValue('gone', undefined);
    await site.until('Ready', 'True Applied');
    await first.end('SIGTERM');
    await site.must('DELETE', markOf(own, region));
    channel.reset(old);
    const leader = site.replica('b');
    await leader.untilLeading();
    await site.until('Ready', 'False FloorNeeded');
    const standby = site.replica('c');
    await expect
      .poll(() => standby.logged('condition').map(({ reason }) => reason), { timeout: 20_000 })
      .toContain('NoSnapshot');
    await leader.end('SIGTERM');
    await standby.untilLeading();
    await expect
      .poll(() => standby.logged('condition').at(-1)?.['reason'], { timeout: 20_000 })
      .toBe('FloorNeeded');
    expect(standby.logged('snapshot accepted')).toEqual([]);
    expect(await site.value('db')).toBe('made-up-2');
    expect(await site.value('gone')).toBe(undefined);
  });
});
