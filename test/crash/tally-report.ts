// vitest's globalSetup of `npm run test:crash`: counts the faults that were injected and survived, and says how many.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** So many at least, or the run has not shown what it is for. */
const ENOUGH = 1000;

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-tally-'));
  const file = join(folder, 'tally');
  writeFileSync(file, '');
  process.env['EDGESEAL_CRASH'] = 'full';
  process.env['EDGESEAL_CRASH_TALLY'] = file;
  return () => {
    const kinds = new Map<string, number>();
    const all = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    for (const kind of all) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    rmSync(folder, { recursive: true });
    const parts = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
    console.log(
      `${all.length} fault injections survived, each that was not is a failed test: ${parts}`,
    );
    if (all.length >= ENOUGH) return;
    console.log(`that is less than ${ENOUGH}: see above for what failed or was skipped`);
    process.exitCode = 1;
  };
}
