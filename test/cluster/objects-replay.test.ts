import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { ObjectSite } from './objects-site.ts';

const merge = { 'content-type': 'application/merge-patch+json' };

describeCluster('EdgeSecret objects that somebody plays back', (cluster) => {
  it('with the same version and another statement are refused', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'True Applied');
    const twin = await channel.seal(
      site.key('database'),
      { password: 'made-up-2' },
      { version: 1 },
    );
    await at.apply(twin);
    await at.until('database', 'False BelowFloor');
    expect((await at.status('database')).version).toBe(1);
    expect(await site.value('database')).toBe('made-up-1');
  });

  it('are refused by the next leader, too, and after the Secret was deleted', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const first = await channel.seal(site.key('database'), { password: 'made-up-1' });
    const second = await channel.set(site.key('database'), { password: 'made-up-2' });
    const leader = await at.start();
    await at.apply(second);
    await at.until('database', 'True Applied');
    await leader.end('SIGKILL');
    await site.deleteSecret('database', site.namespace);
    await at.apply(first);
    site.replica('b');
    await at.until('database', 'False BelowFloor');
    expect(await site.value('database')).toBeUndefined();
    await at.apply(second);
    await at.until('database', 'True Applied');
    expect(await site.value('database')).toBe('made-up-2');
  });

  it('are held against the Secret where somebody has deleted the floors', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const first = await channel.seal(site.key('database'), { password: 'made-up-1' });
    const leader = await at.start();
    await at.apply(await channel.set(site.key('database'), { password: 'made-up-2' }));
    await at.until('database', 'True Applied');
    await leader.end('SIGKILL');
    await site.must('DELETE', at.floorsPath());
    await at.apply(first);
    site.replica('b');
    await at.until('database', 'False BelowFloor');
    expect(await site.value('database')).toBe('made-up-2');
  });

  it('under another name or in another namespace do not open', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const other = await cluster.createNamespace('app');
    await at.start({ namespaces: ['app-*'] });
    const secret = await channel.seal(site.key('database'), { password: 'made-up-1' });
    const renamed = { ...secret, metadata: { ...secret.metadata, name: 'copied' } };
    const moved = { ...secret, metadata: { ...secret.metadata, namespace: other } };
    // Signed again by an author who did not look: it still does not open.
    const signed = channel.signed({ ...moved, metadata: { ...moved.metadata, name: 'signed' } });
    for (const one of [secret, renamed, moved, signed]) await at.apply(one);
    await at.until('copied', 'False NotEntitled');
    await at.until('database', 'False NotEntitled', other);
    await at.until('signed', 'False WrapSpoiled', other);
    await at.until('database', 'True Applied');
    expect(await site.secret('copied')).toBeUndefined();
    expect(await site.secret('database', other)).toBeUndefined();
    expect(await site.secret('signed', other)).toBeUndefined();
    expect(Object.keys(await at.floors(other)).filter((name) => !name.startsWith('_'))).toEqual([]);
  });

  it('raise a floor before their Secret is written', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    // Somebody else's is in the place, so nothing can be written.
    await cluster.kubectl('create', 'secret', 'generic', 'database', '-n', site.namespace);
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'False TargetRefused');
    expect((await at.floors())['database']).toMatch(/^1 [0-9a-f]{64}$/);
  });

  it('are measured by the highest floor that any controller has set', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'True Applied');
    // As another cluster's controller would leave it behind after a restore.
    const data = { database: '9', other: '4' };
    await site.must('PATCH', at.floorsPath(), { data }, merge);
    await at.apply(await channel.set(site.key('database'), { password: 'made-up-2' }));
    await at.until('database', 'False BelowFloor');
    expect(await at.floors()).toMatchObject({ database: '9', other: '4' });
    expect(await site.value('database')).toBe('made-up-1');
  });

  it('find no way around a floor that somebody has garbled', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const first = await channel.seal(site.key('database'), { password: 'made-up-1' });
    const second = await channel.set(site.key('database'), { password: 'made-up-2' });
    const leader = await at.start();
    await at.apply(second);
    await at.until('database', 'True Applied');
    const { database: kept } = await at.floors();
    await leader.end('SIGTERM');
    await site.must('PATCH', at.floorsPath(), { data: { database: '2e0' } }, merge);
    await at.apply(first);
    site.replica('b');
    await at.until('database', 'False StoreDamaged');
    expect(await site.value('database')).toBe('made-up-2');
    await site.must('PATCH', at.floorsPath(), { data: { database: kept } }, merge);
    await at.until('database', 'False BelowFloor');
    await at.apply(second);
    await at.until('database', 'True Applied');
  });

  it('that were deleted while nobody looked are withdrawn all the same', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const first = await channel.seal(site.key('database'), { password: 'made-up-1' });
    const leader = await at.start();
    await at.apply(first);
    await at.until('database', 'True Applied');
    await leader.end('SIGTERM');
    await at.delete('database');
    site.replica('b');
    await site.untilValue('database', undefined);
    expect((await at.floors())['database']).toBe('2');
    await at.apply(first);
    await at.until('database', 'False BelowFloor');
    await sleep(1500);
    expect(await site.value('database')).toBeUndefined();
  });
});
