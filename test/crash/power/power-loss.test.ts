// The power is cut at every step of a sync: what the built controller writes is recorded, and every state that a disk may
// be left in is laid out and started from. `npm test` takes some of them, `npm run test:crash` takes many more.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fingerprint, imageOf, readNode, writeImage } from './disk-model.ts';
import { sampled } from '../faults.ts';
import { expectUnharmed } from '../invariants.ts';
import { cutsOf } from './cuts.ts';
import type { Cut } from './cuts.ts';
import { changing, recordingOf, umask } from './recording.ts';
import { buildProgram, linesOf, runProgram } from '../program.ts';
import { Scene } from '../scene.ts';
import { describeTraced, readCalls, recordTo } from '../syscalls/strace.ts';
import { stories } from '../story.ts';
import { count, isFull } from '../tally.ts';

await describeTraced('a power cut', async () => {
  process.umask(umask);
  const program = await buildProgram();
  // A first sync, an update and deletions; the others differ in the store alone.
  for (const story of isFull ? stories : stories.slice(0, 3)) {
    const scene = await Scene.make(story);
    const folder = scene.folder();
    const log = join(scene.emptyFolder(), 'calls');
    const top = readNode(folder);
    const args = ['controller', '--config', join(folder, 'region-sync.yaml'), '--once'];
    const ending = await runProgram(program, args, { wrapper: recordTo(log, changing) });
    const recording = recordingOf(readCalls(log), folder, top);
    const cuts = [...cutsOf(top, recording, isFull ? 1 : 17)];

    describe(`the power is cut during ${story.name}`, () => {
      afterAll(() => scene.remove());

      it('is recorded to the last byte', () => {
        expect(ending.code).toBe(0);
        expect(fingerprint(top)).toBe(fingerprint(readNode(folder)));
        const { steps } = recording;
        expect(fingerprint(imageOf(top, steps, () => 'kept'))).toBe(fingerprint(top));
        expect(steps.filter(({ kind }) => kind === 'sync').length).toBeGreaterThan(10);
      });

      it.for(sampled(cuts, isFull ? 400 : 6))(
        'after step $at: $name',
        async ({ at, image }: Cut) => {
          const there = scene.emptyFolder();
          writeImage(image, there);
          const said = recording.said.filter((one) => one.at <= at).map(({ text }) => text);
          await expectUnharmed(scene, there, linesOf(said.join('')));
          rmSync(there, { recursive: true });
          count('power cuts');
        },
      );
    });
  }
});
