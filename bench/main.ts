/**
 * `npm run bench`: every row of the number table that is built, each file in a process of its own.
 * `npm run bench -- seal fetch` runs some of them; options (`--full`, `--quick`) are handed to each. Figures are ratios
 * within one run: machines differ.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const benches = [
  'seal',
  'hook',
  'fetch',
  'publish',
  'controller',
  'history',
  'scan',
  'scan-history',
  'cluster',
];

const args = process.argv.slice(2);
const options = args.filter((arg) => arg.startsWith('--'));
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((name) => !benches.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(', ')}; there are: ${benches.join(', ')}\n`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : benches) {
  process.stdout.write(`\n== ${name}\n`);
  const child = spawn(
    process.execPath,
    ['--expose-gc', join(import.meta.dirname, `${name}.ts`), ...options],
    {
      stdio: 'inherit',
    },
  );
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) process.exitCode = 1;
}
