import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { RegionSite } from './region-site.ts';

describeCluster("a mirror's credentials in a Secret", (cluster) => {
  it('are used, read again when they change, and never told', async () => {
    const auth = { username: 'edge', password: 'made-up-credential' };
    const site = await RegionSite.make(cluster, { server: { auth } });
    const { channel } = site;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.publish();
    const url = `${site.server.url}/a/secrets.git`;
    await site.create({ mirrors: [{ name: 'a', url, auth: { secret: { name: 'mirror' } } }] });
    const replica = site.replica();
    await site.until('Reachable', 'False Unreachable');
    expect(JSON.stringify(await site.status())).toContain('does not exist');
    await site.putSecret('mirror', { username: 'edge', password: 'an-old-one' });
    await expect
      .poll(async () => (await site.status()).mirrors?.[0]?.message, { timeout: 15_000 })
      .toContain('401');
    await site.putSecret('mirror', { username: 'edge', password: 'made-up-credential\n' });
    await site.until('Ready', 'True Applied');
    const said = JSON.stringify([await site.object(), await site.events(), replica.lines]);
    for (const secret of ['made-up-credential', 'an-old-one']) expect(said).not.toContain(secret);
  });

  it('may be a token', async () => {
    const site = await RegionSite.make(cluster, { server: { auth: { token: 'made-up-token' } } });
    const { channel } = site;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.publish();
    await site.putSecret('mirror', { token: 'made-up-token' });
    const url = `${site.server.url}/a/secrets.git`;
    await site.create({ mirrors: [{ url, auth: { secret: { name: 'mirror' } } }] });
    site.replica();
    await site.until('Ready', 'True Applied');
  });
});

describeCluster('Events about mirrors', (cluster) => {
  it('name the one that went back, is gone, tells another story, and is in order again', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    const publish = async (value: string): Promise<void> => {
      await channel.seal(site.key('database'), { password: value });
      channel.publish();
    };
    const told = async (reason: string, words: RegExp): Promise<void> => {
      await expect
        .poll(async () => (await site.events())[reason], { timeout: 15_000, interval: 200 })
        .toEqual(expect.arrayContaining([expect.stringMatching(words)]));
    };
    await publish('made-up-1');
    const first = channel.head()!;
    await publish('made-up-2');
    for (const name of ['b', 'c']) channel.mirror(name);
    const mirrors = ['a', 'b', 'c'].map((name) => ({
      name,
      url: `${site.server.url}/${name}/secrets.git`,
    }));
    await site.create({ mirrors });
    site.replica();
    await site.until('Ready', 'True Applied');
    const newest = channel.head()!;
    channel.reset(first);
    channel.mirror('b');
    channel.reset(newest);
    rmSync(join(channel.folder, 'c'), { recursive: true });
    await told('MirrorRollback', /^b: it serves snapshot 1.* served 2 before/);
    await told('MirrorUnreachable', /^c: /);
    channel.mirror('b');
    await told('MirrorOk', /^b: /);
    const back = channel.fork();
    await publish('made-up-3');
    const honest = channel.head()!;
    await expect.poll(() => site.value('database'), { timeout: 15_000 }).toBe('made-up-3');
    back();
    channel.reset(newest);
    await publish('made-up-evil');
    channel.mirror('b');
    channel.reset(honest);
    await told('MirrorEquivocation', /^b: /);
    await told('Equivocation', /^b: /);
    expect(await site.value('database')).toBe('made-up-3');
  });
});
