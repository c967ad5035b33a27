// A controller that runs by itself is killed at any time while publications come, again and again.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { describeCluster } from '../../support/cluster/suite.ts';
import { buildProgram, runProgram } from '../program.ts';
import { count, isFull } from '../tally.ts';
import { ClusterScene } from './cluster-scene.ts';

describeCluster('kill -9 under load', async (cluster) => {
  const program = await buildProgram();
  const scene = await ClusterScene.make(cluster);
  afterAll(() => scene.remove());

  it(
    'loses nothing, and leaves nothing half applied at any time',
    { timeout: 600_000 },
    async () => {
      const kills = isFull ? 150 : 4;
      await scene.publish();
      const began = performance.now();
      await runProgram(program, ['controller', '--config', scene.config, '--once'], {
        env: scene.env,
      });
      // On this machine, as busy as it is: to the end of a round, whatever of it is start-up.
      const round = performance.now() - began;
      let highest = await scene.mark();
      expect(highest).toBe(1);
      for (let turn = 0; turn < kills; turn += 1) {
        await scene.publish();
        const delay = round * (0.3 + 1.5 * Math.random());
        const later = [sleep(delay / 2).then(() => scene.publish())];
        const ending = await runProgram(program, ['controller', '--config', scene.config], {
          env: scene.env,
          onStart: (kill) => later.push(sleep(delay).then(kill)),
        });
        await Promise.all(later);
        expect(ending.signal, `killed after ${delay} ms`).toBe('SIGKILL');
        expect(ending.stderr).toBe('');
        const mark = await scene.mark();
        expect(mark, `after a kill at ${delay} ms`).toBeGreaterThanOrEqual(highest);
        highest = mark;
        scene.expectWhole();
        count('kills under load');
      }
      await scene.expectConverges();
      // Those that were killed had got somewhere.
      expect(highest).toBeGreaterThan(1);
      expect(scene.watcher.seen).toBeGreaterThan(kills);
    },
  );
});
