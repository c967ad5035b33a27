import { expect, it } from 'vitest';
import { condition, failures } from '../controller/edge.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { Site } from './site.ts';

describeCluster('a controller and its cluster', (cluster) => {
  it('creates, updates and deletes Secrets as the channel says', async () => {
    const site = await Site.make(cluster);
    const { channel } = site;
    await channel.seal(site.key('database'), { username: 'made-up-user', password: 'made-up-1' });
    await channel.seal(site.key('gone'), { password: 'made-up-2' });
    channel.publish();
    const first = await site.round();
    expect(condition(first, 'Ready')).toBe('True Applied');
    expect(first.secrets).toMatchObject({ listed: 2, applied: 2, failing: 0 });
    const made = await site.secret('database');
    expect(made).toMatchObject({
      type: 'Opaque',
      metadata: {
        labels: {
          'app.kubernetes.io/managed-by': 'edgeseal',
          'edgeseal.dev/region': channel.region,
        },
        annotations: {
          'edgeseal.dev/owner': expect.stringMatching(/^[0-9a-f]{32}$/),
          'edgeseal.dev/version': '1',
          'edgeseal.dev/sealed': expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      },
    });
    await channel.set(site.key('database'), { password: 'made-up-3' });
    channel.remove(site.key('gone'));
    channel.publish();
    await site.round();
    expect(await site.values('database')).toEqual({
      username: 'made-up-user',
      password: 'made-up-3',
    });
    expect((await site.secret('database')).metadata).toMatchObject({
      uid: made.metadata.uid,
      annotations: { 'edgeseal.dev/version': '2' },
    });
    expect(await site.secret('gone')).toBe(undefined);
    const mark = await cluster.request(
      'GET',
      `/api/v1/namespaces/${site.own}/configmaps/edgeseal-mark-${channel.region}`,
    );
    expect(mark.body.data).toMatchObject({ sequence: '2', sha256: channel.snapshot });
    expect(site.lines.join('')).not.toContain('made-up');
  });

  it('brings a Secret within seconds of its namespace, and the others meanwhile', async () => {
    const site = await Site.make(cluster, { interval: '10m' });
    const { channel } = site;
    const later = `later-${site.namespace}`;
    await channel.seal(`${later}/db`, { password: 'made-up-1' });
    await channel.seal(site.key('db'), { password: 'made-up-2' });
    channel.publish();
    await site.run();
    const faults = () => site.status?.secrets.failed.map(({ name, reason }) => [name, reason]);
    await expect.poll(faults, { timeout: 10_000 }).toEqual([[`${later}/db`, 'NamespaceMissing']]);
    expect(await site.values('db')).toEqual({ password: 'made-up-2' });
    await cluster.kubectl('create', 'namespace', later);
    const there = () => site.values('db', later);
    await expect.poll(there, { timeout: 3000 }).toEqual({ password: 'made-up-1' });
    await expect.poll(() => site.status?.secrets).toMatchObject({ applied: 2, failing: 0 });
    expect(site.logged('secret failed')).toHaveLength(1);
    expect(site.logged('drift mended')).toEqual([]);
    // The namespace goes with all that is in it, and comes again.
    await cluster.kubectl('delete', 'namespace', later);
    await expect.poll(faults, { timeout: 20_000 }).toEqual([[`${later}/db`, 'NamespaceMissing']]);
    await cluster.kubectl('create', 'namespace', later);
    await expect.poll(there, { timeout: 3000 }).toEqual({ password: 'made-up-1' });
  });

  it('says what stands against a secret, goes on with the others, and keeps its last good one', async () => {
    const site = await Site.make(cluster, { kubernetes: '{namespaces: ["app-*"]}' });
    const { channel } = site;
    await cluster.request('POST', site.path(''), {
      metadata: { name: 'theirs' },
      stringData: { password: 'theirs' },
    });
    await channel.seal(site.key('theirs'), { password: 'made-up' });
    await channel.seal(site.key('db'), { password: 'made-up' });
    await channel.seal(`${site.own}/own`, { password: 'made-up' });
    await channel.seal('elsewhere/db', { password: 'made-up' });
    channel.publish();
    const status = await site.round();
    expect(failures(status)).toEqual({
      [site.key('theirs')]: 'TargetRefused',
      [`${site.own}/own`]: 'TargetRefused',
      'elsewhere/db': 'TargetRefused',
    });
    expect(await site.values('db')).toEqual({ password: 'made-up' });
    expect(await site.values('theirs')).toEqual({ password: 'theirs' });
    expect(JSON.stringify(status)).not.toContain('made-up');
  });

  it('deletes what is no longer listed, and many only once somebody has looked', async () => {
    const site = await Site.make(cluster);
    const { channel } = site;
    const names = Array.from({ length: 14 }, (_, i) => site.key(`s${i}`));
    for (const name of names) await channel.seal(name, { password: 'made-up' });
    channel.publish();
    await site.round();
    // Somebody copies one, label, annotations and all; it is theirs.
    const { metadata, data } = await site.secret('s0');
    const { labels, annotations } = metadata;
    const copy = { metadata: { name: 'copy', labels, annotations }, data };
    await cluster.request('POST', site.path(''), copy);
    for (const name of names.slice(0, 3)) channel.remove(name);
    channel.publish();
    await site.round();
    expect(await site.secret('s0')).toBe(undefined);
    expect(await site.values('copy')).toEqual({ password: 'made-up' });
    for (const name of names.slice(3)) channel.remove(name);
    channel.publish();
    const held = await site.round();
    expect(held.pruning).toMatchObject({ pending: 11, acknowledge: channel.snapshot });
    expect(await site.values('s9')).toEqual({ password: 'made-up' });
    await site.stop();
    site.configure({}, [`prune: {acknowledged: ${channel.snapshot}}`]);
    await site.round();
    expect(await site.secret('s9')).toBe(undefined);
    expect(await site.values('copy')).toEqual({ password: 'made-up' });
  });

  it('does not start over a lost store with an old channel: the mark in the cluster stands', async () => {
    const site = await Site.make(cluster);
    const { channel } = site;
    await channel.seal(site.key('db'), { password: 'made-up-1' });
    const old = channel.publish();
    await site.round();
    await channel.set(site.key('db'), { password: 'made-up-2' });
    const newest = channel.publish();
    await site.round();
    await site.stop();
    site.forgetStore();
    channel.reset(old);
    expect(condition(await site.round(), 'Ready')).toBe('False StoreBehind');
    expect(await site.values('db')).toEqual({ password: 'made-up-2' });
    channel.reset(newest);
    expect(condition(await site.round(), 'Ready')).toBe('True Applied');
  });
});
