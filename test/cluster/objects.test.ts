import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { ObjectSite } from './objects-site.ts';

describeCluster('EdgeSecret objects', (cluster) => {
  it('become Secrets, change, and go', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'True Applied');
    expect(await site.value('database')).toBe('made-up-1');
    expect(await at.status('database')).toMatchObject({ version: 1, region: channel.region });
    expect((await at.floors())['database']).toMatch(/^1 [0-9a-f]{64}$/);

    await at.apply(await channel.set(site.key('database'), { password: 'made-up-2' }));
    await at.until('database', 'True Applied');
    expect(await site.value('database')).toBe('made-up-2');
    expect((await at.status('database')).version).toBe(2);

    await at.delete('database');
    await site.untilValue('database', undefined);
    expect((await at.floors())['database']).toBe('3');
  });

  it('do not come back in an older version, nor after they were withdrawn', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const first = await channel.seal(site.key('database'), { password: 'made-up-1' });
    await at.apply(first);
    await at.until('database', 'True Applied');
    await at.apply(await channel.set(site.key('database'), { password: 'made-up-2' }));
    await site.untilValue('database', 'made-up-2');
    await at.apply(first);
    await at.until('database', 'False BelowFloor');
    expect(await site.value('database')).toBe('made-up-2');
    await at.delete('database');
    await site.untilValue('database', undefined);
    await at.apply(first);
    await at.until('database', 'False BelowFloor');
    expect(await site.value('database')).toBeUndefined();
  });

  it('open under their own name alone', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const secret = await channel.seal(site.key('database'), { password: 'made-up-1' });
    await at.apply({ ...secret, metadata: { ...secret.metadata, name: 'copied' } });
    await at.until('copied', 'False NotEntitled');
    expect(await site.value('copied')).toBeUndefined();
  });

  it('of a namespace that is not named are refused by name', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel } = at;
    await at.start();
    const other = await cluster.createNamespace('elsewhere');
    await at.apply(await channel.seal(`${other}/database`, { password: 'made-up-1' }));
    await at.until('database', 'False NotFedByObjects', other);
  });

  it('make their Secret again where somebody deletes or edits it', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await site.untilValue('database', 'made-up-1');
    await cluster.kubectl('delete', 'secret', 'database', '-n', at.namespace);
    await site.untilValue('database', 'made-up-1');
    const patch = JSON.stringify({ stringData: { password: 'made-up-edit' } });
    await cluster.kubectl('patch', 'secret', 'database', '-n', at.namespace, '-p', patch);
    await site.untilValue('database', 'made-up-1');
  });
});
