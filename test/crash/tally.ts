import { appendFileSync } from 'node:fs';

/** Whether every point is taken, as `npm run test:crash` does, and not some of them. Set by tally-report.ts. */
export const isFull = process.env['EDGESEAL_CRASH'] === 'full';

/** Counts a fault that was injected and survived. */
export function count(kind: string): void {
  const file = process.env['EDGESEAL_CRASH_TALLY'];
  if (file !== undefined) appendFileSync(file, `${kind}\n`);
}
