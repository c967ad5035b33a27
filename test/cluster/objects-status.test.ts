import { expect, it } from 'vitest';
import { generateRegionKey } from '../../core/crypto/region-key.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { ObjectSite } from './objects-site.ts';

describeCluster('the status of an EdgeSecret object', (cluster) => {
  it('says that it waits for a key, keeps the last good version, and is right once the key is there', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'True Applied');
    const { key, line } = await generateRegionKey();
    const options = { keys: [key] };
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-2' }, options));
    await at.until('database', 'False NoKey');
    const { version, conditions } = await at.status('database');
    expect(version).toBe(1);
    expect(conditions).toMatchObject([
      { type: 'Ready', message: expect.stringContaining('the Secret keeps version 1') },
      { type: 'Stalled', status: 'True', reason: 'NoKey' },
    ]);
    expect(await site.value('database')).toBe('made-up-1');
    const other = Buffer.from(line.reveal()).toString();
    await site.putKeys({ 'a.key': channel.keyLine, 'b.key': other });
    await at.until('database', 'True Applied');
    expect(await site.value('database')).toBe('made-up-2');
    expect((await at.status('database')).conditions).toHaveLength(1);
    expect(JSON.stringify(await at.object('database'))).not.toContain('made-up');
  });

  it('is not written while nothing changes, and tells the generation it is about', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const leader = await at.start();
    const secret = await channel.seal(site.key('database'), { password: 'made-up-1' });
    await at.apply(secret);
    await at.until('database', 'True Applied');
    const before = await at.object('database');
    expect(before.status.observedGeneration).toBe(before.metadata.generation);
    await at.apply(secret);
    await at.rest();
    // Nor by the next leader, who looks at everything anew.
    await leader.end('SIGTERM');
    const next = site.replica('b');
    await next.untilLeading();
    await at.rest();
    const after = await at.object('database');
    expect(after.status).toEqual(before.status);
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('is put back where somebody else writes it', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    await at.apply(channel.unsigned(await channel.seal(site.key('database'), { a: 'b' })));
    await at.until('database', 'False NotEntitled');
    const said = await at.status('database');
    const [ready] = said.conditions!;
    const conditions = [{ ...ready, status: 'True', reason: 'Applied', message: 'made up' }];
    const body = { status: { ...said, version: 7, conditions } };
    const type = { 'content-type': 'application/merge-patch+json' };
    await site.must('PATCH', `${at.path('database')}/status`, body, type);
    await at.until('database', 'False NotEntitled');
    expect((await at.status('database')).version).toBeUndefined();
  });

  it('names what the API server’s schema lets through and the format does not', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const secret = await channel.seal(site.key('database'), { password: 'made-up-1' });
    const [envelope] = secret.spec.envelopes as unknown as [{ recipients: object[] }];
    const recipients = [...envelope.recipients, ...envelope.recipients];
    const spec = { ...secret.spec, envelopes: [{ ...envelope, recipients }] } as never;
    await at.apply({ ...secret, spec });
    await at.until('database', 'False Malformed');
    expect(await site.secret('database')).toBeUndefined();
    await expect
      .poll(async () => (await site.status()).secrets?.failed, { timeout: 20_000 })
      .toMatchObject([{ name: site.key('database'), reason: 'Malformed' }]);
    await at.apply(secret);
    await at.until('database', 'True Applied');
  });

  it('of a Secret that is somebody else’s says so, until it may be taken over', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const flags = ['-n', site.namespace, '--from-literal=password=made-up-theirs'];
    await cluster.kubectl('create', 'secret', 'generic', 'database', ...flags);
    // Labels that look like ours make it nobody's.
    const label = `edgeseal.dev/region=${channel.region}`;
    await cluster.kubectl('label', 'secret', 'database', '-n', site.namespace, label);
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'False TargetRefused');
    expect(await site.value('database')).toBe('made-up-theirs');
    const adopt = `edgeseal.dev/adopt=${channel.region}`;
    await cluster.kubectl('annotate', 'secret', 'database', '-n', site.namespace, adopt);
    await at.until('database', 'True Applied');
    expect(await site.value('database')).toBe('made-up-1');
  });

  it('of an immutable Secret is right again after the Secret was made anew', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const template = { type: 'Opaque', immutable: true, metadata: { labels: {}, annotations: {} } };
    const immutable = async (secret: ReturnType<typeof channel.seal>): Promise<void> => {
      const { spec, ...rest } = await secret;
      await at.apply(channel.signed({ ...rest, spec: { ...spec, template } }));
      await at.until('database', 'True Applied');
    };
    await immutable(channel.seal(site.key('database'), { password: 'made-up-1' }));
    const first = await site.secret('database');
    expect(first.immutable).toBe(true);
    await immutable(channel.set(site.key('database'), { password: 'made-up-2' }));
    const second = await site.secret('database');
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    expect(await site.value('database')).toBe('made-up-2');
  });

  it('stays what it was while the region is suspended', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.until('database', 'True Applied');
    await site.change({ suspend: true });
    await site.until('Ready', 'False Suspended');
    await at.apply(await channel.set(site.key('database'), { password: 'made-up-2' }));
    await at.rest();
    const { status, metadata } = await at.object('database');
    expect(status.observedGeneration).toBe(metadata.generation - 1);
    expect(await site.value('database')).toBe('made-up-1');
    await site.change({ suspend: false });
    await at.until('database', 'True Applied');
    expect(await site.value('database')).toBe('made-up-2');
  });
});
