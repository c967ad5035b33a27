import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { FluxSite, startFlux } from './flux-site.ts';

describeOwnCluster('Flux', { controllers: true }, async (cluster) => {
  await startFlux(cluster);

  it('brings a channel as objects: they arrive, change, and go', async () => {
    const flux = await FluxSite.make(cluster);
    const { at } = flux;
    const { channel, site } = at;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    await channel.seal(site.key('mail'), { password: 'made-up-mail' });
    const first = channel.publish();
    await flux.follow(`edgeseal/${channel.region}`);
    await flux.until('True', first);
    // Flux was told to wait: what it calls ready is there.
    expect(await site.value('database')).toBe('made-up-1');
    expect(await site.value('mail')).toBe('made-up-mail');

    await channel.set(site.key('database'), { password: 'made-up-2' });
    await flux.until('True', channel.publish());
    expect(await site.value('database')).toBe('made-up-2');

    channel.remove(site.key('database'));
    await flux.until('True', channel.publish());
    await site.untilValue('database', undefined);
    expect(await site.value('mail')).toBe('made-up-mail');
    expect((await at.floors())['database']).toBe('3');
  });

  it('brings main: what is sealed for other regions is no reason to wait', async () => {
    const flux = await FluxSite.make(cluster);
    const { channel, site } = flux.at;
    const ours = await channel.seal(site.key('database'), { password: 'made-up-1' });
    const stranger = await flux.stranger(site.key('theirs'));
    flux.commitMain(ours, stranger);
    await flux.follow('main', 'people/.git');
    await flux.until('True');
    expect(await site.value('database')).toBe('made-up-1');
    expect(await site.value('theirs')).toBeUndefined();
    await flux.at.until('theirs', 'True NotForThisRegion');
  });

  it('says at once that a secret was refused, and goes on when it is mended', async () => {
    const flux = await FluxSite.make(cluster);
    const { at } = flux;
    const { channel, site } = at;
    const secret = await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.put(channel.unsigned(secret));
    const began = performance.now();
    const bad = channel.publish();
    await flux.follow(`edgeseal/${channel.region}`);
    await flux.until('False HealthCheckFailed', bad);
    // Long before its timeout of 30 seconds.
    expect(performance.now() - began).toBeLessThan(25_000);
    await at.until('database', 'False NotEntitled');
    channel.put(secret);
    await flux.until('True', channel.publish());
    expect(await site.value('database')).toBe('made-up-1');
  });

  it('is suspended, or the region is: nothing changes until that ends', async () => {
    const flux = await FluxSite.make(cluster);
    const { channel, site } = flux.at;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    await flux.follow(`edgeseal/${channel.region}`);
    await flux.until('True', channel.publish());

    await flux.suspend(true);
    await channel.set(site.key('database'), { password: 'made-up-2' });
    const second = channel.publish();
    await sleep(4000);
    expect(await site.value('database')).toBe('made-up-1');
    await flux.suspend(false);
    await flux.until('True', second);
    expect(await site.value('database')).toBe('made-up-2');

    await site.change({ suspend: true });
    await site.until('Ready', 'False Suspended');
    await channel.set(site.key('database'), { password: 'made-up-3' });
    const third = channel.publish();
    await flux.until('Unknown Progressing', third);
    expect(await site.value('database')).toBe('made-up-2');
    await site.change({ suspend: null });
    await flux.until('True', third);
    expect(await site.value('database')).toBe('made-up-3');
  });

  it('and the controller mend drift side by side, and leave each other alone', async () => {
    const flux = await FluxSite.make(cluster);
    const { at } = flux;
    const { channel, site } = at;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    await flux.follow(`edgeseal/${channel.region}`);
    await flux.until('True', channel.publish());

    await at.patch('database', { spec: { version: 9 } });
    await at.until('database', 'True Applied');
    expect((await at.object('database')).spec.version).toBe(1);
    await site.deleteSecret('database', site.namespace);
    await site.untilValue('database', 'made-up-1');
    await at.delete('database');
    await site.untilValue('database', undefined);
    // It was withdrawn by hand: Flux puts the object back, but the floor has gone up.
    await at.until('database', 'False BelowFloor');
    await channel.set(site.key('database'), { password: 'made-up-2' });
    await flux.until('True', channel.publish());

    const versions = async (): Promise<unknown[]> => {
      const object = await at.object('database');
      const secret = await site.secret('database');
      return [object.metadata.resourceVersion, secret.metadata.resourceVersion];
    };
    const before = await versions();
    await sleep(6000);
    expect(await versions()).toEqual(before);
  });

  it('takes everything away with the Kustomization, within a limit', async () => {
    const flux = await FluxSite.make(cluster);
    const { channel, site } = flux.at;
    const names = Array.from({ length: 15 }, (_, i) => `database-${i}`);
    for (const name of names) await channel.seal(site.key(name), { password: 'made-up-1' });
    await flux.follow(`edgeseal/${channel.region}`);
    await flux.until('True', channel.publish());
    await flux.unfollow();
    const secrets = async (): Promise<unknown> => (await site.status()).secrets;
    await expect.poll(secrets, { timeout: 30_000 }).toMatchObject({ listed: 0 });
    // Flux deletes one after the other, and ten a day may go.
    const { pending, acknowledge } = (await site.status()).pruning!;
    expect(pending).toBeGreaterThanOrEqual(5);
    const values = await Promise.all(names.map(async (name) => site.value(name)));
    expect(values.filter((value) => value === 'made-up-1').length).toBe(pending);
    await site.change({ prune: { acknowledged: acknowledge } });
    for (const name of names) await site.untilValue(name, undefined);
  });
});
