import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { base64, Site } from './site.ts';

/** What somebody does to a Secret of ours. */
type Hand = (site: Site, name: string) => Promise<unknown>;

const patch =
  (body: object): Hand =>
  (site, name) =>
    site.cluster.request('PATCH', site.path(name), body, {
      headers: { 'content-type': 'application/merge-patch+json' },
    });

const hands: Record<string, Hand> = {
  edit: patch({ data: { password: base64('edited') } }),
  addition: patch({ data: { added: base64('added') } }),
  removal: patch({ data: { password: null } }),
  deletion: (site, name) => site.cluster.request('DELETE', site.path(name)),
  unlabelled: patch({ metadata: { labels: null }, data: { password: base64('edited') } }),
  replaced: async (site, name) => {
    const { uid, resourceVersion } = (await site.secret(name)).metadata;
    const metadata = { name, uid, resourceVersion };
    const body = { metadata, stringData: { password: 'replaced' } };
    return site.cluster.request('PUT', site.path(name), body);
  },
  recreated: async (site, name) => {
    await site.cluster.request('DELETE', site.path(name));
    const { status } = await site.cluster.request('POST', site.path(''), { metadata: { name } });
    // Either the controller was faster, or there is a foreign one now, which is not ours to overwrite.
    if (status === 201) await site.cluster.request('DELETE', site.path(name));
  },
};

describeCluster('drift', (cluster) => {
  it('is mended within two seconds, whatever it is', async () => {
    const site = await Site.make(cluster, { interval: '10m' });
    for (const name of Object.keys(hands))
      await site.channel.seal(site.key(name), { username: 'made-up', password: `made-up-${name}` });
    site.channel.publish();
    await site.run();
    const applied = async () => site.status?.secrets.applied;
    await expect.poll(applied, { timeout: 20_000 }).toBe(Object.keys(hands).length);
    for (const [name, hand] of Object.entries(hands)) {
      await hand(site, name);
      const good = { username: 'made-up', password: `made-up-${name}` };
      if (name === 'recreated') continue;
      await expect.poll(() => site.values(name), { timeout: 2000, message: name }).toEqual(good);
      const { labels } = (await site.secret(name)).metadata;
      expect(labels, name).toMatchObject({ 'edgeseal.dev/region': site.channel.region });
    }
    await expect
      .poll(() => site.values('recreated'), { timeout: 10_000 })
      .toMatchObject({ password: 'made-up-recreated' });
    // The cluster shows a Secret before who wrote it has had the answer.
    await expect
      .poll(() => new Set(site.logged('drift mended').map(({ secret }) => secret)).size)
      .toBe(Object.keys(hands).length);
    expect(site.lines.join('')).not.toContain('made-up-');
  });

  it('is not what the controller does itself, nor what others do to what is theirs', async () => {
    const site = await Site.make(cluster, { interval: '10m' });
    for (let i = 0; i < 40; i += 1) await site.channel.seal(site.key(`s${i}`), { a: 'made-up' });
    site.channel.publish();
    await site.run();
    await expect.poll(() => site.status?.secrets.applied, { timeout: 20_000 }).toBe(40);
    const labelled = { metadata: { labels: { theirs: '1' } } };
    await patch(labelled)(site, 's1');
    await sleep(1000);
    expect(site.logged('drift mended')).toEqual([]);
    expect(site.logged('applied')).toMatchObject([{ count: 40 }]);
    expect((await site.secret('s1')).metadata.labels).toMatchObject({ theirs: '1' });
    // And what changes after that is noticed all the same.
    await hands['edit']!(site, 's1').catch(() => undefined);
    await patch({ data: { a: base64('edited') } })(site, 's1');
    await expect.poll(() => site.values('s1'), { timeout: 2000 }).toEqual({ a: 'made-up' });
  });
});
