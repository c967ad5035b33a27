/** What a property that starts a controller each time may take. */
export const patienceMs = process.env['EDGESEAL_LONG'] === '1' ? 3600_000 : 120_000;

/** The same cases each time in CI; others, and more of them, with EDGESEAL_LONG=1. */
export function runs(few: number, many: number): { numRuns: number; seed?: number } {
  return process.env['EDGESEAL_LONG'] === '1'
    ? { numRuns: many }
    : { numRuns: few, seed: 20260101 };
}
