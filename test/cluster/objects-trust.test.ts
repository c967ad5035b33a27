import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestChannel, TestSigner } from '../controller/channel.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { ObjectSite } from './objects-site.ts';

describeCluster('who may author EdgeSecret objects', (cluster) => {
  it('is said by a root in the cluster, and by nobody before it is there', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await site.create(at.spec());
    site.replica();
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'False NoTrustRoot');
    expect((await at.status('database')).conditions).toMatchObject([{}, { type: 'Reconciling' }]);
    await site.until('Ready', 'False NoTrustRoot');
    // As docs/guides/flux.md has it, now and for the next root.
    const give = async (): Promise<void> => {
      const folder = site.path('trust');
      mkdirSync(folder, { recursive: true });
      for (const [name, text] of Object.entries(at.roots()))
        writeFileSync(join(folder, name), text);
      const from = ['--from-file', folder, '--dry-run=client', '-o', 'yaml'];
      const place = ['configmap', 'edgeseal-trust', '-n', site.own];
      await cluster.apply(await cluster.kubectl('create', ...place, ...from));
    };
    await give();
    await at.until('database', 'True Applied');
    await site.until('Ready', 'True Applied');
    channel.makeRoot();
    await give();
    await expect.poll(async () => (await at.floors())['_root'], { timeout: 20_000 }).toBe('2');
  });

  it('changes with the next root: who was taken out changes nothing any more', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const leader = await at.start();
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'True Applied');
    const successor = new TestSigner();
    channel.makeRoot((spec) => {
      spec.authors = [{ name: 'next@example.com', keys: [successor.line], namespaces: ['*'] }];
    });
    await at.putRoots();
    // It is in force before anything is accepted by it.
    await expect.poll(async () => (await at.floors())['_root'], { timeout: 20_000 }).toBe('2');
    const taken = await channel.set(site.key('database'), { password: 'made-up-2' });
    await at.apply(taken);
    await at.until('database', 'False NotEntitled');

    // Whoever deletes the root brings nobody back, not even with the next leader.
    await at.putRoots(1);
    await site.until('Ready', 'False NoTrustRoot');
    await at.rest();
    await at.until('database', 'False NotEntitled');
    await leader.end('SIGTERM');
    site.replica('b');
    await at.until('database', 'False NoTrustRoot');
    await at.rest();
    expect(await site.value('database')).toBe('made-up-1');
    await at.putRoots();
    await at.apply(channel.signed(taken, successor));
    await at.until('database', 'True Applied');
    expect(await site.value('database')).toBe('made-up-2');
  });

  it('is not said by a root that the pinned one does not lead to', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    // Number 2 is well made, and signed by somebody else's root keys.
    const other = await TestChannel.make(channel.region);
    other.delete();
    other.makeRoot();
    await at.putRoots(Infinity, other);
    await site.create(at.spec());
    site.replica();
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'False NoTrustRoot');
    expect(await site.secret('database')).toBeUndefined();
  });

  it('holds by namespace', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const narrow = new TestSigner();
    channel.makeRoot((spec) => {
      const namespaces = ['elsewhere-*'];
      spec.authors.push({ name: 'narrow@example.com', keys: [narrow.line], namespaces });
    });
    await at.start();
    const secret = await channel.seal(site.key('database'), { password: 'made-up-1' });
    await at.apply(channel.signed(secret, narrow));
    await at.until('database', 'False NotEntitled');
    await at.apply(secret);
    await at.until('database', 'True Applied');
  });
});
