import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { TestChannel, TestSigner } from './channel.ts';
import { condition, Edge, mirrorState } from './edge.ts';

/** An edge that has accepted one snapshot with one secret. */
async function settled(options: Parameters<typeof Edge.make>[0] = {}): Promise<Edge> {
  const edge = await Edge.make(options);
  await edge.channel.seal('production/db', { password: 'made-up-1' });
  edge.channel.publish();
  const status = await edge.round();
  expect(condition(status, 'Ready')).toBe('True Applied');
  return edge;
}

describe('what a mirror cannot do', () => {
  it('serve an older snapshot again', async () => {
    const edge = await settled();
    const { channel } = edge;
    const old = channel.head()!;
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish();
    await edge.round();
    channel.reset(old);
    const status = await edge.round();
    expect(mirrorState(status)).toBe('Rollback');
    expect(condition(status, 'Verified')).toBe('False NothingValid');
    expect(edge.logged('condition').at(-1)).toMatchObject({ type: 'Degraded', level: 'warn' });
    expect(edge.logged('condition').at(-2)).toMatchObject({ type: 'Verified', level: 'error' });
    expect(edge.value('production/db')).toBe('made-up-2');
    expect(mirrorState(await edge.restart())).toBe('Rollback');
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('serve a snapshot of an older root', async () => {
    const edge = await settled();
    const { channel } = edge;
    const first = channel.root;
    channel.makeRoot();
    channel.publish();
    expect((await edge.round()).root?.number).toBe(2);
    channel.root = first;
    channel.publish();
    const status = await edge.round();
    expect(mirrorState(status)).toBe('Rollback');
    expect(status.root?.number).toBe(2);
  });

  it.each<[string, (files: Map<string, Uint8Array>) => void, string]>([
    ['leave a file out', (files) => files.delete('secrets/production/new.yaml'), 'not there'],
    [
      'swap two files',
      (files) => {
        const [a, b] = ['secrets/production/db.yaml', 'secrets/production/new.yaml'] as const;
        const [one, other] = [files.get(a)!, files.get(b)!];
        files.set(a, other);
        files.set(b, one);
      },
      'changed on the way',
    ],
    ['leave an index out', (files) => files.delete('.edgeseal/index/production'), 'missing'],
    ['leave the snapshot out', (files) => files.delete('.edgeseal/snapshot'), 'missing'],
    [
      'change the snapshot',
      (files) => {
        const bytes = Buffer.from(files.get('.edgeseal/snapshot')!);
        bytes[bytes.length - 3]! ^= 1;
        files.set('.edgeseal/snapshot', bytes);
      },
      'not signed by the publishers',
    ],
  ])('%s', async (_, files, words) => {
    const edge = await settled();
    const { channel } = edge;
    await channel.seal('production/new', { password: 'made-up' });
    channel.publish({ files });
    const status = await edge.round();
    expect(mirrorState(status)).toBe('Invalid');
    expect(status.mirrors[0]?.message).toContain(words);
    expect(edge.applied).toEqual(['production/db']);
    expect(status.snapshot?.sequence).toBe(1);
    // The publisher's next snapshot mends it.
    channel.publish();
    expect(mirrorState(await edge.round())).toBe('Ok');
    expect(edge.applied).toEqual(['production/db', 'production/new']);
  });

  it('serve another region, another repository, or what a stranger signed', async () => {
    const edge = await settled();
    const { channel } = edge;
    const back = channel.fork();
    for (const twist of [
      { snapshot: (s: object) => ({ ...s, region: 'us-west' }) as never },
      {
        snapshot: (s: object) =>
          ({ ...s, repository: '00000000-0000-4000-8000-00000000ffff' }) as never,
      },
      { publisher: new TestSigner() },
    ]) {
      channel.publish(twist);
      const status = await edge.round();
      expect(mirrorState(status)).toBe('Invalid');
      expect(status.snapshot?.sequence).toBe(1);
      back();
    }
  });

  it('make a publisher of a key that only the next root names', async () => {
    const edge = await settled();
    const { channel } = edge;
    const stranger = new TestSigner();
    const { rootSigner } = channel;
    // The stranger signs a root of their own, and a snapshot that names it.
    Object.assign(channel, { rootSigner: stranger });
    channel.makeRoot((spec: TrustRootSpec) => {
      spec.publishers.keys = [stranger.line];
    });
    Object.assign(channel, { rootSigner });
    channel.publish({ publisher: stranger });
    const status = await edge.round();
    expect(mirrorState(status)).toBe('Invalid');
    expect(status.root?.number).toBe(1);
  });

  it('take back the verdict of a mirror that half a push made', async () => {
    const edge = await settled();
    const { channel } = edge;
    await channel.seal('production/new', { password: 'made-up' });
    const whole = channel.files;
    const bad = new Map(whole);
    bad.delete('secrets/production/db.yaml');
    channel.commit(bad);
    expect(mirrorState(await edge.round())).toBe('Invalid');
    channel.commit(whole);
    expect(mirrorState(await edge.round())).toBe('Ok');
  });
});

describe('the trust root', () => {
  it('is followed step by step, with the snapshot that names it', async () => {
    const edge = await settled();
    const { channel } = edge;
    const second = new TestSigner();
    channel.makeRoot();
    channel.makeRoot((spec) => {
      spec.publishers.keys = [second.line];
    });
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish({ publisher: second });
    const status = await edge.round();
    expect(status.root).toEqual({ number: 3, sha256: channel.root.sha256 });
    expect(edge.value('production/db')).toBe('made-up-2');
    // Held in the store: the next snapshot needs neither the pin nor the first roots.
    await edge.stop();
    await channel.set('production/db', { password: 'made-up-3' });
    channel.publish({
      publisher: second,
      files: (files) => {
        for (const n of [1, 2]) files.delete(`.edgeseal/trust/${n}`);
      },
    });
    await edge.round();
    expect(edge.value('production/db')).toBe('made-up-3');
  });

  it('stays what it was when the publisher of an old root signs on', async () => {
    const edge = await settled();
    const { channel } = edge;
    channel.makeRoot((spec) => {
      spec.publishers.keys = [new TestSigner().line];
    });
    channel.publish();
    const status = await edge.round();
    expect(mirrorState(status)).toBe('Invalid');
    expect(status.root?.number).toBe(1);
  });

  it('has to be the pinned one', async () => {
    const edge = await Edge.make({ pinned: 'f'.repeat(64) });
    edge.channel.publish();
    const status = await edge.round();
    expect(mirrorState(status)).toBe('Invalid');
    expect(status.mirrors[0]?.message).toContain('spec.root');
    expect(condition(status, 'Ready')).toBe('False NoSnapshot');
  });

  it('may be pinned anew', async () => {
    const edge = await settled();
    const { channel } = edge;
    channel.makeRoot();
    channel.publish();
    await edge.stop();
    edge.configure({ pinned: channel.root.sha256 });
    const status = await edge.round();
    expect(status.root?.number).toBe(2);
    expect(condition(status, 'Ready')).toBe('True Applied');
  });
});

describe('two histories', () => {
  it('are an alarm and a hold; a higher sequence ends the hold, the operator the alarm', async () => {
    const edge = await settled();
    const { channel } = edge;
    const back = channel.fork();
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish();
    await edge.round();
    const honest = channel.fork();
    back();
    await channel.set('production/db', { password: 'made-up-other' });
    channel.publish();
    const other = channel.snapshot;
    honest();
    const held = await edge.round();
    expect(mirrorState(held)).toBe('Equivocation');
    expect(condition(held, 'Verified')).toBe('False Equivocation');
    expect(condition(held, 'Degraded')).toBe('True Alarm');
    expect(held.alarm?.snapshot).toBe(other);
    expect(edge.value('production/db')).toBe('made-up-2');
    expect(edge.logged('equivocation')).toHaveLength(1);
    await edge.round();
    expect(edge.logged('equivocation')).toHaveLength(1);
    expect((await edge.restart()).alarm?.snapshot).toBe(other);

    await channel.set('production/db', { password: 'made-up-4' });
    channel.publish();
    const ended = await edge.round();
    expect(edge.value('production/db')).toBe('made-up-4');
    expect(condition(ended, 'Verified')).toBe('True Verified');
    expect(condition(ended, 'Degraded')).toBe('True Alarm');
    await edge.stop();
    edge.configure({ pinned: channel.root.sha256, spec: [`alarm: {acknowledged: ${other}}`] });
    const quiet = await edge.round();
    expect(quiet.alarm).toBe(null);
    expect(condition(quiet, 'Degraded')).toBe('False AsExpected');
  });

  it('are noticed by a previous that does not fit', async () => {
    const edge = await settled();
    const { channel } = edge;
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish({ snapshot: (s) => ({ ...s, previous: 'e'.repeat(64) }) });
    const status = await edge.round();
    expect(mirrorState(status)).toBe('Equivocation');
    expect(edge.value('production/db')).toBe('made-up-1');
  });
});

describe('several mirrors', () => {
  it('stand in for each other, and who is behind is said to be', async () => {
    const edge = await Edge.make({ mirrors: ['a', 'b'] });
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    channel.mirror('b');
    const both = await edge.round();
    expect([mirrorState(both, 'a'), mirrorState(both, 'b')]).toEqual(['Ok', 'Ok']);
    // The copy is at a commit that was verified already: it need not be fetched a second time.
    const { counters } = await edge.start();
    expect(counters.of('b').fetches).toBe(0);

    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish();
    const behind = await edge.round();
    expect([mirrorState(behind, 'a'), mirrorState(behind, 'b')]).toEqual(['Ok', 'Behind']);
    expect(condition(behind, 'Degraded')).toBe('False AsExpected');
    expect(edge.logged('snapshot accepted').map(({ mirror }) => mirror)).toEqual(['a', 'a']);
  });

  it('are asked though the first one is gone', async () => {
    const edge = await Edge.make({ mirrors: ['gone', 'a'] });
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    const status = await edge.round();
    expect(mirrorState(status, 'gone')).toBe('Unreachable');
    expect(mirrorState(status, 'a')).toBe('Ok');
    expect(condition(status, 'Reachable')).toBe('True Answered');
    expect(condition(status, 'Degraded')).toBe('True MirrorFault');
    expect(edge.value('production/db')).toBe('made-up-1');
  });

  it('are believed when another one lies', async () => {
    const edge = await Edge.make({ mirrors: ['liar', 'a'] });
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    channel.mirror('liar');
    const files = channel.files;
    files.set('secrets/production/db.yaml', Buffer.from('another: file\n'));
    channel.commit(files);
    channel.mirror('liar');
    channel.reset('refs/heads/edgeseal/us-east~1');
    const status = await edge.round();
    expect(mirrorState(status, 'liar')).toBe('Invalid');
    expect(mirrorState(status, 'a')).toBe('Ok');
    expect(condition(status, 'Verified')).toBe('True Verified');
    expect(edge.value('production/db')).toBe('made-up-1');
  });

  it('may be a directory and a bundle', async () => {
    const channel = await TestChannel.make();
    const directory = join(channel.folder, 'a/secrets.git');
    const bundle = join(channel.folder, 'us-east.bundle');
    const edge = await Edge.make({ channel, mirrors: [directory, bundle] });
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    channel.bundle(bundle);
    const status = await edge.round();
    expect(status.mirrors.map(({ state }) => state)).toEqual(['Ok', 'Ok']);
    expect(edge.value('production/db')).toBe('made-up-1');
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish();
    expect((await edge.round()).mirrors.map(({ state }) => state)).toEqual(['Ok', 'Behind']);
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('may be empty or gone', async () => {
    const edge = await Edge.make();
    expect(mirrorState(await edge.round())).toBe('Empty');
  });
});

describe('the heartbeat', () => {
  it('shows that a mirror is frozen', async () => {
    const edge = await Edge.make({ spec: ['staleAfter: 1h'] });
    const { channel } = edge;
    channel.makeRoot((spec) => {
      spec.heartbeat = { key: channel.heartbeat.line };
    });
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    expect(condition(await edge.round(), 'Fresh')).toBe('Unknown NoHeartbeat');
    channel.beat(new Date(edge.now));
    expect(condition(await edge.round(), 'Fresh')).toBe('True Heartbeat');
    edge.now += 2 * 3600_000;
    const stale = await edge.round();
    expect(condition(stale, 'Fresh')).toBe('False Stale');
    expect(condition(stale, 'Ready')).toBe('True Applied');
    expect(edge.value('production/db')).toBe('made-up-1');
    channel.beat(new Date(edge.now));
    expect(condition(await edge.round(), 'Fresh')).toBe('True Heartbeat');
    expect(mirrorState(await edge.round())).toBe('Ok');
  });

  it('that is forged keeps nothing from being accepted, and counts for nothing', async () => {
    const edge = await Edge.make();
    const { channel } = edge;
    channel.makeRoot((spec) => {
      spec.heartbeat = { key: channel.author.line };
    });
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish({ heartbeat: new Date(edge.now) });
    const status = await edge.round();
    expect(condition(status, 'Fresh')).toBe('Unknown NoHeartbeat');
    expect(condition(status, 'Ready')).toBe('True Applied');
    expect(edge.value('production/db')).toBe('made-up-1');
  });
});
