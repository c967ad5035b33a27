/**
 * History: `edgeseal scan --history` and `gitleaks git` over a repository of 10,000 commits (`--quick`: 1,000), made here, in which
 * 40 tokens were committed and taken out again, four of them by merges alone. Time, memory at its most, and what is found.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeIn } from '../test/support/workspace.ts';
import { findAssets } from '../tools/assets.ts';
import { build } from '../tools/build.ts';

const commits = process.argv.includes('--quick') ? 1000 : 10_000;
const files = 400;
const planted = 40;

/** Numbers that look drawn, and are the same in every run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const random = numbers(7);
const pick = (text: string): string => text[Math.floor(random() * text.length)]!;
const word = (): string =>
  Array.from({ length: 3 + random() * 8 }, () => pick('etaoinshrdlu')).join('');
const line = (): string => `\t${word()}(${word()}, "${word()} ${word()}") // ${word()} ${word()}\n`;

/** A made-up token of a form that both know: a GitLab personal access token. */
function token(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  return `glpat-${Array.from({ length: 20 }, () => pick(alphabet)).join('')}`;
}

/** Writes the history for `git fast-import`: each commit changes some lines of one to three files. */
function* history(): Generator<string> {
  const texts = Array.from({ length: files }, () => Array.from({ length: 120 }, line));
  const path = (i: number): string => `pkg/${i % 20}/file${i}.go`;
  const file = (name: string, text: string): string =>
    `M 100644 inline ${name}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  const every = Math.floor(commits / planted);
  let at = 0;
  const head = (branch: string, message: string): string => {
    at += 1;
    const by = `Made Up <made-up@example.com> ${1_700_000_000 + at * 600} +0000`;
    return `commit refs/heads/${branch}\nmark :${at}\nauthor ${by}\ncommitter ${by}\ndata ${message.length}\n${message}\n`;
  };
  yield `${head('main', 'begin')}${texts.map((text, i) => file(path(i), text.join(''))).join('')}\n`;
  for (let i = 1; i < commits; i += 1) {
    const isMerge = i % 25 === 0 && i > 30;
    let text = head('main', `change ${i}`);
    if (isMerge) text += `from :${at - 1}\nmerge :${at - 7}\n`;
    for (let n = 0; n < 1 + random() * 3; n += 1) {
      const which = Math.floor(random() * files);
      const lines = texts[which]!;
      for (let k = 0; k < 4; k += 1) lines[Math.floor(random() * lines.length)] = line();
      text += file(path(which), lines.join(''));
    }
    // Each tenth of them in a merge: in what its parents have not.
    const due = Math.floor(i / every) % 10 === 5 ? 0 : 7;
    if (i % every === due && i > every)
      text += file('config/settings.env', `API_URL=x\nGITLAB_TOKEN=${token()}\n`);
    if (i % every === due + 1 && i > every)
      text += file('config/settings.env', 'API_URL=x\nGITLAB_TOKEN=\n');
    yield `${text}\n`;
  }
}

interface Measured {
  seconds: number;
  /** In MB, at its most. */
  memory: number;
  code: number;
}

async function timed(
  program: string,
  args: string[],
  cwd: string,
  out?: string,
): Promise<Measured> {
  const start = performance.now();
  const child = spawn(program, args, {
    cwd,
    stdio: ['ignore', out === undefined ? 'ignore' : 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  let memory = 0;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      memory = Math.max(memory, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended meanwhile.
    }
  }, 50);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  if (out !== undefined) found.set(out, Buffer.concat(chunks).toString('utf8'));
  return { seconds: (performance.now() - start) / 1000, memory, code };
}

const found = new Map<string, string>();
const folder = mkdtempSync(join(tmpdir(), 'edgeseal-bench-'));
try {
  const env = homeIn(folder);
  const repo = join(folder, 'repo');
  const git = async (args: string[], input?: Iterable<string>): Promise<void> => {
    const child = spawn('git', args, { cwd: folder, env, stdio: ['pipe', 'ignore', 'inherit'] });
    for (const text of input ?? []) if (!child.stdin.write(text)) await once(child.stdin, 'drain');
    child.stdin.end();
    const [code] = (await once(child, 'close')) as [number];
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${code}`);
  };
  await git(['init', '-q', '-b', 'main', repo]);
  await git(['-C', repo, 'fast-import', '--quiet'], history());
  await git(['-C', repo, 'gc', '-q']);
  await build(join(import.meta.dirname, '..'), join(import.meta.dirname, '../dist'));
  const command = join(import.meta.dirname, '../dist/edgeseal.cjs');
  const ours = await timed(
    process.execPath,
    [command, 'scan', '--history', '-o', 'json'],
    repo,
    'edgeseal',
  );
  const { findings } = JSON.parse(found.get('edgeseal')!) as { findings: { file: string }[] };
  const show = (name: string, { seconds, memory }: Measured, count: number, ratio = ''): void => {
    process.stdout.write(
      `${name.padEnd(40)} ${seconds.toFixed(1).padStart(6)} s  ${memory.toFixed(0).padStart(5)} MB  ${count} findings${ratio}\n`,
    );
  };
  const inSettings = (names: string[]): number =>
    names.filter((name) => name === 'config/settings.env').length;
  process.stdout.write(`${commits} commits, ${planted - 1} tokens, 4 of them in merges\n`);
  show('edgeseal scan --history', ours, inSettings(findings.map(({ file }) => file)));
  const gitleaks = findAssets('gitleaks').programs['gitleaks'];
  if (gitleaks === undefined)
    process.stdout.write('gitleaks: not measured (npm run assets -- gitleaks)\n');
  else {
    const report = join(folder, 'gitleaks.json');
    const args = ['git', '--no-banner', '--report-format', 'json', '--report-path', report, '.'];
    const theirs = await timed(gitleaks, args, repo);
    const leaks = JSON.parse(readFileSync(report, 'utf8')) as { File: string }[];
    const ratio = `   edgeseal is ${(theirs.seconds / ours.seconds).toFixed(1)} times as fast`;
    show('gitleaks git', theirs, inSettings(leaks.map(({ File }) => File)), ratio);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
