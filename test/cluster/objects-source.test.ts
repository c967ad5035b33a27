import { expect, it } from 'vitest';
import { renderSecret } from '../../core/channel/render.ts';
import { generateRegionKey, recipientOf } from '../../core/crypto/region-key.ts';
import { checkEdgeSecretObject, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { createSecret } from '../../core/secret/change.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { repositoryId } from '../controller/channel.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { ObjectSite } from './objects-site.ts';

const template = { type: 'Opaque', immutable: false, metadata: { labels: {}, annotations: {} } };

/** As main has it: one envelope for both regions, and one for the other region alone. */
async function forTwoRegions({ channel, site }: ObjectSite): Promise<EdgeSecret> {
  const { key } = await generateRegionKey();
  const ours = { region: channel.region, keyId: channel.key.id, key: recipientOf(channel.key) };
  const theirs = { region: 'zz-other', keyId: key.id, key: recipientOf(key) };
  const identity = {
    repository: repositoryId,
    namespace: site.namespace,
    name: 'database',
    template,
  };
  const items = new Map([['password', SecretBytes.fromText('made-up-1')]]);
  const both = await createSecret(identity, 1, [ours, theirs], items);
  const alone = await createSecret(identity, 1, [theirs], new Map(items));
  const envelopes = [...both.spec.envelopes, ...alone.spec.envelopes];
  return channel.signed({ ...both, spec: { ...both.spec, envelopes } });
}

describeCluster('EdgeSecret objects', (cluster) => {
  it('from main and from a channel are the same secret', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const main = await forTwoRegions(at);
    const rendered = parseEdgeSecret(renderSecret(main, channel.region)!.bytes, 'channel');
    expect(JSON.stringify(rendered).length).toBeLessThan(JSON.stringify(main).length);
    await at.apply(main);
    await at.until('database', 'True Applied');
    expect(await site.value('database')).toBe('made-up-1');
    const before = await site.secret('database');

    await at.apply(rendered);
    await at.until('database', 'True Applied');
    const object = await at.object('database');
    expect(checkEdgeSecretObject(object).spec).toEqual(rendered.spec);
    expect((await site.secret('database')).metadata.resourceVersion).toBe(
      before.metadata.resourceVersion,
    );
  });

  it('and a channel feed one region side by side, each its own namespaces', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const other = await cluster.createNamespace('channel');
    // The channel brings one to each; nobody has put roots into a ConfigMap.
    await channel.seal(`${other}/mail`, { password: 'made-up-mail' });
    await channel.seal(site.key('stray'), { password: 'made-up-stray' });
    channel.publish();
    const mirrors = [{ name: 'a', url: `${site.server.url}/a/secrets.git` }];
    await site.create(at.spec({}, { mirrors }));
    site.replica();
    await site.until('Ready', 'True Applied');
    await at.apply(await channel.seal(site.key('database'), { password: 'made-up-1' }));
    await at.apply(await channel.seal(`${other}/rogue`, { password: 'made-up-rogue' }));
    await at.until('database', 'True Applied');
    await at.until('rogue', 'False NotFedByObjects', other);
    expect(await site.secret('mail', other)).toBeDefined();
    expect(await site.secret('rogue', other)).toBeUndefined();
    expect(await site.secret('stray')).toBeUndefined();
    await expect
      .poll(async () => (await site.status()).secrets, { timeout: 20_000 })
      .toMatchObject({
        listed: 3,
        applied: 2,
        failing: 1,
        failed: [{ name: site.key('stray'), reason: 'TargetRefused' }],
      });
    // What objects feed, the channel's next snapshot does not prune.
    channel.remove(site.key('stray'));
    channel.remove(site.key('database'));
    channel.remove(`${other}/rogue`);
    await channel.set(`${other}/mail`, { password: 'made-up-mail-2' });
    channel.publish();
    const after = async (): Promise<unknown> => (await site.status()).secrets?.failing;
    await expect.poll(after, { timeout: 20_000 }).toBe(0);
    expect((await site.status()).snapshot?.sequence).toBe(2);
    expect(await site.value('database')).toBe('made-up-1');
  });

  it('take over a namespace from the channel, with its floors', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const first = await channel.seal(site.key('database'), { password: 'made-up-1' });
    const second = await channel.set(site.key('database'), { password: 'made-up-2' });
    channel.publish();
    const mirrors = [{ name: 'a', url: `${site.server.url}/a/secrets.git` }];
    await site.create({ mirrors });
    site.replica();
    await site.untilValue('database', 'made-up-2');
    const uid = async (): Promise<string> => (await site.secret('database')).metadata.uid;
    const before = await uid();
    await at.apply(first);
    await site.change(at.spec({}, { mirrors }));
    await at.until('database', 'False BelowFloor');
    expect(await site.value('database')).toBe('made-up-2');
    await at.apply(second);
    await at.until('database', 'True Applied');
    await at.apply(await channel.set(site.key('database'), { password: 'made-up-3' }));
    await site.untilValue('database', 'made-up-3');
    expect(await uid()).toBe(before);
  });
});
