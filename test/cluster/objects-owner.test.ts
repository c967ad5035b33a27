import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { ObjectSite } from './objects-site.ts';

describeCluster('EdgeSecret objects that are deleted', (cluster) => {
  it('take their Secrets along where those belong to them', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const leader = await at.start({ ownerReferences: true });
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'True Applied');
    const { uid } = (await at.object('database')).metadata;
    const owners = async (): Promise<unknown> =>
      (await site.secret('database'))?.metadata.ownerReferences;
    expect(await owners()).toMatchObject([{ kind: 'EdgeSecret', name: 'database', uid }]);
    await leader.end('SIGKILL');
    // Nobody of ours is there: it is the cluster that collects them.
    await at.delete('database');
    // It looks for kinds that are new to it every half minute.
    const collected = { timeout: 90_000, interval: 200 };
    await expect.poll(() => site.value('database'), collected).toBeUndefined();
    await at.apply(await channel.set(site.key('database'), { password: 'made-up-2' }));
    site.replica('b');
    await at.until('database', 'True Applied');
    const next = (await at.object('database')).metadata.uid;
    expect(await owners()).toMatchObject([{ uid: next }]);
    // And it can be undone, for Secrets that are there.
    await site.change(at.spec({ ownerReferences: false }));
    await expect.poll(owners, { timeout: 20_000 }).toBeUndefined();
  }, 180_000);

  it('take at most ten Secrets a day along, until somebody has looked', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const names = Array.from({ length: 14 }, (_, i) => `database-${i}`);
    for (const name of names)
      await at.apply(await channel.seal(site.key(name), { password: 'made-up-1' }));
    for (const name of names) await at.until(name, 'True Applied');
    await cluster.kubectl('delete', 'esec', '--all', '-n', site.namespace);
    const pending = async (): Promise<number> => (await site.status()).pruning?.pending ?? 0;
    await expect.poll(pending, { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
    await at.rest();
    const { acknowledge } = (await site.status()).pruning!;
    const left = await Promise.all(names.map(async (name) => site.value(name)));
    expect(left.filter((value) => value !== undefined)).toHaveLength(await pending());
    await site.change({ prune: { acknowledged: acknowledge } });
    for (const name of names) await site.untilValue(name, undefined);
  });

  it('with their namespace come back with it: nobody has withdrawn a single one', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const secret = await channel.seal(site.key('database'), { password: 'made-up-1' });
    await at.apply(secret);
    await at.until('database', 'True Applied');
    const floor = (await at.floors())['database'];
    await cluster.kubectl('delete', 'namespace', site.namespace);
    await at.rest();
    expect((await at.floors())['database']).toBe(`${floor} orphan`);
    await cluster.kubectl('create', 'namespace', site.namespace);
    await at.apply(secret);
    await at.until('database', 'True Applied');
    expect(await site.value('database')).toBe('made-up-1');
    expect((await at.floors())['database']).toBe(floor);
    await at.delete('database');
    await site.untilValue('database', undefined);
    expect((await at.floors())['database']).toBe('2');
  });

  it('and were never accepted leave no fault behind, and no floor', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    await at.apply(channel.unsigned(await channel.seal(site.key('database'), { a: 'b' })));
    await at.until('database', 'False NotEntitled');
    await site.until('Degraded', 'True SecretsFailed');
    await at.delete('database');
    await site.until('Degraded', 'False AsExpected');
    expect((await site.status()).secrets).toMatchObject({ listed: 0, failing: 0 });
    expect(Object.keys(await at.floors())).not.toContain('database');
  });
});
