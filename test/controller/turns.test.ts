import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../controller/turns.ts';
import { Edge, failures } from './edge.ts';

describe('turns', () => {
  it('are handed over when somebody waits, in order, also after a failure', async () => {
    const turns = new Turns();
    const { signal } = new AbortController();
    const order: string[] = [];
    const long = turns.take(async (handOver) => {
      while (!handOver.aborted) await sleep(1);
      order.push('long');
    }, signal);
    const failing = turns.take(async () => {
      order.push('failing');
      throw new Error('made up');
    }, signal);
    const last = turns.take(async (handOver) => {
      order.push('last');
      return handOver.aborted;
    }, signal);
    await long;
    await expect(failing).rejects.toThrow('made up');
    expect(await last).toBe(false);
    expect(order).toEqual(['long', 'failing', 'last']);
  });

  it('end with the signal to stop', async () => {
    const stop = new AbortController();
    const turn = new Turns().take(async (handOver) => {
      while (!handOver.aborted) await sleep(1);
    }, stop.signal);
    stop.abort();
    await turn;
    expect(await new Turns().take(async ({ aborted }) => aborted, stop.signal)).toBe(true);
  });
});

describe('a snapshot that comes while another one is being applied', () => {
  it('is taken over between two secrets, and no floor and no secret is lost', async () => {
    const edge = await Edge.make();
    const { channel } = edge;
    const names = Array.from({ length: 800 }, (_, i) => `production/s${i}`);
    for (const name of names) await channel.seal(name, { password: 'made-up-1' });
    const first = channel.publish();
    // What only the second one changes, removes and adds.
    for (const name of names.slice(0, 200)) await channel.set(name, { password: 'made-up-2' });
    for (const name of names.slice(790)) channel.remove(name);
    await channel.seal('production/new', { password: 'made-up-2' });
    const second = channel.publish();
    channel.reset(first);
    const { round } = await edge.start();
    await round.open(edge.signal);
    await round.poll(() => undefined, edge.signal);
    channel.reset(second);
    let isTended = false;
    const tending = round.tend(edge.signal).then(() => {
      isTended = true;
    });
    await expect.poll(() => edge.applied.length, { interval: 1 }).toBeGreaterThan(5);
    let wasTended: boolean | undefined;
    await round.poll(() => {
      wasTended = isTended;
    }, edge.signal);
    // Accepted in between, with hundreds still to come.
    expect(wasTended).toBe(false);
    await tending;
    const status = round.status!;
    expect(status.secrets).toMatchObject({ listed: 791, applied: 791, failing: 0 });
    expect(status.snapshot?.sequence).toBe(2);
    expect(edge.applied).toHaveLength(791);
    expect(edge.logged('applied').length).toBeGreaterThan(1);
    for (const [i, name] of names.slice(0, 790).entries())
      expect(edge.value(name)).toBe(i < 200 ? 'made-up-2' : 'made-up-1');
    await edge.stop();
    // Each floor is there, whichever snapshot it came with: neither the old version nor a deleted one comes back.
    await channel.seal('production/s0', { password: 'made-up-1' }, { version: 1 });
    await channel.seal('production/s795', { password: 'made-up-1' }, { version: 1 });
    channel.publish();
    expect(failures(await edge.round())).toMatchObject({ 'production/s0': 'BelowFloor' });
    expect(edge.value('production/s0')).toBe('made-up-2');
  }, 90_000);
});
