import { readdirSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { condition, Edge } from './edge.ts';

/** Objects in the Git cache (loose ones, and packs), and packs of the store. */
function pieces(edge: Edge): { objects: number; gitPacks: number; packs: number; bytes: number } {
  const names = readdirSync(edge.path('store'), { recursive: true, encoding: 'utf8' });
  const sizes = names.map((name) => statSync(edge.path('store', name))).filter((s) => s.isFile());
  const count = (pattern: RegExp): number => names.filter((name) => pattern.test(name)).length;
  return {
    objects: count(/^mirrors\.git\/objects\/[0-9a-f]{2}\/[0-9a-f]{38}$/),
    gitPacks: count(/^mirrors\.git\/.*\.pack$/),
    packs: count(/^packs\/[0-9a-f]+\.pack$/),
    bytes: sizes.reduce((sum, { size }) => sum + size, 0),
  };
}

it('200 publishes leave neither the cache nor the store nor a fetch larger than 20', async () => {
  const edge = await Edge.make();
  const { channel } = edge;
  for (let i = 0; i < 20; i += 1) await channel.seal(`production/s${i}`, { password: 'made-up' });
  channel.publish();
  await edge.round();
  const { counters } = await edge.start();
  const moved: number[] = [];
  const sizes: ReturnType<typeof pieces>[] = [];
  for (let n = 1; n <= 200; n += 1) {
    await channel.seal(`production/s${n % 20}`, { password: `made-up-${n}` });
    channel.publish();
    if (n % 10 !== 0) continue;
    const before = counters.of('a').bytes;
    const status = await edge.round();
    expect(condition(status, 'Ready')).toBe('True Applied');
    expect(status.snapshot?.sequence).toBe(n + 1);
    moved.push(counters.of('a').bytes - before);
    sizes.push(pieces(edge));
  }
  expect(moved).toHaveLength(20);
  const early = sizes[3]!;
  for (const { objects, gitPacks, packs, bytes } of sizes.slice(4)) {
    // What 20 secrets, their trees, their index and the roots are, and what one fetch replaces.
    expect(objects).toBeLessThanOrEqual(early.objects + 12);
    expect(gitPacks).toBeLessThanOrEqual(1);
    expect(packs).toBeLessThanOrEqual(33);
    expect(bytes).toBeLessThan(early.bytes * 3);
  }
  // Ten secrets, their index and a snapshot each time, not what came before.
  expect(Math.max(...moved.slice(-5))).toBeLessThan(Math.max(...moved.slice(0, 5)) * 1.2);
  expect(edge.value('production/s0')).toBe('made-up-200');
  expect(edge.applied).toHaveLength(20);
}, 120_000);
