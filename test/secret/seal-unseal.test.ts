import { describe, expect, it } from 'vitest';
import { generateRegionKey, recipientOf } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { channelSecret } from '../../core/channel/elide.ts';
import { formatEdgeSecret, isElided, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../../core/format/edge-secret.ts';
import { createSecret, removeRegions, setItems, unsetItem } from '../../core/secret/change.ts';
import { openDataKey, rewrapEnvelope } from '../../core/secret/envelope.ts';
import type { SealRecipient } from '../../core/secret/envelope.ts';
import { statementDigest } from '../../core/secret/statement.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

const repository = '6f1d1c5e-0000-4000-8000-000000000001';
const template = { type: 'Opaque', immutable: false, metadata: { labels: {}, annotations: {} } };
const identity = { repository, namespace: 'production', name: 'database-credentials', template };

const { key: east } = await generateRegionKey();
const { key: west } = await generateRegionKey();
const { key: eu } = await generateRegionKey();
const to = (region: string, key: RegionKey): SealRecipient => ({
  region,
  keyId: key.id,
  key: recipientOf(key),
});
const everywhere = [to('us-east', east), to('us-west', west), to('eu-central', eu)];

// Made-up values.
const items = (entries: Record<string, string>): Map<string, SecretBytes> =>
  new Map(Object.entries(entries).map(([k, v]) => [k, SecretBytes.fromText(v)]));

async function read(
  secret: EdgeSecret,
  region: string,
  key: RegionKey,
): Promise<Record<string, string> | undefined> {
  const unsealed = await unsealSecret(secret, repository, region, [key]);
  if (unsealed === undefined) return undefined;
  return Object.fromEntries(
    [...unsealed.items].map(([k, v]) => [k, Buffer.from(v.reveal()).toString()]),
  );
}

const sealed = await createSecret(
  identity,
  1,
  everywhere,
  items({ username: 'made-up-user', password: 'made-up-password' }),
);

describe('sealing and unsealing', () => {
  it('gives every region the values back, through the file and through the channel', async () => {
    const file = parseEdgeSecret(Buffer.from(formatEdgeSecret(sealed)));
    expect(await read(file, 'us-west', west)).toEqual({
      username: 'made-up-user',
      password: 'made-up-password',
    });
    const channel = channelSecret(file, 'us-east');
    expect(await read(channel!, 'us-east', east)).toEqual({
      username: 'made-up-user',
      password: 'made-up-password',
    });
    expect(formatEdgeSecret(file)).toBe(formatEdgeSecret(sealed));
  });

  it('adds one value without touching the other ciphertext, and drops what it replaces', async () => {
    const changed = await setItems(
      sealed,
      repository,
      2,
      everywhere,
      items({ password: 'made-up-second' }),
    );
    const [first, second] = changed.spec.envelopes as FullEnvelope[];
    expect(Object.keys(first!.data)).toEqual(['username']);
    expect(first!.data['username']).toBe(
      (sealed.spec.envelopes[0] as FullEnvelope).data['username'],
    );
    expect(Object.keys(second!.data)).toEqual(['password']);
    expect(await read(changed, 'eu-central', eu)).toEqual({
      username: 'made-up-user',
      password: 'made-up-second',
    });
  });

  it('keeps a value of its own for one region, and elides it for the others', async () => {
    const changed = await setItems(
      sealed,
      repository,
      2,
      [to('us-west', west)],
      items({ password: 'made-up-west' }),
    );
    expect(await read(changed, 'us-west', west)).toMatchObject({ password: 'made-up-west' });
    expect(await read(changed, 'us-east', east)).toMatchObject({ password: 'made-up-password' });
    const channel = channelSecret(changed, 'us-east')!;
    expect(channel.spec.envelopes.map(isElided)).toEqual([false, true]);
    expect(statementDigest(repository, channel)).toBe(statementDigest(repository, changed));
  });

  it('fails as a whole when an envelope for the region was elided', async () => {
    const changed = await setItems(
      sealed,
      repository,
      2,
      everywhere,
      items({ password: 'made-up-second' }),
    );
    const lied = channelSecret(changed, 'us-east')!;
    const other = channelSecret(
      await setItems(sealed, repository, 2, [to('us-west', west)], items({ password: 'x' })),
      'us-east',
    )!;
    const hidden = { ...lied.spec.envelopes[1], ...other.spec.envelopes[1] };
    const elided = { regions: ['us-east'], digest: (hidden as { digest: string }).digest };
    lied.spec.envelopes[1] = elided;
    await expect(read(lied, 'us-east', east)).rejects.toMatchObject({ code: 'seal-elided' });
  });

  it('says "not for this region" without throwing, and "no key" by throwing', async () => {
    const forWest = await createSecret(identity, 1, [to('us-west', west)], items({ a: 'made-up' }));
    expect(await read(forWest, 'us-east', east)).toBeUndefined();
    await expect(read(forWest, 'us-west', east)).rejects.toMatchObject({ code: 'seal-no-key' });
  });

  it('tells a wrap that was spoiled from one that is missing', async () => {
    const spoiled = structuredClone(sealed);
    const { recipients } = spoiled.spec.envelopes[0] as FullEnvelope;
    const own = recipients.find((recipient) => recipient.region === 'us-east')!;
    const other = recipients.find((recipient) => recipient.region === 'us-west')!;
    own.wrapped = other.wrapped!;
    await expect(read(spoiled, 'us-east', east)).rejects.toMatchObject({
      code: 'seal-wrap',
      message: expect.stringContaining('the wrap for us-east names the key that is here'),
    });
    // Nothing else is changed: who has another key lacks a wrap, now as before.
    await expect(read(spoiled, 'us-east', west)).rejects.toMatchObject({ code: 'seal-no-key' });
    delete own.wrapped;
    await expect(read(spoiled, 'us-east', east)).rejects.toMatchObject({ code: 'seal-no-key' });
  });

  it('does not open when an item, the type, the name or the namespace is another', async () => {
    const swapped = structuredClone(sealed);
    const { data } = swapped.spec.envelopes[0] as FullEnvelope;
    [data['username'], data['password']] = [data['password']!, data['username']!];
    await expect(read(swapped, 'us-east', east)).rejects.toMatchObject({ code: 'seal-open' });
    const typed = {
      ...sealed,
      spec: { ...sealed.spec, template: { ...template, type: 'example.com/other' } },
    };
    await expect(read(typed, 'us-east', east)).rejects.toMatchObject({ code: 'seal-open' });
    for (const metadata of [
      { name: 'other', namespace: 'production' },
      { name: 'database-credentials', namespace: 'staging' },
    ]) {
      await expect(read({ ...sealed, metadata }, 'us-east', east)).rejects.toMatchObject({
        code: 'seal-wrap',
      });
    }
  });

  it('takes a region out, and lists it as exposed until the values are replaced', async () => {
    const without = removeRegions(sealed, 2, new Set(['us-west']));
    expect((without.spec.envelopes[0] as FullEnvelope).exposed).toEqual(['us-west']);
    expect(await read(without, 'us-west', west)).toBeUndefined();
    const rest = everywhere.filter((r) => r.region !== 'us-west');
    const replaced = await setItems(
      without,
      repository,
      3,
      rest,
      items({ username: 'made-up-2', password: 'made-up-3' }),
    );
    expect(replaced.spec.envelopes).toHaveLength(1);
    expect((replaced.spec.envelopes[0] as FullEnvelope).exposed ?? []).toEqual([]);
  });

  it('re-wraps for a new key of the same region without another statement', async () => {
    const { key: second } = await generateRegionKey();
    const envelope = sealed.spec.envelopes[0] as FullEnvelope;
    const dataKey = await openDataKey(identity, envelope, 'eu-central', [eu]);
    const more = rewrapEnvelope(identity, envelope, [to('us-east', second)], dataKey!);
    const rewrapped = { ...sealed, spec: { ...sealed.spec, envelopes: [more] } };
    expect(await read(rewrapped, 'us-east', second)).toMatchObject({ username: 'made-up-user' });
    expect(statementDigest(repository, rewrapped)).toBe(statementDigest(repository, sealed));
  });

  it('unsets an item for all regions, and refuses to unset the last or a missing one', async () => {
    const one = unsetItem(sealed, 2, 'username');
    expect(await read(one, 'us-east', east)).toEqual({ password: 'made-up-password' });
    expect(() => unsetItem(one, 3, 'password')).toThrow(
      expect.objectContaining({ code: 'input-usage' }),
    );
    expect(() => unsetItem(one, 3, 'nothing')).toThrow(
      expect.objectContaining({ code: 'seal-item-missing' }),
    );
  });

  it('takes __proto__ for an item name like any other', async () => {
    const odd = await createSecret(
      identity,
      1,
      everywhere,
      new Map([['__proto__', SecretBytes.fromText('made-up')]]),
    );
    const file = parseEdgeSecret(Buffer.from(formatEdgeSecret(odd)));
    const unsealed = await unsealSecret(file, repository, 'us-east', [east]);
    expect([...(unsealed?.items.keys() ?? [])]).toEqual(['__proto__']);
  });
});
