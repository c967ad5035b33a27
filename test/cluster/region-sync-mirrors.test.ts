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
