import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { RegionSite } from './region-site.ts';

describeCluster('Events about a RegionSync', (cluster) => {
  it('tell what a person has to know, once, by name, and without a value', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    for (let i = 0; i < 14; i++)
      await channel.seal(site.key(`s${i}`), { password: `made-up-${i}` });
    channel.publish();
    channel.mirror('b');
    const mirrors = ['a', 'b'].map((name) => ({
      name,
      url: `${site.server.url}/${name}/secrets.git`,
    }));
    await site.create({ mirrors });
    site.replica();
    await site.until('Ready', 'True Applied');
    const told = async (reason: string): Promise<string[]> => {
      await expect
        .poll(async () => (await site.events())[reason], { timeout: 15_000, interval: 200 })
        .not.toBe(undefined);
      return (await site.events())[reason]!;
    };
    await site.deleteSecret('s0', site.namespace);
    expect(await told('DriftMended')).toEqual([expect.stringContaining(site.key('s0'))]);
    for (let i = 0; i < 11; i++) channel.remove(site.key(`s${i}`));
    channel.publish();
    expect(await told('PruningHeld')).toEqual([expect.stringContaining(channel.snapshot)]);
    await site.until('Degraded', 'True PruningHeld');
    await site.change({ prune: { acknowledged: channel.snapshot } });
    await expect.poll(() => site.value('s10'), { timeout: 15_000 }).toBe(undefined);
    expect(await told('Removed')).toEqual([expect.stringContaining('removed 11')]);
    // The first mirror lies; the other one has not heard of the second snapshot.
    channel.publish({ files: (files) => files.delete('.edgeseal/index/' + site.namespace) });
    expect(await told('MirrorInvalid')).toEqual([expect.stringMatching(/^a: /)]);
    await expect
      .poll(async () => (await site.status()).mirrors?.map(({ state }) => state))
      .toEqual(['Invalid', 'Behind']);
    const all = JSON.stringify(
      await site.must('GET', `/apis/events.k8s.io/v1/namespaces/${site.own}/events`),
    );
    expect(all).not.toContain('made-up');
    const shown = await cluster.kubectl('describe', 'regionsync', site.region, '-n', site.own);
    expect(shown).toMatch(/Warning +MirrorInvalid/);
  });
});
