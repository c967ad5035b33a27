import { expect, it } from 'vitest';
import { condition } from '../controller/edge.ts';
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
});
