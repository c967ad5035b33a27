import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isEdgesealError } from '../../core/errors.ts';
import { loadSettings } from '../../controller/config.ts';
import { runCli } from '../support/workspace.ts';
import { Edge } from './edge.ts';

const program = join(import.meta.dirname, '../../cli/bin.ts');

interface Line {
  event: string;
  port?: number;
  [field: string]: unknown;
}

/** A controller as a process of its own, from the command line. */
class Child {
  readonly lines: Line[] = [];
  readonly process;
  readonly #exit: Promise<unknown[]>;

  constructor(edge: Edge) {
    const args = [program, 'controller', '--config', edge.config];
    this.process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#exit = once(this.process, 'exit');
    createInterface({ input: this.process.stdout }).on('line', (text) =>
      this.lines.push(JSON.parse(text) as Line),
    );
    onTestFinished(() => {
      this.process.kill('SIGKILL');
    });
  }

  async logged(event: string): Promise<Line> {
    await expect
      .poll(() => this.lines.some((l) => l.event === event), { timeout: 20_000 })
      .toBe(true);
    return this.lines.find((line) => line.event === event)!;
  }

  async end(signal: NodeJS.Signals): Promise<unknown[]> {
    this.process.kill(signal);
    return this.#exit;
  }
}

async function oneRound(edge: Edge): Promise<{ code: number; stdout: string; stderr: string }> {
  return runCli(['controller', '--config', edge.config, '--once'], {
    cwd: edge.folder,
    env: {},
    stdin: '',
  });
}

describe('edgeseal controller', () => {
  it('runs until it is told to stop, serves what it knows, and starts again offline', async () => {
    const edge = await Edge.make({ spec: ['listen: 127.0.0.1:0'] });
    const { channel } = edge;
    const value = 'made-up-and-looked-for';
    await channel.seal('production/db', { password: value });
    await channel.seal('production/bad', { password: value }, { version: 2 });
    channel.put(channel.unsigned(channel.secrets.get('production/bad')!));
    channel.publish();
    const child = new Child(edge);
    const { port } = await child.logged('started');
    await child.logged('applied');
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`http://127.0.0.1:${port!}${path}`);
      return [response.status, await response.text()];
    };
    await expect.poll(async () => (await get('/readyz'))[0]).toBe(200);
    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    const status = JSON.parse((await get('/status'))[1]) as Record<string, unknown>;
    expect(status).toMatchObject({
      region: 'us-east',
      secrets: { listed: 2, applied: 1, failing: 1 },
      lastContact: expect.stringMatching(/^20/) as string,
    });
    const [, metrics] = await get('/metrics');
    for (const line of [
      'edgeseal_snapshot_sequence 1',
      'edgeseal_secrets{state="applied"} 1',
      'edgeseal_secrets{state="failing"} 1',
      'edgeseal_condition{type="Ready",status="True",reason="Applied"} 1',
      'edgeseal_mirror_state{mirror="a",state="Ok"} 1',
      'edgeseal_applies_total{result="applied"} 1',
      'edgeseal_fetches_total{mirror="a"} 1',
    ]) {
      expect(metrics).toContain(line);
    }
    expect(metrics).toMatch(/edgeseal_fetch_bytes_total\{mirror="a"\} \d{3,}/);
    expect(metrics).toMatch(/edgeseal_last_contact_timestamp_seconds \d/);
    expect(metrics).toContain('process_resident_memory_bytes');
    expect((await get('/'))[0]).toBe(404);
    const posted = await fetch(`http://127.0.0.1:${port!}/status`, { method: 'POST' });
    expect(posted.status).toBe(405);

    expect(await child.end('SIGTERM')).toEqual([0, null]);
    expect(child.lines.at(-1)?.event).toBe('stopped');
    await edge.server.close();
    rmSync(edge.path('unsealed'), { recursive: true });
    const offline = new Child(edge);
    await offline.logged('applied');
    expect(edge.value('production/db')).toBe(value);
    expect(await offline.end('SIGINT')).toEqual([0, null]);

    const said = [...child.lines, ...offline.lines].map((line) => JSON.stringify(line)).join('\n');
    const disk = filesIn(edge.path('store')).map((file) => readFileSync(file, 'latin1'));
    for (const place of [said, metrics, JSON.stringify(status), ...disk]) {
      expect(place).not.toContain(value);
      expect(place).not.toContain(Buffer.from(value).toString('base64').slice(0, -2));
      expect(place).not.toContain(channel.keyLine.slice(-20));
    }
  });

  it('ends at once at the second signal', async () => {
    const edge = await Edge.make();
    const child = new Child(edge);
    await child.logged('started');
    child.process.kill('SIGTERM');
    const [code, signal] = await child.end('SIGTERM');
    expect([0, null]).toContain(code);
    expect([null, 'SIGTERM']).toContain(signal);
  });

  it('may be killed in the middle of a sync', async () => {
    const edge = await Edge.make();
    const { channel } = edge;
    for (let i = 0; i < 150; i++)
      await channel.seal(`production/s${i}`, { password: `made-up-${i}` });
    channel.publish();
    const child = new Child(edge);
    await expect
      .poll(() => edge.applied.length, { interval: 1, timeout: 20_000 })
      .toBeGreaterThan(5);
    expect(await child.end('SIGKILL')).toEqual([null, 'SIGKILL']);
    expect(edge.applied.length).toBeLessThanOrEqual(150);
    const status = await edge.round();
    expect(status.secrets).toMatchObject({ listed: 150, applied: 150 });
    for (let i = 0; i < 150; i++) expect(edge.value(`production/s${i}`)).toBe(`made-up-${i}`);
    expect(readdirSync(edge.path('unsealed/.edgeseal/work-us-east'))).toEqual([]);
  });

  it('kills a fetch that overstays, and goes on', async () => {
    let isStalled = true;
    const edge = await Edge.make({
      spec: ['limits: {fetchTimeout: 1s}'],
      server: {
        mutate: ({ url = '' }) => {
          const isPack = url.endsWith('/git-upload-pack') && (asked += 1) > 2;
          return isPack && isStalled ? () => 'stall' : undefined;
        },
      },
    });
    // The first question and the child's own are let through; the pack is not.
    let asked = 0;
    await edge.channel.seal('production/db', { password: 'made-up' });
    edge.channel.publish();
    const first = await edge.round();
    expect(first.mirrors[0]).toMatchObject({ state: 'Unreachable' });
    expect(first.mirrors[0]?.message).toContain('after 1 s, in the middle of its answer');
    isStalled = false;
    edge.now += 3600_000;
    expect((await edge.round()).secrets.applied).toBe(1);
  });

  it('stops at once though a mirror never answers', async () => {
    const edge = await Edge.make({ server: { onRequest: () => true } });
    const child = new Child(edge);
    await child.logged('keys');
    await expect.poll(() => edge.server.requests.length).toBeGreaterThan(0);
    // The question itself may take 30 s.
    expect(await child.end('SIGTERM')).toEqual([0, null]);
  }, 25_000);

  it('says with its exit code what one round has found', async () => {
    const edge = await Edge.make();
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up' });
    channel.publish();
    expect((await oneRound(edge)).code).toBe(0);
    channel.put(channel.unsigned(await channel.seal('production/bad', { password: 'x' })));
    channel.publish();
    expect((await oneRound(edge)).code).toBe(1);
    channel.remove('production/bad');
    channel.publish({ files: (files) => files.delete('.edgeseal/index/production') });
    expect((await oneRound(edge)).code).toBe(3);
    await edge.server.close();
    expect((await oneRound(edge)).code).toBe(5);
    writeFileSync(edge.path('store/state'), '');
    expect((await oneRound(edge)).code).toBe(6);
  });
});

describe('the configuration', () => {
  it.each<[string, (text: string) => string, string]>([
    ['an unknown field', (text) => text.replace('  store:', '  shop: x\n  store:'), 'shop'],
    ['no mirror', (text) => text.replace(/mirrors:\n.*\n/, 'mirrors: []\n'), 'mirrors'],
    ['no key', (text) => text.replace(/ {2}keys.*\n/, '  keys: {}\n'), 'keys'],
    ['no target', (text) => text.replace(/target: .*/, 'target: {}'), 'target'],
    ['a wrong interval', (text) => text.replace('1s', 'soon'), 'interval'],
    ['a short root', (text) => text.replace(/root: .*/, 'root: abc'), 'root'],
    ['YAML that is none', (text) => `${text}\n  - ]`, ''],
  ])('with %s is refused with file and field', async (_, change, field) => {
    const edge = await Edge.make();
    writeFileSync(edge.config, change(readFileSync(edge.config, 'utf8')));
    const { code, stderr, stdout } = await oneRound(edge);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('region-sync.yaml');
    expect(stderr).toContain(field);
  });

  it('takes SYNC_INTERVAL and CACHE_DURATION from the environment', async () => {
    const edge = await Edge.make();
    const settings = await loadSettings(edge.config, {
      SYNC_INTERVAL: '5m',
      CACHE_DURATION: '72h',
    });
    expect(settings).toMatchObject({ intervalMs: 300_000, staleAfterMs: 72 * 3600_000 });
    const wrong = loadSettings(edge.config, { SYNC_INTERVAL: 'often' });
    await expect(wrong).rejects.toSatisfy(
      (error) => isEdgesealError(error, 'format-schema') && error.field === 'SYNC_INTERVAL',
    );
  });

  it('has to be named', async () => {
    const { code, stderr } = await runCli(['controller'], { cwd: '/', env: {}, stdin: '' });
    expect(code).toBe(2);
    expect(stderr).toContain('--config');
  });

  it('keeps the credentials of a mirror out of everything', async () => {
    const edge = await Edge.make();
    const text = readFileSync(edge.config, 'utf8').replace(
      'http://',
      'http://somebody:made-up-password@',
    );
    writeFileSync(edge.config, text);
    await edge.server.close();
    const status = await edge.round();
    expect(status.mirrors[0]?.url).toContain('http://127.0.0.1');
    const disk = filesIn(edge.path('store')).map((file) => readFileSync(file, 'latin1'));
    for (const place of [JSON.stringify(status), edge.lines.join(''), ...disk])
      expect(place).not.toContain('made-up-password');
  });
});

describe('what lies in the store', () => {
  it('is for its owner alone, but for the status', async () => {
    const edge = await Edge.make();
    await edge.channel.seal('production/db', { password: 'made-up' });
    edge.channel.publish();
    await edge.round();
    chmodSync(edge.folder, 0o755);
    for (const name of ['state', 'contact.json', 'packs'])
      expect(statSync(edge.path('store', name)).mode & 0o077).toBe(0);
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
