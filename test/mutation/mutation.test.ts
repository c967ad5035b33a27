import { expect, it } from 'vitest';
import { runMutations } from './run.ts';

it('accepts nothing that nobody signed of 2,000 mutated files, and refuses each with an error of ours', async () => {
  const result = await runMutations({ seed: 1, from: 0, to: 2000 });
  expect(result.wrong).toEqual([]);
  expect(result.refused + result.same).toBe(2000);
  // A mutation that changes nothing, or a wrap for somebody else, may pass; most do not.
  expect(result.refused).toBeGreaterThan(1400);
}, 120_000);
