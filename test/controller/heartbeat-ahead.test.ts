import { mkdirSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { renderMetrics } from '../../controller/status/metrics.ts';
import { TestChannel } from './channel.ts';
import { condition, Edge, failures, mirrorState } from './edge.ts';

const minute = 60_000;
const hour = 60 * minute;
const year = 365 * 24 * hour;

/** An edge whose trust root names a heartbeat key, with one secret applied and, if it is given, a heartbeat. */
async function beating(mirrors = ['a'], heartbeat?: (now: number) => number): Promise<Edge> {
  const channel = await TestChannel.make();
  channel.makeRoot((spec) => {
    spec.heartbeat = { key: channel.heartbeat.line };
  });
  const edge = await Edge.make({ channel, mirrors, spec: ['staleAfter: 12h'] });
  await channel.seal('production/db', { password: 'made-up-1' });
  channel.publish(heartbeat === undefined ? {} : { heartbeat: new Date(heartbeat(edge.now)) });
  for (const name of mirrors.slice(1)) channel.mirror(name);
  await edge.round();
  return edge;
}

const fresh = async (edge: Edge): Promise<string> => condition(await edge.round(), 'Fresh');

describe('a heartbeat ahead of the clock', () => {
  it('counts up to ten minutes, as clocks differ, and no further', async () => {
    const edge = await beating();
    edge.channel.beat(new Date(edge.now + 2000 + 10 * minute));
    expect(await fresh(edge)).toBe('True Heartbeat');
    const status = await (await beating(['a'], (now) => now + 11 * minute)).round();
    expect([condition(status, 'Fresh'), mirrorState(status)]).toEqual([
      'False HeartbeatAhead',
      'Ahead',
    ]);
  });

  it('is named with its mirror, keeps nothing from being accepted, nor the right one from counting', async () => {
    const edge = await beating(['a', 'b'], (now) => now + year);
    const status = await edge.round();
    expect(condition(status, 'Ready')).toBe('True Applied');
    expect(condition(status, 'Verified')).toBe('True Verified');
    expect(condition(status, 'Degraded')).toBe('True MirrorFault');
    expect(status.conditions.find(({ type }) => type === 'Fresh')?.message).toMatch(
      /^mirror a: the heartbeat that it serves is of 2027-01-01T00:00:00Z, more than 10 minutes ahead/,
    );
    // What follows is right again, and only mirror a has it so far.
    await edge.channel.set('production/db', { password: 'made-up-2' });
    edge.channel.publish({ heartbeat: new Date(edge.now) });
    const next = await edge.round();
    expect(edge.value('production/db')).toBe('made-up-2');
    expect([mirrorState(next, 'a'), mirrorState(next, 'b')]).toEqual(['Ok', 'Ahead']);
    expect(condition(next, 'Fresh')).toBe('True Heartbeat');
    const { counters } = await edge.start();
    const served = { status: () => next, counters, isAlive: () => true, issuedAt: () => '' };
    expect((await renderMetrics(served)).body).toContain(
      'edgeseal_mirror_state{mirror="b",state="Ahead"} 1',
    );
    edge.channel.mirror('b');
    expect(mirrorState(await edge.round(), 'b')).toBe('Ok');
    const told = edge.logged('mirror').map(({ mirror, state }) => [mirror, state].join(' '));
    expect(told).toEqual(['a Ahead', 'b Ahead', 'a Ok', 'b Ok']);
    edge.now += 13 * hour;
    expect(await fresh(edge)).toBe('False Stale');
  });

  it('counts once the clock is put right, though the mirrors serve what they did', async () => {
    const edge = await beating(['a'], (now) => now + 3 * hour);
    expect(await fresh(edge)).toBe('False HeartbeatAhead');
    edge.now += 3 * hour;
    expect(await fresh(edge)).toBe('True Heartbeat');
    await edge.restart();
    expect(await fresh(edge)).toBe('True Heartbeat');
  });
});

describe('a clock that is set back', () => {
  it('makes nothing fresh for ever, without a network either, and is said', async () => {
    const edge = await beating(['a'], (now) => now);
    expect(await fresh(edge)).toBe('True Heartbeat');
    await edge.server.close();
    edge.now -= year;
    const status = await edge.restart();
    expect(condition(status, 'Fresh')).toBe('False HeartbeatAhead');
    expect(status.conditions.find(({ type }) => type === 'Fresh')?.message).toContain(
      'it may have been set back',
    );
    expect(edge.value('production/db')).toBe('made-up-1');
  });

  it('gives way to the right heartbeat after it was ahead itself', async () => {
    const edge = await beating(['a'], (now) => now);
    edge.now += year;
    edge.channel.beat(new Date(edge.now));
    expect(await fresh(edge)).toBe('True Heartbeat');
    edge.now -= year;
    edge.channel.beat(new Date(edge.now));
    expect(await fresh(edge)).toBe('True Heartbeat');
  });

  it('lets nothing that has failed wait until it is there again', async () => {
    const channel = await TestChannel.make();
    let isDown = true;
    const onRequest = ({ url }: IncomingMessage, response: ServerResponse): boolean => {
      const isRefused = isDown && url?.startsWith('/a/') === true;
      if (isRefused) response.writeHead(503).end();
      return isRefused;
    };
    const edge = await Edge.make({ channel, mirrors: ['b', 'a'], server: { onRequest } });
    const foreign = edge.path('unsealed/production/db');
    mkdirSync(foreign, { recursive: true });
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    channel.mirror('b');
    const status = await edge.round();
    expect(failures(status)).toEqual({ 'production/db': 'TargetRefused' });
    expect(mirrorState(status, 'a')).toBe('Unreachable');
    isDown = false;
    rmSync(foreign, { recursive: true });
    edge.now -= year;
    const after = await edge.round();
    expect(mirrorState(after, 'a')).not.toBe('Unreachable');
    expect(edge.value('production/db')).toBe('made-up-1');
  });
});
