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

/** @param way for one round, or until it is told to stop */
async function run(
  folder: string,
  { at, fault, log }: Omit<FaultTask, 'root'>,
  way: '--once' | 'on' = '--once',
): Promise<Ending> {
  const env = { EDGESEAL_FAULT: JSON.stringify({ root: folder, at, fault, log }) };
  const args = ['controller', '--config', join(folder, 'region-sync.yaml')];
  if (way === '--once') args.push(way);
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
  const calls = readFileSync(log, 'utf8').trimEnd().split('\n');
  const points = pointsOf(calls);

  describe(`${story.name}, with harm at one call`, () => {
    afterAll(() => scene.remove());

    const survive = async (point: Point, way: '--once' | 'on'): Promise<void> => {
      const folder = scene.folder();
      const ending = await run(folder, point, way);
      expectSaid(ending, point.fault);
      await expectUnharmed(scene, folder, ending.lines);
      rmSync(folder, { recursive: true });
      count('calls');
    };
    it.for(isFull ? points : sampled(points, 5))(
      '$fault at call $at, $call',
      async (point: Point) => survive(point, '--once'),
    );
    // One that goes on may take its calls in another order, and takes no less of them; the last may be those of the end.
    const kills = points.filter(
      ({ at, fault }) => fault === 'before kill' && at < calls.length * 0.9,
    );
    it.for(sampled(kills, isFull ? 40 : 1))(
      'killed at call $at while it goes on',
      async (point: Point) => survive(point, 'on'),
    );
  });
}
