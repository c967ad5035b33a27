// A controller that writes to a real API server is killed, or its connections are cut, at each packet: before the server
// sees a request, or before the controller sees the answer. And its disk fails while it does so.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeCluster } from '../../support/cluster/suite.ts';
import { pointsOf, sampled } from '../faults.ts';
import type { Point } from '../faults.ts';
import { buildProgram, runProgram } from '../program.ts';
import type { Ending, Start } from '../program.ts';
import { count, isFull } from '../tally.ts';
import { ClusterScene } from './cluster-scene.ts';
import type { Way } from './tap.ts';

describeCluster('harm to a controller in front of a cluster', async (cluster) => {
  const program = await buildProgram();
  const scene = await ClusterScene.make(cluster);
  afterAll(() => scene.remove());
  const run = (start: Start): Promise<Ending> =>
    runProgram(program, ['controller', '--config', scene.config, '--once'], {
      ...start,
      env: { ...scene.env, ...start.env },
    });
  const hook = (task: object): Start => ({
    nodeFlags: ['--import', join(import.meta.dirname, '../fault-hook.ts')],
    env: { EDGESEAL_FAULT: JSON.stringify({ root: scene.folder, ...task }) },
  });

  // What a change takes when nothing goes wrong: three times, so that things are deleted too.
  const log = join(scene.script.channel.folder, 'calls');
  for (let turn = 1; turn <= 3; turn += 1) {
    await scene.publish();
    if (turn === 3) scene.tap.arm();
    await run(turn === 3 ? hook({ at: 0, fault: 'before kill', log }) : {});
  }
  const packets = { ...scene.tap.counts };
  const calls = readFileSync(log, 'utf8').trimEnd().split('\n');

  const spots = (['request', 'response'] as const).flatMap((way) =>
    Array.from({ length: packets[way] }, (_, i) =>
      ['kill', 'cut'].map((harm) => ({ way, at: i + 1, harm })),
    ).flat(),
  );
  it.for(isFull ? spots : sampled(spots, 6))(
    'a $harm at $way packet $at',
    async ({ way, at, harm }: { way: Way; at: number; harm: string }) => {
      await scene.publish();
      const ending = await run({
        onStart: (kill) => {
          scene.tap.arm(way, at, harm === 'kill' ? kill : undefined);
        },
      });
      expect(ending.stderr).not.toMatch(/unexpected|internal| at .*:\d+/);
      const before = await scene.mark();
      if (scene.tap.isSprung) count('packets');
      await scene.expectConverges();
      expect(await scene.mark()).toBeGreaterThanOrEqual(before);
    },
  );

  const points = pointsOf(calls);
  it.for(sampled(points, isFull ? 120 : 3))(
    '$fault at call $at, $call',
    async ({ at, fault }: Point) => {
      await scene.publish();
      const ending = await run(hook({ at, fault }));
      expect(ending.stderr).not.toMatch(/unexpected|internal| at .*:\d+/);
      count('calls before a cluster');
      await scene.expectConverges();
    },
  );

  it('was watched', () => {
    expect(scene.watcher.seen).toBeGreaterThan(20);
  });
});
