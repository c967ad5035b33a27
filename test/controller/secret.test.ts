import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateRegionKey } from '../../core/crypto/region-key.ts';
import { TestSigner } from './channel.ts';
import { runCli } from '../support/workspace.ts';
import { condition, Edge, failures } from './edge.ts';

/** As a process of the command line, which has the store to itself. */
async function oneRound(edge: Edge): Promise<{ code: number; stderr: string }> {
  await edge.stop();
  const args = ['controller', '--config', edge.config, '--once'];
  return runCli(args, { cwd: edge.folder, env: {}, stdin: '' });
}

/** An edge that has accepted two secrets. */
async function settled(): Promise<Edge> {
  const edge = await Edge.make();
  await edge.channel.seal('production/db', { password: 'made-up-1' });
  await edge.channel.seal('production/other', { password: 'made-up-1' });
  edge.channel.publish();
  await edge.round();
  return edge;
}

describe('a bad secret', () => {
  it.each<[string, string, (edge: Edge) => unknown]>([
    [
      'unsigned',
      'NotEntitled',
      async ({ channel }) => {
        const next = await channel.seal('production/db', { password: 'made-up-2' });
        channel.put(channel.unsigned(next));
      },
    ],
    [
      'signed by a stranger',
      'NotEntitled',
      ({ channel }) =>
        channel.seal('production/db', { password: 'made-up-2' }, { author: new TestSigner() }),
    ],
    [
      'sealed for another key',
      'NoKey',
      async ({ channel }) =>
        channel.seal(
          'production/db',
          { password: 'made-up-2' },
          { keys: [(await generateRegionKey()).key] },
        ),
    ],
    [
      'with a wrap that was spoiled',
      'WrapSpoiled',
      async ({ channel }) => {
        const next = structuredClone(
          await channel.seal('production/db', { password: 'made-up-2' }),
        );
        const [envelope] = next.spec.envelopes;
        if (envelope === undefined || 'digest' in envelope) throw new Error('it is elided');
        envelope.recipients[0]!.wrapped = Buffer.alloc(1168, 7).toString('base64');
        channel.put(next);
      },
    ],
    [
      'of a version below its floor',
      'BelowFloor',
      async ({ channel }) => {
        await channel.seal('production/db', { password: 'made-up-1' }, { version: 5 });
        channel.publish();
      },
    ],
    [
      'with its overriding envelope hidden',
      'Withheld',
      async ({ channel }) => {
        const next = await channel.set('production/db', { password: 'made-up-2' });
        const last = next.spec.envelopes.at(-1)!;
        if ('digest' in last) throw new Error('an elided envelope');
        const { envelopeDigest } = await import('../../core/secret/statement.ts');
        const hidden = { regions: ['us-east'], digest: envelopeDigest(last) };
        const envelopes = [...next.spec.envelopes.slice(0, -1), hidden];
        channel.put({ ...next, spec: { ...next.spec, envelopes } });
      },
    ],
    [
      'in the place of another one',
      'Misplaced',
      ({ channel }) => {
        channel.put(channel.secrets.get('production/other')!, 'production/db');
      },
    ],
    [
      'with a changed ciphertext and a fitting signature',
      'NotOpened',
      async ({ channel }) => {
        const next = await channel.seal('production/db', { password: 'made-up-2' });
        const envelope = structuredClone(next.spec.envelopes[0]!);
        if ('digest' in envelope) throw new Error('an elided envelope');
        const item = envelope.data['password']!;
        envelope.data['password'] = `${item.startsWith('A') ? 'B' : 'A'}${item.slice(1)}`;
        channel.put(channel.signed({ ...next, spec: { ...next.spec, envelopes: [envelope] } }));
      },
    ],
  ])('%s keeps its last good value, while others go on', async (_, reason, spoil) => {
    const edge = await settled();
    const { channel } = edge;
    await spoil(edge);
    if (reason === 'BelowFloor') {
      await edge.round();
      await channel.seal('production/db', { password: 'made-up-2' }, { version: 4 });
    }
    await channel.seal('production/new', { password: 'made-up-3' });
    channel.publish();
    const status = await edge.round();
    expect(failures(status)).toEqual({ 'production/db': reason });
    expect(condition(status, 'Degraded')).toBe('True SecretsFailed');
    expect(condition(status, 'Ready')).toBe('True Applied');
    expect(edge.value('production/db')).toBe('made-up-1');
    expect(edge.value('production/new')).toBe('made-up-3');
    expect(status.secrets).toMatchObject({ listed: 3, applied: 2, failing: 1 });
    expect(edge.logged('secret failed')).toHaveLength(1);
    await edge.round();
    expect(edge.logged('secret failed')).toHaveLength(1);
    // A restart finds the same, and opens the last good one again.
    const again = await edge.restart();
    expect(failures(again)).toEqual({ 'production/db': reason });
    expect(edge.value('production/db')).toBe('made-up-1');
    // The next good version ends it.
    await channel.seal('production/db', { password: 'made-up-9' }, { version: 9 });
    channel.publish();
    expect(failures(await edge.round())).toEqual({});
    expect(edge.value('production/db')).toBe('made-up-9');
  });

  it('does not become good by the signature of an author of other namespaces', async () => {
    const edge = await settled();
    const { channel } = edge;
    const guest = new TestSigner();
    channel.makeRoot((spec) => {
      spec.authors.push({
        name: 'guest@example.com',
        keys: [guest.line],
        namespaces: ['staging*'],
      });
    });
    await channel.seal('production/db', { password: 'made-up-2' }, { author: guest });
    await channel.seal('staging/db', { password: 'made-up-3' }, { author: guest });
    channel.publish();
    const status = await edge.round();
    expect(failures(status)).toEqual({ 'production/db': 'NotEntitled' });
    expect(status.secrets.failed[0]?.message).toContain('guest@example.com');
    expect(edge.value('staging/db')).toBe('made-up-3');
    // A root that entitles them is enough: the secret's bytes are the same.
    channel.makeRoot((spec) => {
      spec.authors.find(({ name }) => name === 'guest@example.com')!.namespaces = ['*'];
    });
    channel.publish();
    expect(failures(await edge.round())).toEqual({});
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('stays accepted once it was, though its author is taken out', async () => {
    const edge = await settled();
    const { channel } = edge;
    const next = new TestSigner();
    channel.makeRoot((spec) => {
      spec.authors = [{ name: 'next@example.com', keys: [next.line], namespaces: ['*'] }];
    });
    channel.publish();
    expect(failures(await edge.round())).toEqual({});
    await channel.seal('production/db', { password: 'made-up-2' });
    channel.publish();
    expect(failures(await edge.round())).toEqual({ 'production/db': 'NotEntitled' });
    expect(edge.value('production/db')).toBe('made-up-1');
  });

  it('cannot be another secret of the same version', async () => {
    const edge = await settled();
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up-other' }, { version: 1 });
    channel.publish();
    const status = await edge.round();
    expect(failures(status)).toEqual({ 'production/db': 'BelowFloor' });
    expect(edge.value('production/db')).toBe('made-up-1');
  });
});

describe('a deleted secret', () => {
  it('cannot be brought back, not even after a restart; its next version can', async () => {
    const edge = await settled();
    const { channel } = edge;
    const old = channel.secrets.get('production/db')!;
    channel.remove('production/db');
    channel.publish();
    await edge.round();
    expect(edge.applied).toEqual(['production/other']);
    channel.put(old);
    channel.publish();
    expect(failures(await edge.round())).toEqual({ 'production/db': 'BelowFloor' });
    expect(failures(await edge.restart())).toEqual({ 'production/db': 'BelowFloor' });
    expect(edge.applied).toEqual(['production/other']);
    await channel.seal('production/db', { password: 'made-up-2' }, { version: 2 });
    channel.publish();
    expect(failures(await edge.round())).toEqual({});
    expect(edge.value('production/db')).toBe('made-up-2');
  });
});

describe('a region key', () => {
  it('that comes later opens what waited for it, without a restart', async () => {
    const edge = await settled();
    const { channel } = edge;
    const { key, line } = await generateRegionKey();
    await channel.seal('production/db', { password: 'made-up-2' }, { keys: [key] });
    channel.publish();
    const before = await edge.round();
    expect(failures(before)).toEqual({ 'production/db': 'NoKey' });
    expect(before.secrets.failed[0]?.message).toContain(channel.key.id);
    const both = `${channel.keyLine}\n${Buffer.from(line.reveal()).toString()}`;
    channel.writeKey(edge.path('region.key'), both);
    expect(failures(await edge.round())).toEqual({});
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('of another region is named as that, and nothing is called ready', async () => {
    const edge = await Edge.make();
    const { channel } = edge;
    const { key, line } = await generateRegionKey();
    channel.makeRoot((spec) => {
      const keys = [{ sha256: key.sha256, state: 'active' as const }];
      spec.regions.push({ name: 'us-west', role: 'region', keys });
    });
    await channel.seal('production/db', { password: 'made-up-1' });
    await channel.seal('production/other', { password: 'made-up-1' });
    channel.publish();
    channel.writeKey(edge.path('region.key'), Buffer.from(line.reveal()).toString());
    const status = await edge.round();
    expect(condition(status, 'Ready')).toBe('False NothingApplied');
    const says = `${key.id} is the key of us-west`;
    expect(status.conditions[0]?.message).toContain(says);
    expect(status.secrets.failed[0]?.message).toContain(says);
    expect(status.secrets.failed[0]?.message).not.toContain('reseal');
    for (const type of ['Ready', 'Degraded'])
      expect(edge.logged('condition').findLast((one) => one['type'] === type)).toMatchObject({
        level: 'warn',
      });
    expect((await oneRound(edge)).code).toBe(4);
    channel.writeKey(edge.path('region.key'));
    const mended = await edge.round();
    expect(condition(mended, 'Ready')).toBe('True Applied');
    expect(mended.conditions[0]?.message).toBe('snapshot 1 is applied');
    expect(edge.logged('condition').findLast((one) => one['type'] === 'Ready')).toMatchObject({
      level: 'info',
    });
  });

  it('that is missing from the start leaves nothing ready, and what was applied stays', async () => {
    const edge = await Edge.make();
    await edge.channel.seal('production/db', { password: 'made-up-1' });
    edge.channel.publish();
    rmSync(edge.path('region.key'));
    const status = await edge.round();
    expect(condition(status, 'Ready')).toBe('False NothingApplied');
    const { code, stderr } = await oneRound(edge);
    expect(code).toBe(4);
    expect(stderr).toContain('edgeseal: Ready is False, NothingApplied: ');
    edge.channel.writeKey(edge.path('region.key'));
    expect(condition(await edge.restart(), 'Ready')).toBe('True Applied');
    // With a version in its place it is degraded, and the last good value is served.
    rmSync(edge.path('region.key'));
    const later = await edge.restart();
    expect(condition(later, 'Ready')).toBe('True Applied');
    expect(condition(later, 'Degraded')).toBe('True KeysUnreadable');
    expect(edge.value('production/db')).toBe('made-up-1');
  });

  it('that is missing stops nothing else, and is named', async () => {
    const edge = await settled();
    rmSync(edge.path('region.key'));
    const status = await edge.round();
    expect(condition(status, 'Degraded')).toBe('True KeysUnreadable');
    expect(edge.value('production/db')).toBe('made-up-1');
    edge.channel.writeKey(edge.path('region.key'));
    expect(condition(await edge.round(), 'Degraded')).toBe('False AsExpected');
  });
});
