/**
 * The scanning row of the number table. Hostile texts of 64 KiB: keywords of each rule close together, samples cut and chained;
 * the worst are printed, and more than 200 ms fail the run. Then a tree of 44.5 MB of Go (kubernetes/pkg, in Go's module cache):
 * the engine in one thread, the command on all cores, gitleaks (`npm run assets`), and kingfisher where it is on the PATH.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanFile } from '../core/scan/scan-file.ts';
import { scanTokens } from '../core/scan/tokens/engine.ts';
import { forms } from '../core/scan/tokens/forms/forms.ts';
import type { TokenRule } from '../core/scan/tokens/rule.ts';
import { tokenRules } from '../core/scan/tokens/rules/index.ts';
import { TokenScanner } from '../core/scan/tokens/token-scanner.ts';
import { findAssets } from '../tools/assets.ts';
import { build } from '../tools/build.ts';
import { type Hostile, hostileTo, hostileToAll, samplesByRule } from './scan/hostile.ts';

const limit = 200;
const isQuick = process.argv.includes('--quick');
const rules: readonly TokenRule[] = [...tokenRules, ...forms];

/** Of this process: what else the machine does counts for nothing. In milliseconds. */
function used(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

interface Cost {
  ms: number;
  what: string;
}

/** The least of three: compilers and collectors come in between. */
async function costOf({ name, text }: Hostile, scan: (bytes: Buffer) => unknown): Promise<Cost> {
  const bytes = Buffer.from(text).subarray(0, 65_536);
  let ms = Infinity;
  for (let turn = 0; turn < 3 && ms > limit / 10; turn += 1) {
    const start = used();
    await scan(bytes);
    ms = Math.min(ms, used() - start);
  }
  return { ms, what: name };
}

function print(title: string, costs: Cost[]): void {
  const worst = costs.sort((a, b) => b.ms - a.ms);
  process.stdout.write(`${title}: ${costs.length} texts of 64 KiB; the worst:\n`);
  for (const { ms, what } of worst.slice(0, 5))
    process.stdout.write(`  ${ms.toFixed(0).padStart(4)} ms  ${what}\n`);
  if ((worst[0]?.ms ?? 0) > limit) process.exitCode = 1;
}

async function hostile(): Promise<void> {
  const whole: Cost[] = [];
  for (const path of ['notes.txt', 'a.yaml', 'a.go'])
    for (const text of hostileToAll(rules)) {
      const cost = await costOf(text, (bytes) => scanFile(path, bytes));
      whole.push({ ...cost, what: `${path}: ${cost.what}` });
    }
  print('all that a file goes through', whole);
  const samples = samplesByRule();
  const alone: Cost[] = [];
  for (const [index, rule] of rules.entries()) {
    if (isQuick && index % 10 > 0) continue;
    const scanner = new TokenScanner([rule]);
    for (const text of hostileTo(rule, samples.get(rule.id) ?? [])) {
      const cost = await costOf(text, (bytes) => scanner.scan(bytes, { path: '' }));
      alone.push({ ...cost, what: `${rule.id}: ${cost.what}` });
    }
  }
  print('each rule alone', alone);
}

function goTree(): string | undefined {
  const cache = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).stdout.trim();
  const tree = join(cache, 'k8s.io/kubernetes@v1.36.3/pkg');
  return existsSync(tree) ? tree : undefined;
}

function readTree(folder: string, files: [path: string, bytes: Buffer][] = []): typeof files {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) readTree(path, files);
    else if (entry.isFile()) files.push([path, readFileSync(path)]);
  }
  return files;
}

function timed(program: string, args: string[]): { seconds: number; stdout: string } {
  const start = performance.now();
  const { stdout, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error !== undefined) throw error;
  return { seconds: (performance.now() - start) / 1000, stdout };
}

function row(name: string, seconds: number, mega: number, findings: number | string): void {
  const speed = `${(mega / seconds).toFixed(1)} MB/s`;
  process.stdout.write(
    `  ${name.padEnd(34)} ${seconds.toFixed(2).padStart(6)} s ${speed.padStart(11)}  ${findings} findings\n`,
  );
}

async function throughput(folder: string): Promise<void> {
  const tree = goTree();
  if (tree === undefined) {
    process.stdout.write('no tree of Go: npm run assets brings it\n');
    return;
  }
  const files = readTree(tree);
  const mega = files.reduce((sum, [, bytes]) => sum + bytes.length, 0) / 1e6;
  process.stdout.write(`${files.length} files, ${mega.toFixed(1)} MB of Go\n`);
  for (const turn of ['cold', 'warm']) {
    const start = used();
    let found = 0;
    for (const [path, bytes] of files) found += scanTokens(bytes, { path }).length;
    row(`tokens, one thread, ${turn} (CPU)`, (used() - start) / 1000, mega, found);
  }
  const dist = join(import.meta.dirname, '../dist');
  await build(join(import.meta.dirname, '..'), dist);
  const ours = timed(process.execPath, [
    join(dist, 'edgeseal.cjs'),
    'scan',
    tree,
    '--output',
    'json',
  ]);
  row('edgeseal scan', ours.seconds, mega, JSON.parse(ours.stdout).findings.length);
  const gitleaks = findAssets('gitleaks').programs['gitleaks'];
  if (gitleaks !== undefined) {
    const report = join(folder, 'gitleaks.json');
    const { seconds } = timed(gitleaks, ['dir', tree, '--no-banner', '-r', report]);
    row('gitleaks', seconds, mega, JSON.parse(readFileSync(report, 'utf8')).length);
  }
  try {
    execFileSync('kingfisher', ['--version'], { stdio: 'ignore' });
  } catch {
    return;
  }
  const { seconds, stdout } = timed('kingfisher', [
    'scan',
    tree,
    '--no-validate',
    '--format',
    'json',
    '--no-update-check',
  ]);
  row('kingfisher', seconds, mega, (stdout.match(/"rule"\s*:/g) ?? []).length);
}

const folder = mkdtempSync(join(tmpdir(), 'edgeseal-bench-'));
try {
  await hostile();
  await throughput(folder);
} finally {
  rmSync(folder, { recursive: true });
}
