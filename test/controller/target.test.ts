import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { condition, Edge, failures } from './edge.ts';

async function settled(count: number): Promise<Edge> {
  const edge = await Edge.make();
  for (let i = 0; i < count; i++)
    await edge.channel.seal(`production/s${i}`, { password: 'made-up' });
  edge.channel.publish();
  await edge.round();
  expect(edge.applied).toHaveLength(count);
  return edge;
}

describe('pruning', () => {
  it('of more than a day may take waits for the operator', async () => {
    const edge = await settled(14);
    const { channel } = edge;
    for (let i = 0; i < 11; i++) channel.remove(`production/s${i}`);
    channel.publish();
    const mass = channel.snapshot;
    const held = await edge.round();
    expect(held.pruning).toMatchObject({ pending: 11, acknowledge: mass });
    expect(condition(held, 'Degraded')).toBe('True PruningHeld');
    expect(edge.applied).toHaveLength(14);
    await edge.round();
    expect(edge.logged('pruning held')).toHaveLength(1);
    // The word is for what that snapshot deleted, also when the next one is there already.
    channel.publish();
    await edge.stop();
    edge.configure({ pinned: channel.root.sha256, spec: [`prune: {acknowledged: ${mass}}`] });
    await edge.round();
    const done = await edge.round();
    expect(done.pruning.pending).toBe(0);
    expect(edge.applied).toHaveLength(3);
  });

  it('of a few goes on, until they are many in one day', async () => {
    const edge = await settled(14);
    const { channel } = edge;
    for (let i = 0; i < 6; i++) channel.remove(`production/s${i}`);
    channel.publish();
    expect((await edge.round()).pruning.pending).toBe(0);
    expect(edge.applied).toHaveLength(8);
    for (let i = 6; i < 11; i++) channel.remove(`production/s${i}`);
    channel.publish();
    expect((await edge.round()).pruning.pending).toBe(5);
    // Neither a restart nor a clock that is set back makes it another day.
    edge.now -= 30 * 24 * 3600_000;
    expect((await edge.restart()).pruning.pending).toBe(5);
    edge.now += 31 * 24 * 3600_000;
    expect((await edge.round()).pruning.pending).toBe(0);
    expect(edge.applied).toHaveLength(3);
  });
});

describe('what is not ours', () => {
  it('is neither overwritten nor removed, and is named', async () => {
    const edge = await Edge.make();
    const { channel } = edge;
    mkdirSync(edge.path('unsealed/production/db'), { recursive: true });
    writeFileSync(edge.path('unsealed/production/db/password'), 'somebody else');
    await channel.seal('production/db', { password: 'made-up-1' });
    await channel.seal('production/other', { password: 'made-up-2' });
    channel.publish();
    const status = await edge.round();
    expect(failures(status)).toEqual({ 'production/db': 'TargetRefused' });
    expect(edge.value('production/db')).toBe('somebody else');
    expect(edge.value('production/other')).toBe('made-up-2');
    // Once it is out of the way the secret comes, after its backoff.
    rmSync(edge.path('unsealed/production/db'), { recursive: true });
    edge.now += 60_000;
    expect(failures(await edge.round())).toEqual({});
    expect(edge.value('production/db')).toBe('made-up-1');
  });
});

describe('drift', () => {
  it('is mended, whatever it is', async () => {
    const edge = await settled(3);
    const changed = edge.path('unsealed/production/s0/..data/password');
    rmSync(changed);
    writeFileSync(changed, 'another value');
    rmSync(edge.path('unsealed/production/s1'), { recursive: true });
    writeFileSync(edge.path('unsealed/production/s2/added'), 'not from the channel');
    await edge.restart();
    expect(edge.applied).toHaveLength(3);
    for (const i of [0, 1, 2]) expect(edge.value(`production/s${i}`)).toBe('made-up');
    expect(edge.value('production/s2', 'added')).toBe(undefined);
    // And in the same process, once it is time to look again.
    rmSync(edge.path('unsealed/production/s1'), { recursive: true });
    await expect
      .poll(async () => {
        await edge.round();
        return edge.value('production/s1');
      })
      .toBe('made-up');
    expect(edge.logged('drift mended')).toMatchObject([{ secret: 'production/s1' }]);
    expect(readFileSync(edge.path('store/status.json'), 'utf8')).not.toContain('made-up');
  });
});
