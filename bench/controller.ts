/**
 * The controller rows of the number table: `node bench/controller.ts`. A real channel of 10,000 sealed
 * secrets with three values each, a real Git server, and the built program as a process of its own. The fork
 * that fetches counts as time, not as the controller's memory: it is gone after each fetch.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryId, TestChannel } from '../test/controller/channel.ts';
import { build } from '../tools/build.ts';
import { serveGit } from '../tools/git-server.ts';

const SECRETS = Number(process.env['SECRETS'] ?? 10_000);
const NAMESPACES = 20;

type Line = Record<string, unknown>;

/** The built controller, its log and what it says of itself. */
class Running {
  readonly child: ChildProcess;
  readonly #lines: Line[] = [];
  #news: () => void = () => undefined;

  constructor(program: string, config: string) {
    this.child = spawn(process.execPath, [program, 'controller', '--config', config], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (text) => {
      this.#lines.push({ ...(JSON.parse(text) as Line), at: performance.now() });
      this.#news();
    });
  }

  /** The next line with this event, taken out of the log; `at` is when it arrived here. */
  async event(name: string): Promise<Line & { at: number }> {
    for (;;) {
      const found = this.#lines.findIndex(({ event }) => event === name);
      if (found >= 0) return this.#lines.splice(0, found + 1).at(-1) as Line & { at: number };
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
  }

  /** A figure of `/proc`, in MB. */
  memory(field: 'VmRSS' | 'VmHWM'): number {
    const text = readFileSync(`/proc/${this.child.pid!}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(text)?.[1]) / 1000;
  }

  async stop(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await gone;
  }
}

async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1]);
}

const row = (what: string, text: string): void => console.log(`${what.padEnd(34)}${text}`);
const nameOf = (i: number): string => `ns-${i % NAMESPACES}/secret-${i}`;
const values = (): Record<string, string> => ({
  username: randomBytes(9).toString('hex'),
  password: randomBytes(24).toString('base64'),
  token: randomBytes(40).toString('base64'),
});

const channel = await TestChannel.make();
let asked: number | undefined;
const server = await serveGit({
  root: channel.folder,
  onRequest: () => {
    asked ??= performance.now();
    return false;
  },
});
const folder = join(channel.folder, 'edge');
let running: Running | undefined;
try {
  const root = join(import.meta.dirname, '..');
  const dist = join(channel.folder, 'dist');
  await build(root, dist);
  symlinkSync(join(root, 'package.json'), join(channel.folder, 'package.json'));
  mkdirSync(folder);
  const sealing = performance.now();
  for (let i = 0; i < SECRETS; i++) await channel.seal(nameOf(i), values());
  channel.publish();
  channel.repack();
  row('made', `${SECRETS} secrets in ${((performance.now() - sealing) / 1000).toFixed(1)} s`);
  channel.writeKey(join(folder, 'region.key'));
  const config = join(folder, 'region-sync.yaml');
  writeFileSync(
    config,
    `apiVersion: edgeseal.dev/v1alpha1
kind: RegionSync
spec:
  repository: ${repositoryId}
  region: us-east
  root: ${channel.root.sha256}
  mirrors: [{name: a, url: "${server.url}/a/secrets.git"}]
  interval: 1s
  keys: {files: [region.key]}
  store: store
  target: {directory: {path: unsealed}}
  listen: 127.0.0.1:0
`,
  );
  const program = join(dist, 'edgeseal.cjs');
  const began = performance.now();
  running = new Running(program, config);
  const { port } = (await running.event('started')) as unknown as { port: number };
  row(
    'start',
    `${(performance.now() - began).toFixed(0)} ms, RSS ${running.memory('VmRSS').toFixed(0)} MB`,
  );
  const accepted = await running.event('snapshot accepted');
  row('first fetch and verification', `${String(accepted['ms'])} ms`);
  const applied = await running.event('applied');
  row(
    'first sync, in all',
    `${((applied.at - began) / 1000).toFixed(1)} s for ${String(applied['count'])}, opened and written with fsync`,
  );
  await running.event('condition');
  await sleep(3000);
  row(
    'memory',
    `RSS ${running.memory('VmRSS').toFixed(0)} MB, at most ${running.memory('VmHWM').toFixed(0)} MB (goal <= 150 MB)`,
  );

  const before = await metric(port, 'edgeseal_fetch_bytes_total');
  const rounds = await metric(port, 'edgeseal_rounds_total');
  await sleep(5000);
  const polled = (await metric(port, 'edgeseal_fetch_bytes_total')) - before;
  const polls = (await metric(port, 'edgeseal_rounds_total')) - rounds;
  row('idle poll', `${(polled / polls).toFixed(0)} bytes (goal <= 5 KB)`);

  const times: number[] = [];
  const moved: number[] = [];
  for (let n = 0; n < 5; n++) {
    await channel.seal(nameOf(n * 37), values());
    const at = await metric(port, 'edgeseal_fetch_bytes_total');
    channel.publish();
    asked = undefined;
    const done = await running.event('applied');
    times.push(done.at - asked!);
    moved.push((await metric(port, 'edgeseal_fetch_bytes_total')) - at);
  }
  const middle = (list: number[]): number => list.toSorted((a, b) => a - b)[2]!;
  row(
    'one change, asked to applied',
    `${middle(times).toFixed(0)} ms (goal <= 1 s; the interval comes on top)`,
  );
  row('one change, moved', `${(middle(moved) / 1000).toFixed(1)} KB (goal <= 100 KB)`);

  await running.stop();
  await server.close();
  rmSync(join(folder, 'unsealed'), { recursive: true });
  const again = performance.now();
  running = new Running(program, config);
  const offline = await running.event('applied');
  row(
    'restart offline, emptied target',
    `${((offline.at - again) / 1000).toFixed(1)} s for ${String(offline['count'])}`,
  );
  row(
    'memory after it',
    `RSS ${running.memory('VmRSS').toFixed(0)} MB, at most ${running.memory('VmHWM').toFixed(0)} MB`,
  );
  await running.stop();
} finally {
  running?.child.kill('SIGKILL');
  await server.close().catch(() => undefined);
  channel.delete();
}
