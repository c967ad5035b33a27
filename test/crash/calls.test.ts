// The built controller is killed, or its disk fails, at every call that changes or reads a file of store and target.
// `npm test` takes some of these calls; `npm run test:crash` takes all.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pointsOf, sampled } from './faults.ts';
import type { Fault, FaultTask, Point } from './faults.ts';
import { expectUnharmed } from './invariants.ts';
import { buildProgram, runProgram } from './program.ts';
import type { Ending } from './program.ts';
import { Scene } from './scene.ts';
import { stories } from './story.ts';
import { count, isFull } from './tally.ts';

const program = await buildProgram();
const hook = join(import.meta.dirname, 'fault-hook.ts');

async function run(folder: string, task: Omit<FaultTask, 'root'>): Promise<Ending> {
  const env = { EDGESEAL_FAULT: JSON.stringify({ root: folder, ...task }) };
  const args = ['controller', '--config', join(folder, 'region-sync.yaml'), '--once'];
  return runProgram(program, args, { nodeFlags: ['--import', hook], env });
}

/** One that survives says what is wrong as one of our own errors, or that nothing is. */
function expectSaid({ code, signal, stderr }: Ending, fault: Fault): void {
  if (fault.endsWith('kill')) {
    expect(signal).toBe('SIGKILL');
    return;
  }
  expect(signal).toBe(null);
  expect(stderr).not.toMatch(/unexpected|internal| at .*:\d+/);
  if (code !== 0) expect(stderr).toMatch(/^edgeseal: .*(EIO|ENOSPC|disk|space|store|target)/i);
}

for (const story of stories) {
  const scene = await Scene.make(story);
  const log = join(scene.emptyFolder(), 'calls');
  const clean = scene.folder();
  await run(clean, { at: 0, fault: 'before kill', log });
  const points = pointsOf(readFileSync(log, 'utf8').trimEnd().split('\n'));

  describe(`${story.name}, with harm at one call`, () => {
    afterAll(() => scene.remove());
    it.for(isFull ? points : sampled(points, 7))(
      '$fault at call $at, $call',
      async ({ at, fault }: Point) => {
        const folder = scene.folder();
        const ending = await run(folder, { at, fault });
        expectSaid(ending, fault);
        await expectUnharmed(scene, folder, ending.lines);
        rmSync(folder, { recursive: true });
        count('calls');
      },
    );
  });
}
