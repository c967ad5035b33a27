import { describe, expect, it } from 'vitest';
import { generateRegionKey, recipientOf } from '../../core/crypto/region-key.ts';
import type { EdgeSecret, Template } from '../../core/format/edge-secret.ts';
import { createSecret, fullEnvelopes, setItems, withEnvelopes } from '../../core/secret/change.ts';
import { openDataKey, rewrapEnvelope } from '../../core/secret/envelope.ts';
import type { SealRecipient } from '../../core/secret/envelope.ts';
import type { Choices } from '../../core/secret/merge/conflict.ts';
import { mergeSecrets } from '../../core/secret/merge/merge.ts';
import type { MergeOutcome } from '../../core/secret/merge/merge.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { repositoryId } from '../controller/channel.ts';

const { key } = await generateRegionKey();
const { key: second } = await generateRegionKey();
const { key: recovery } = await generateRegionKey();
const recipient = (region: string, own: typeof key): SealRecipient => ({
  region,
  keyId: own.id,
  key: recipientOf(own),
});
const all = [recipient('east', key), recipient('recovery', recovery)];
const plain: Template = {
  type: 'Opaque',
  immutable: false,
  metadata: { labels: { app: 'one', team: 'a' }, annotations: {} },
};
const identity = { repository: repositoryId, namespace: 'prod', name: 'db', template: plain };
const items = (values: Record<string, string>): Map<string, SecretBytes> =>
  new Map(Object.entries(values).map(([name, text]) => [name, SecretBytes.fromText(text)]));
const base = await createSecret(identity, 1, all, items({ a: 'one', b: 'two' }));
const set = (from: EdgeSecret, values: Record<string, string>): Promise<EdgeSecret> =>
  setItems(from, repositoryId, from.spec.version + 1, all, items(values));
const withTemplate = (from: EdgeSecret, template: Partial<Template>): EdgeSecret => ({
  ...from,
  spec: { ...from.spec, version: from.spec.version + 1, template: { ...plain, ...template } },
});
const labelled = (labels: Record<string, string>): Partial<Template> => ({
  metadata: { labels, annotations: {} },
});
function merge(
  ours: EdgeSecret,
  theirs: EdgeSecret,
  choices: Choices = { named: new Map(), rest: undefined },
): MergeOutcome {
  return mergeSecrets({
    base,
    ours,
    theirs,
    version: 9,
    isRecovery: (name) => name === 'recovery',
    choices,
  });
}
function secretOf(outcome: MergeOutcome): EdgeSecret {
  if (outcome.kind === 'conflict') throw new Error(JSON.stringify(outcome.conflicts));
  return outcome.secret;
}
async function opened(secret: EdgeSecret, own = key): Promise<Record<string, string>> {
  const unsealed = await unsealSecret(secret, repositoryId, 'east', [own]);
  return Object.fromEntries(
    [...unsealed!.items].map(([name, value]) => [name, Buffer.from(value.reveal()).toString()]),
  );
}

describe('templates', () => {
  it('merge part by part: labels that each side changed, added or removed', () => {
    const ours = withTemplate(base, labelled({ app: 'two', team: 'a' }));
    const theirs = withTemplate(base, labelled({ app: 'one', tier: 'web' }));
    expect(secretOf(merge(ours, theirs)).spec.template?.metadata?.labels).toEqual({
      app: 'two',
      tier: 'web',
    });
  });

  it('conflict where both changed one part, and take the side that is chosen', () => {
    const ours = withTemplate(base, labelled({ app: 'two', team: 'a' }));
    const theirs = withTemplate(base, labelled({ team: 'a' }));
    expect(merge(ours, theirs)).toMatchObject({
      kind: 'conflict',
      conflicts: [{ kind: 'template', name: 'label app', ours: 'replaced', theirs: 'removed' }],
    });
    const chosen = merge(ours, theirs, {
      named: new Map([['label app', 'theirs']]),
      rest: undefined,
    });
    expect(secretOf(chosen).spec.template?.metadata?.labels).toEqual({ team: 'a' });
  });

  it('keep an item from a type that it was not sealed for', async () => {
    const typed = { ...identity, template: { ...plain, type: 'example.com/other' } };
    const ours = await createSecret(typed, 2, all, items({ a: 'other', b: 'other' }));
    const theirs = await set(base, { c: 'three' });
    expect(merge(ours, theirs)).toMatchObject({
      kind: 'conflict',
      conflicts: [{ kind: 'type', name: 'c' }],
    });
  });
});

describe('wraps', () => {
  const rewrap = async (from: EdgeSecret, to: SealRecipient): Promise<EdgeSecret> => {
    const context = { repository: repositoryId, ...from.metadata };
    const envelopes = await Promise.all(
      fullEnvelopes(from).map(async (envelope) => {
        const dataKey = await openDataKey(context, envelope, 'recovery', [recovery]);
        return rewrapEnvelope(context, envelope, [to], dataKey!);
      }),
    );
    return { ...from, spec: { ...from.spec, envelopes } };
  };

  it('of a new key are brought into what the other side signed, which stays signed', async () => {
    const changed = await set(base, { a: 'new' });
    const ours = {
      ...changed,
      spec: { ...changed.spec, signatures: [{ author: 'a', signature: 'as it was' }] },
    };
    const theirs = await rewrap(base, recipient('east', second));
    const outcome = merge(ours, theirs);
    expect(outcome).toMatchObject({ kind: 'kept', side: 'ours' });
    const { spec } = secretOf(outcome);
    expect([spec.version, spec.signatures]).toEqual([2, ours.spec.signatures]);
    const wraps = fullEnvelopes(secretOf(outcome)).map(({ recipients }) =>
      recipients.filter(({ region }) => region === 'east').map((r) => r.key),
    );
    expect(wraps).toEqual([[key.id, second.id].sort(), [key.id]]);
  });

  it('that one side dropped stay dropped, with the name of the key', async () => {
    const revoked = fullEnvelopes(base).map((envelope) => ({
      ...envelope,
      recipients: envelope.recipients.map((r) =>
        r.region === 'east' ? { region: r.region, key: r.key! } : r,
      ),
    }));
    const ours = { ...base, spec: { ...base.spec, envelopes: revoked } };
    const theirs = await rewrap(base, recipient('east', second));
    const merged = fullEnvelopes(secretOf(merge(ours, theirs)))[0]!;
    expect(merged.recipients.filter(({ region }) => region === 'east')).toEqual(
      expect.arrayContaining([
        { region: 'east', key: key.id },
        expect.objectContaining({ key: second.id }),
      ]),
    );
    expect(merged.recipients.some((r) => r.key === key.id && r.wrapped !== undefined)).toBe(false);
    expect(await opened(secretOf(merge(ours, theirs)), second)).toEqual({ a: 'one', b: 'two' });
  });
});

describe('what comes out', () => {
  it('is a side as it is where the other brings nothing', async () => {
    const ours = await set(await set(base, { a: 'new' }), { c: 'more' });
    const theirs = withEnvelopes(ours, 4, fullEnvelopes(ours));
    expect(merge(ours, theirs)).toMatchObject({ kind: 'kept', side: 'theirs' });
    // One version, two statements: clusters that have the one would refuse the other.
    const same = { ...theirs, spec: { ...theirs.spec, version: 3 } };
    const twin = { ...same, spec: { ...same.spec, template: { ...plain, immutable: true } } };
    expect(merge(ours, twin)).toMatchObject({ kind: 'merged', secret: { spec: { version: 9 } } });
  });

  it('has both signatures where both signed the same', () => {
    const signed = (author: string): EdgeSecret => ({
      ...base,
      spec: { ...base.spec, signatures: [{ author, signature: `of ${author}` }] },
    });
    const { spec } = secretOf(merge(signed('a'), signed('b')));
    expect(spec.signatures.map(({ author }) => author)).toEqual(['a', 'b']);
    expect(spec.version).toBe(1);
  });

  it('is nothing where the same envelope has other ciphertext on each side', async () => {
    const ours = await set(base, { c: 'three' });
    const envelopes = fullEnvelopes(ours).map((e, i) =>
      i === 1 ? { ...e, data: { c: 'AAAA' } } : e,
    );
    const theirs = { ...ours, spec: { ...ours.spec, envelopes } };
    expect(merge(ours, theirs)).toMatchObject({ kind: 'conflict', conflicts: [{ name: 'c' }] });
    const forced = merge(ours, theirs, { named: new Map(), rest: 'ours' });
    expect(forced).toMatchObject({ kind: 'conflict', conflicts: [{ kind: 'damaged', name: 'c' }] });
  });

  it('is refused for two different secrets', () => {
    const other = { ...base, metadata: { ...base.metadata, name: 'other' } };
    expect(() => merge(base, other)).toThrow('one side says it is prod/db, the other prod/other');
  });
});
