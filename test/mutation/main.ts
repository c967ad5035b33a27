/**
 * `npm run test:mutation`: 100,000 mutated sealed files, channels, bundles, packs, YAML, roots and stores. Nothing that nobody
 * signed may be accepted, nothing may throw what is not an error of ours, nothing may hang or need much memory.
 * `-- --cases 5000 --seed 7`; `--case 123` runs that one alone.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runMutations } from './run.ts';

const { values } = parseArgs({
  options: { cases: { type: 'string' }, seed: { type: 'string' }, case: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const cases = Number(values.cases ?? 100_000);
const one = values.case === undefined ? undefined : Number(values.case);
console.log(`seed ${seed}`);
const began = performance.now();
const workers = one === undefined ? availableParallelism() : 1;
const [first, end] = one === undefined ? [0, cases] : [one, one + 1];
const results = await Promise.all(
  Array.from({ length: workers }, (_, i) => {
    const at = (n: number): number => first + Math.floor(((end - first) * n) / workers);
    return runMutations({ seed, from: at(i), to: at(i + 1) });
  }),
);
const sum = (of: (result: (typeof results)[number]) => number): number =>
  results.reduce((total, result) => total + of(result), 0);
const wrong = results.flatMap((result) => result.wrong);
for (const each of wrong) console.log(each);
console.log(
  `${sum((r) => r.refused + r.same)} mutations of ${results[0]?.subjects ?? 0} files in ${((performance.now() - began) / 1000).toFixed(0)} s: ` +
    `${sum((r) => r.refused)} refused, ${sum((r) => r.same)} say what was signed, ${wrong.length} wrong; ` +
    `at most ${Math.max(...results.map(({ peakMB }) => peakMB))} MB; seed ${seed}`,
);
process.exitCode = wrong.length === 0 ? 0 : 1;
