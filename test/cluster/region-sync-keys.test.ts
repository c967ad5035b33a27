import { expect, it } from 'vitest';
import { generateRegionKey } from '../../core/crypto/region-key.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { RegionSite } from './region-site.ts';

describeCluster('region keys in a cluster', (cluster) => {
  it('are made once where there is none, and shown by their public halves', async () => {
    const site = await RegionSite.make(cluster, { hasKey: false });
    await site.create({ keys: { secret: { name: 'region-key', generate: true } } });
    const replicas = [site.replica('a'), site.replica('b')];
    await expect.poll(async () => (await site.status()).keys, { timeout: 20_000 }).toHaveLength(1);
    const [shown] = (await site.status()).keys!;
    expect(shown!.sha256.startsWith(shown!.id)).toBe(true);
    const secret = await site.secret('region-key', site.own);
    expect(Object.keys(secret.data)).toEqual(['region.key']);
    expect(Object.keys(await site.events())).toContain('KeyMade');
    const line = Buffer.from(secret.data['region.key'], 'base64').toString();
    expect(line).toMatch(/^edgeseal-region-key-1-/);
    const said = JSON.stringify([await site.object(), ...replicas.map(({ lines }) => lines)]);
    expect(said).not.toContain(line);
    expect(replicas.flatMap((replica) => replica.logged('key made'))).toHaveLength(1);
  });

  it('that are lost are not made anew; put back, they are taken up without a restart', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.publish();
    const keys = { secret: { name: 'region-key', generate: true } };
    await site.create({ keys });
    const first = site.replica();
    await site.until('Ready', 'True Applied');
    await site.deleteSecret('region-key');
    // Those in memory stay in use.
    await site.until('Degraded', 'True KeysUnreadable');
    expect(await site.condition('Ready')).toBe('True Applied');
    await first.end('SIGTERM');
    // Neither store nor key are there: the mark in the cluster says that there has been one.
    site.replica('b');
    await site.until('Ready', 'False KeyLost');
    await site.until('Stalled', 'True KeyLost');
    expect(await site.secret('region-key', site.own)).toBe(undefined);
    expect(await site.value('database')).toBe('made-up-1');
    expect((await site.events())['KeyLost']?.[0]).toContain('backup');
    await site.putKeys({ 'backup.key': channel.keyLine });
    await site.until('Ready', 'True Applied');
    await channel.set(site.key('database'), { password: 'made-up-2' });
    channel.publish();
    await site.untilValue('database', 'made-up-2');
  });

  it('that were used say so: with mark, Secrets and store gone, nothing is accepted before somebody has looked', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.publish();
    await site.create();
    const first = site.replica();
    await site.until('Ready', 'True Applied');
    const annotation = async (): Promise<string | undefined> => {
      const { metadata } = (await site.secret('region-key', site.own)) as {
        metadata: { annotations?: Record<string, string> };
      };
      return metadata.annotations?.['edgeseal.dev/used'];
    };
    await expect.poll(annotation, { timeout: 20_000 }).toMatch(/^[0-9a-f]{32}$/);
    const loseAll = async (): Promise<void> => {
      const mark = `/api/v1/namespaces/${site.own}/configmaps/edgeseal-mark-${site.region}`;
      await site.must('DELETE', mark);
      await site.deleteSecret('database', site.namespace);
    };
    await first.end('SIGTERM');
    await loseAll();
    const second = site.replica('b');
    await site.until('Ready', 'False FloorNeeded');
    const { conditions } = await site.status();
    expect(conditions?.find(({ type }) => type === 'Ready')?.message).toContain(
      `edgeseal renew-floor ${site.region} --context CONTEXT`,
    );
    expect(await site.value('database')).toBe(undefined);
    await site.change({ floor: { root: 1, sequence: 1, renewed: 'made up, by somebody' } });
    await site.until('Ready', 'True Applied');
    expect(await site.value('database')).toBe('made-up-1');
    await second.end('SIGTERM');
    await site.change({ floor: null });
    // A backup of the key alone does not know of it.
    await loseAll();
    await site.putKeys({ 'region.key': channel.keyLine });
    site.replica('c');
    await site.until('Ready', 'True Applied');
    await expect.poll(annotation, { timeout: 20_000 }).toMatch(/^[0-9a-f]{32}$/);
  });

  it('may be several, each in an item of its own, and one that comes later opens what waits', async () => {
    const site = await RegionSite.make(cluster);
    const { channel } = site;
    const { key, line } = await generateRegionKey();
    const other = Buffer.from(line.reveal()).toString();
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    await channel.seal(site.key('waiting'), { password: 'made-up-2' }, { keys: [key] });
    channel.publish();
    await site.create();
    site.replica();
    await site.until('Degraded', 'True SecretsFailed');
    expect((await site.status()).secrets?.failed).toMatchObject([{ reason: 'NoKey' }]);
    await site.putKeys({ 'old.key': channel.keyLine, 'new.key': `# from a backup\n${other}\n` });
    await site.until('Degraded', 'False AsExpected');
    expect(await site.value('waiting')).toBe('made-up-2');
    const { keys } = await site.status();
    expect(keys?.map(({ sha256 }) => sha256).sort()).toEqual(
      [channel.key.sha256, key.sha256].sort(),
    );
  });

  it('that are installed in a second cluster open the same channel there', async () => {
    const first = await RegionSite.make(cluster);
    const { channel } = first;
    const second = await RegionSite.make(cluster, { channel });
    await channel.seal(first.key('database'), { password: 'made-up-1' });
    channel.publish();
    await second.create();
    second.replica();
    await second.until('Ready', 'True Applied');
    expect(await first.value('database')).toBe('made-up-1');
    expect((await second.status()).keys).toMatchObject([{ sha256: channel.key.sha256 }]);
  });
});
