import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { RegionSite } from './region-site.ts';

describeCluster('a RegionSync', (cluster) => {
  it('becomes a region that runs, and says how it is', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    await channel.seal(site.key('bad'), { password: 'made-up-2' });
    channel.put(channel.unsigned(channel.secrets.get(site.key('bad'))!));
    channel.publish();
    await site.create();
    const replica = site.replica();
    await site.until('Ready', 'True Applied');
    expect(await site.value('database')).toBe('made-up-1');
    const { metadata, status } = await site.object();
    expect(status).toMatchObject({
      observedGeneration: metadata.generation,
      keys: [{ id: channel.key.id, sha256: channel.key.sha256 }],
      root: { number: 1, sha256: channel.root.sha256 },
      snapshot: { sequence: 1, sha256: channel.snapshot, source: 'c'.repeat(40) },
      mirrors: [{ name: 'a', state: 'Ok' }],
      secrets: { listed: 2, applied: 1, failing: 1, failed: [{ name: site.key('bad') }] },
      pruning: { pending: 0 },
    });
    expect(Buffer.from(status.keys[0].publicKey, 'base64')).toHaveLength(1216);
    for (const condition of status.conditions)
      expect(condition).toMatchObject({
        observedGeneration: metadata.generation,
        lastTransitionTime: expect.stringMatching(/^20.*Z$/) as string,
      });
    expect(status.conditions.map(({ type }: { type: string }) => type).sort()).toEqual([
      'Degraded',
      'Fresh',
      'Reachable',
      'Ready',
      'Verified',
    ]);
    expect(
      await cluster.kubectl(
        'wait',
        '-n',
        site.own,
        '--for=condition=Ready',
        'regionsync',
        site.region,
      ),
    ).toContain('met');
    const shown = await cluster.kubectl('get', 'esync', '-n', site.own);
    expect(shown).toMatch(/True +1 +1 +1/);
    // Nothing is written while nothing happens.
    await sleep(4000);
    expect((await site.object()).metadata.resourceVersion).toBe(metadata.resourceVersion);
    const local = JSON.parse(readFileSync(`${replica.store}/status.json`, 'utf8'));
    expect(local.secrets).toMatchObject({ listed: 2, applied: 1 });
    const events = await site.events();
    expect(events['SnapshotAccepted']).toHaveLength(1);
    expect(events['SecretFailed']?.[0]).toContain(site.key('bad'));
    const [, metrics] = await replica.page('/metrics');
    expect(metrics).toContain('edgeseal_leader 1');
    expect(metrics).toMatch(/edgeseal_kube_requests_total\{code="200"\} \d+/);
    expect((await replica.page('/readyz'))[0]).toBe(200);
    const said = JSON.stringify([status, events, replica.lines]) + metrics;
    for (const secret of ['made-up-1', 'made-up-2', channel.keyLine])
      expect(said).not.toContain(secret);
    expect(await replica.end('SIGTERM')).toEqual([0, null]);
    expect((await site.lease()).holderIdentity).toBe('');
  });

  it('takes a changed spec without a restart, and keeps to the last one while it is wrong', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.publish();
    await site.create();
    const replica = site.replica();
    await site.until('Ready', 'True Applied');
    const before = (await site.status()).conditions!.find(({ type }) => type === 'Ready')!;
    channel.mirror('b');
    await site.change({
      mirrors: [
        { name: 'a', url: `${site.server.url}/a/secrets.git` },
        { name: 'b', url: `${site.server.url}/b/secrets.git` },
      ],
    });
    await expect
      .poll(async () => (await site.status()).mirrors, { timeout: 15_000 })
      .toMatchObject([{ state: 'Ok' }, { name: 'b', state: 'Ok' }]);
    const { metadata, status } = await site.object();
    expect(status.observedGeneration).toBe(metadata.generation);
    const after = status.conditions.find(({ type }: { type: string }) => type === 'Ready');
    // Still true, so the transition is the old one.
    expect(after.lastTransitionTime).toBe(before.lastTransitionTime);

    // The schema lets it through.
    await site.change({ interval: '0s' });
    await site.until('Ready', 'False InvalidSpec');
    await site.until('Stalled', 'True InvalidSpec');
    const wrong = await site.object();
    expect(wrong.status.observedGeneration).toBe(wrong.metadata.generation);
    expect(JSON.stringify(wrong.status.conditions)).toContain('spec.interval');
    await channel.set(site.key('database'), { password: 'made-up-2' });
    channel.publish();
    await site.untilValue('database', 'made-up-2');
    await expect.poll(async () => (await site.status()).snapshot?.sequence).toBe(2);
    expect(await site.condition('Ready')).toBe('False InvalidSpec');
    await site.change({ interval: '1s' });
    await site.until('Ready', 'True Applied');
    expect(await site.condition('Stalled')).toBe(undefined);
    expect(Object.keys(await site.events())).toContain('InvalidSpec');
    expect(replica.process.exitCode).toBe(null);
    expect(await replica.end('SIGTERM')).toEqual([0, null]);
  });

  it('is suspended and resumed; once it is gone, what is applied stays', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.publish();
    await site.create();
    const replica = site.replica();
    await site.until('Ready', 'True Applied');
    await site.change({ suspend: true });
    await site.until('Ready', 'False Suspended');
    const { status } = await site.object();
    expect(status).toMatchObject({ snapshot: { sequence: 1 }, secrets: { applied: 1 } });
    expect(status.conditions.map(({ type }: { type: string }) => type)).not.toContain('Stalled');
    await channel.set(site.key('database'), { password: 'made-up-2' });
    channel.publish();
    await site.deleteSecret('database', site.namespace);
    const asked = site.server.requests.length;
    await sleep(2500);
    expect(site.server.requests).toHaveLength(asked);
    expect(await site.value('database')).toBe(undefined);
    expect((await replica.page('/readyz'))[0]).toBe(200);
    await site.change({ suspend: false });
    await site.untilValue('database', 'made-up-2');
    await site.until('Ready', 'True Applied');

    await site.delete();
    await expect.poll(() => replica.logged('region sync gone')).toHaveLength(1);
    await channel.set(site.key('database'), { password: 'made-up-3' });
    channel.publish();
    await sleep(2000);
    expect(await site.value('database')).toBe('made-up-2');
    expect((await replica.page('/healthz'))[0]).toBe(200);
    // And another object of that name is a new beginning of the same region.
    await site.create();
    await site.untilValue('database', 'made-up-3');
    await site.until('Ready', 'True Applied');
    expect(await replica.end('SIGTERM')).toEqual([0, null]);
  });
});
