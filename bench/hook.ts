/**
 * The hook row of the number table: five staged files, from the start of the process to its end, beside a bare `node -e 0` and
 * gitleaks. Plain files; then five sealed ones, which take the schemas and the cryptography.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sealInto } from '../test/support/sealed.ts';
import { makeWorkspace } from '../test/support/workspace.ts';
import { findAssets } from '../tools/assets.ts';
import { build } from '../tools/build.ts';

const runs = process.argv.includes('--full') ? 101 : 31;

const root = join(import.meta.dirname, '..');
const ws = await makeWorkspace();
const dist = join(ws.folder, 'package/dist');
await build(root, dist);
const launcher = join(dist, 'edgeseal.cjs');

function once(program: string, args: string[], input?: string): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { cwd: ws.repo, env: ws.env, input });
  // gitleaks takes the ciphertext of sealed files for secrets, and says so with 1.
  if (status !== 0 && !(status === 1 && program.endsWith('gitleaks')))
    throw new Error(`${program} failed: ${stderr.toString().slice(0, 400)}`);
  return performance.now() - start;
}

/** The middle of many runs; what is compared takes turns, so that a busy machine is busy for all. */
function medians(commands: Map<string, () => number>): Map<string, number> {
  const times = new Map([...commands.keys()].map((name) => [name, [] as number[]]));
  for (let run = 0; run < runs; run += 1)
    for (const [name, command] of commands) times.get(name)?.push(command());
  return new Map(
    [...times].map(([name, all]) => [name, all.sort((a, b) => a - b)[runs >> 1] ?? NaN]),
  );
}

function compare(title: string): void {
  const gitleaks = findAssets('gitleaks').programs['gitleaks'];
  const staged = ws.git('diff', '--cached', '--name-only').split('\n').length;
  const commands = new Map([
    ['bare node -e 0', () => once(process.execPath, ['-e', '0'])],
    ['pre-commit', () => once(process.execPath, [launcher, 'hook', 'pre-commit'])],
  ]);
  if (gitleaks !== undefined)
    commands.set('gitleaks', () =>
      once(gitleaks, ['git', '--staged', '--no-banner', '-l', 'error']),
    );
  // Once each before: compiled code is kept between runs.
  for (const command of commands.values()) command();
  const times = medians(commands);
  const bare = times.get('bare node -e 0') ?? NaN;
  process.stdout.write(`${title}, ${String(staged)} staged, median of ${String(runs)}\n`);
  for (const [name, time] of times)
    process.stdout.write(
      `  ${name.padEnd(16)}${time.toFixed(0).padStart(6)} ms  ${(time / bare).toFixed(2)} x bare node\n`,
    );
  if (gitleaks === undefined)
    process.stdout.write('  gitleaks: not there (npm run assets -- gitleaks)\n');
}

try {
  mkdirSync(join(ws.repo, 'src'));
  for (let i = 0; i < 5; i += 1)
    writeFileSync(
      join(ws.repo, `src/file-${String(i)}.ts`),
      Array.from(
        { length: 120 },
        (_, n) => `export const value${String(n)} = ${String(n * i)};`,
      ).join('\n'),
    );
  execFileSync('git', ['add', '-A'], { cwd: ws.repo, env: ws.env });
  compare('five files of a program');
  ws.commit('Add a program');
  for (let i = 0; i < 5; i += 1)
    await sealInto(ws, `production/app-${String(i)}`, { password: 'made-up' });
  execFileSync('git', ['add', '-A'], { cwd: ws.repo, env: ws.env });
  compare('five sealed files');
} finally {
  rmSync(ws.folder, { recursive: true, force: true });
}
