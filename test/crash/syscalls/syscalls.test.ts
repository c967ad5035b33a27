// The built controller is killed, or its disk fails, by strace: at each system call that changes a file of store or target,
// in the process itself, its threads, and the one that fetches. `npm test` takes some, `npm run test:crash` many more.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sampled } from '../faults.ts';
import { hasHit, injectAt, spotsOf } from './inject.ts';
import type { Spot } from './inject.ts';
import { expectUnharmed } from '../invariants.ts';
import { changing } from '../power/recording.ts';
import { buildProgram, runProgram } from '../program.ts';
import type { Ending } from '../program.ts';
import { Scene } from '../scene.ts';
import { describeTraced, readCalls, recordTo } from './strace.ts';
import { stories } from '../story.ts';
import { count, isFull } from '../tally.ts';

await describeTraced('harm at a system call', async () => {
  const program = await buildProgram();
  // One thread for what Node does beside: strace counts the calls of each by itself.
  const env = { UV_THREADPOOL_SIZE: '1' };
  const run = (folder: string, wrapper: string[]): Promise<Ending> =>
    runProgram(program, ['controller', '--config', join(folder, 'region-sync.yaml'), '--once'], {
      wrapper,
      env,
    });

  for (const story of isFull ? stories : stories.slice(1, 2)) {
    const scene = await Scene.make(story);
    const logs = scene.emptyFolder();
    const clean = scene.folder();
    await run(clean, recordTo(join(logs, 'clean'), changing));
    const spots = spotsOf(readCalls(join(logs, 'clean')), clean);
    const chosen = sampled(spots, isFull ? 200 : 8);
    let hits = 0;

    describe(`harm at one system call during ${story.name}`, () => {
      afterAll(() => scene.remove());

      it.for(chosen)('$injection at $call of $place', async (spot: Spot) => {
        const folder = scene.folder();
        const log = join(logs, 'injected');
        const ending = await run(folder, injectAt(spot, folder, log));
        expect(ending.stderr).not.toMatch(/unexpected|internal| at .*:\d+/);
        if (hasHit(log, folder, spot)) {
          hits += 1;
          count('system calls');
        }
        await expectUnharmed(scene, folder, ending.lines);
        rmSync(folder, { recursive: true });
      });

      it('hits what it is meant for', () => {
        expect(hits).toBeGreaterThanOrEqual(chosen.length * 0.7);
      });
    });
  }
});
