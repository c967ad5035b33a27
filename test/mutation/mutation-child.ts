/** Judges mutated files one after the other, and says before each which it is: it may hang, or die of what it reads. */
import { isEdgesealError } from '../../core/errors.ts';
import { Forged } from './judge.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import { makeSubjects } from './subjects.ts';

/** From the parent: which cases; each is the same for the same seed and number. */
export interface MutationTask {
  seed: number;
  from: number;
  to: number;
}

/** To the parent. */
export type MutationNews =
  | { kind: 'case'; number: number; what: string }
  | { kind: 'wrong'; number: number; what: string; message: string }
  | { kind: 'done'; subjects: number; refused: number; same: number; peakMB: number };

const say = (news: MutationNews): void => void process.send?.(news);

async function run({ seed, from, to }: MutationTask): Promise<void> {
  const { subjects, remove } = await makeSubjects();
  const others = subjects.map(({ bytes }) => bytes.subarray(0, 64 * 1024));
  let [refused, same] = [0, 0];
  try {
    for (let number = from; number < to; number += 1) {
      const random = new Random(seed * 1_000_003 + number);
      const { name, form, bytes, judge } = random.pick(subjects);
      const { bytes: changed, how } = mutate(bytes, form, random, others);
      const what = `${name}: ${how}`;
      say({ kind: 'case', number, what });
      try {
        await judge(changed);
        same += 1;
      } catch (error) {
        if (isEdgesealError(error) && error.code !== 'internal') refused += 1;
        else {
          const is =
            error instanceof Forged ? 'accepted, and nobody signed it: ' : 'no error of ours: ';
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          say({ kind: 'wrong', number, what, message: is + text });
        }
      }
    }
  } finally {
    await remove();
  }
  const peakMB = Math.round(process.resourceUsage().maxRSS / 1024);
  say({ kind: 'done', subjects: subjects.length, refused, same, peakMB });
}

process.once('message', (task: MutationTask) => {
  void run(task).then(() => {
    process.disconnect();
  });
});
