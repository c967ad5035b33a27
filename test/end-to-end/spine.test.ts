import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { serveGit } from '../../tools/git-server.ts';
import type { GitServer } from '../../tools/git-server.ts';
import { homeIn, runCli } from '../support/workspace.ts';
import type { CliResult } from '../support/workspace.ts';

// The main job on the requirement's own documents: a laptop, Git over HTTP, three regions, each a process of its own.
const seed = (file: string): string =>
  fs.readFileSync(path.join(import.meta.dirname, '../seed', file), 'utf8');
const policy = seed('12-regional-secret-distribution.yaml');
const manifests = seed('01-basic-secret-creation.yaml');
const cache = parse(seed('13-offline-secret-caching.yaml'));

const regions = ['eu-central', 'us-east', 'us-west'] as const;
const marker = 'made-up-plaintext-marker';
let folder: string;
let env: NodeJS.ProcessEnv;
let repo: string;
let server: GitServer;
const running = new Map<string, ChildProcess>();
const printed: string[] = [];

const cli = async (...args: string[]): Promise<CliResult> => {
  const result = await runCli(args, { cwd: repo, env, stdin: '' });
  printed.push(result.stdout, result.stderr);
  return result;
};
const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: repo, env, encoding: 'utf8', stdio: 'pipe' });
const inRegion = (region: string, ...parts: string[]): string =>
  path.join(folder, region, ...parts);

function startController(region: string, more: NodeJS.ProcessEnv = {}): void {
  const bin = path.join(import.meta.dirname, '../../cli/bin.ts');
  const args = [bin, 'controller', '--config', inRegion(region, 'region-sync.yaml')];
  const log = fs.openSync(inRegion(region, 'log'), 'a');
  const child = spawn(process.execPath, args, {
    env: { ...env, ...more },
    stdio: ['ignore', log, log],
  });
  fs.closeSync(log);
  running.set(region, child);
}

async function stopController(region: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const child = running.get(region);
  running.delete(region);
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let i = 0; !isTrue(); i++) {
    if (i === 800) {
      const logs = regions.map((r) => fs.readFileSync(inRegion(r, 'log'), 'utf8').slice(-1500));
      throw new Error(`waited in vain until ${what}\n${logs.join('\n')}`);
    }
    await sleep(25);
  }
}

const item = (region: string, secret: string, name: string): string | undefined => {
  const file = inRegion(region, 'unsealed/production', secret, name);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
};

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgeseal-spine-'));
  env = homeIn(folder);
  repo = path.join(folder, 'secrets');
  await generateSigningKey(path.join(folder, 'home/.ssh/id_ed25519'), 'made-up test key', env);
  const origin = path.join(folder, 'git/secrets.git');
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', origin], { env });
  execFileSync('git', ['clone', '-q', origin, repo], { env, stdio: 'pipe' });
  server = await serveGit({ root: path.join(folder, 'git') });
});

afterAll(async () => {
  for (const region of regions) await stopController(region, 'SIGKILL');
  await server.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('from a plaintext Secret on a laptop to unsealed files in three regions', () => {
  it("makes a repository with the requirement's regions and its distribution policy word for word", async () => {
    const names = 'us-east,us-west,eu-central';
    const keys = path.join(folder, 'keys');
    const made = await cli('init', '--regions', names, '--default-regions', names, '--keys', keys);
    expect(made).toMatchObject({ code: 0 });
    fs.writeFileSync(path.join(repo, 'policy/distribution-policy.yaml'), policy);
    expect(await cli('verify')).toMatchObject({ code: 0 });
  });

  it("seals the requirement's Secrets, and those that its policy names", async () => {
    const filled = manifests.replace(/<base64-encoded-[a-z-]+>/g, () =>
      Buffer.from(`${marker}-${Math.random().toString(36)}`).toString('base64'),
    );
    const named = ['database-credentials', 'api-keys', 'gdpr-compliance-key'].map((name) =>
      [
        'apiVersion: v1',
        'kind: Secret',
        `metadata: {name: ${name}, namespace: production}`,
        `stringData: {value: ${marker}-${name}}`,
      ].join('\n'),
    );
    const file = path.join(folder, 'plaintext.yaml');
    fs.writeFileSync(file, [filled, ...named].join('\n---\n'));
    const sealed = await cli('seal', file, '--output', 'json');
    expect(sealed.code).toBe(0);
    const { secrets } = JSON.parse(sealed.stdout) as {
      secrets: { name: string; regions: string[] }[];
    };
    expect(Object.fromEntries(secrets.map((s) => [s.name, s.regions]))).toEqual({
      'app-credentials': [...regions],
      'tls-certificate': [...regions],
      'database-credentials': [...regions],
      'api-keys': [...regions],
      'gdpr-compliance-key': ['eu-central'],
    });
  });

  it('refuses a plaintext Secret in a real commit, and takes the sealed ones', () => {
    const data = Buffer.from(marker).toString('base64');
    for (const field of [`data: {a: ${data}}`, `stringData: {a: ${marker}}`]) {
      const text = `apiVersion: v1\nkind: Secret\nmetadata: {name: oops}\n${field}\n`;
      fs.writeFileSync(path.join(repo, 'oops.yaml'), text);
      git('add', 'oops.yaml');
      expect(() => git('commit', '-m', 'Oops')).toThrow(/commit refused/);
    }
    git('rm', '-q', '-f', 'oops.yaml');
    git('add', '-A');
    git('commit', '-q', '-m', 'Seal the first secrets');
    git('push', '-q', 'origin', 'main');
  });

  it('publishes a channel a region, and each region opens its own and nothing else', async () => {
    expect(await cli('publish')).toMatchObject({ code: 0 });
    const root = rootHash(fs.readFileSync(path.join(repo, 'trust/1.yaml')));
    const id = /id: (\S+)/.exec(fs.readFileSync(path.join(repo, 'edgeseal.yaml'), 'utf8'))![1]!;
    for (const region of regions) {
      fs.mkdirSync(inRegion(region), { recursive: true });
      fs.writeFileSync(
        inRegion(region, 'region-sync.yaml'),
        `apiVersion: edgeseal.dev/v1alpha1
kind: RegionSync
spec:
  repository: ${id}
  region: ${region}
  root: ${root}
  mirrors: [{name: mirror, url: "${server.url}/secrets.git"}]
  interval: 1s
  keys: {files: [${path.join(folder, 'keys', `${region}.key`)}]}
  store: store
  target: {directory: {path: unsealed}}
`,
      );
      startController(region);
    }
    const first: [string, string][] = [
      ['app-credentials', 'password'],
      ['tls-certificate', 'tls.key'],
      ['database-credentials', 'value'],
      ['api-keys', 'value'],
    ];
    await until('all regions have what is theirs', () =>
      regions.every((region) =>
        first.every(([name, key]) => item(region, name, key) !== undefined),
      ),
    );
    await until(
      'eu-central has its own',
      () => item('eu-central', 'gdpr-compliance-key', 'value') !== undefined,
    );
    for (const region of regions) {
      expect(item(region, 'tls-certificate', 'tls.key')).toContain(marker);
      expect(item(region, 'database-credentials', 'value')).toBe(`${marker}-database-credentials`);
    }
    expect(item('us-east', 'gdpr-compliance-key', 'value')).toBeUndefined();
    expect(item('us-west', 'gdpr-compliance-key', 'value')).toBeUndefined();
    const files = execFileSync('git', ['ls-tree', '-r', '--name-only', 'edgeseal/us-east'], {
      cwd: path.join(folder, 'git/secrets.git'),
      encoding: 'utf8',
    });
    expect(files).not.toContain('gdpr');
  });

  it('carries a changed value to all regions, and a deleted secret away', async () => {
    const value = path.join(folder, 'value');
    fs.writeFileSync(value, `${marker}-changed`);
    expect(
      await cli('set', 'production/database-credentials', 'value', '--from-file', value),
    ).toMatchObject({ code: 0 });
    expect(await cli('rm', 'production/api-keys')).toMatchObject({ code: 0 });
    git('add', '-A');
    git('commit', '-q', '-m', 'Rotate one, remove another');
    git('push', '-q', 'origin', 'main');
    expect(await cli('publish')).toMatchObject({ code: 0 });
    await until('the value is everywhere', () =>
      regions.every((r) => item(r, 'database-credentials', 'value') === `${marker}-changed`),
    );
    await until('the deleted secret is nowhere', () =>
      regions.every((r) => item(r, 'api-keys', 'value') === undefined),
    );
  });

  it("goes on without a network after a restart, as the requirement's offline cache should", async () => {
    const settings = cache.spec.template.spec.containers[0].env as {
      name: string;
      value: string;
    }[];
    const given = (name: string): string => settings.find((entry) => entry.name === name)!.value;
    await server.close();
    await stopController('us-west', 'SIGKILL');
    fs.rmSync(inRegion('us-west', 'unsealed'), { recursive: true });
    startController('us-west', {
      SYNC_INTERVAL: given('SYNC_INTERVAL'),
      CACHE_DURATION: given('CACHE_DURATION'),
    });
    await until(
      'us-west serves from its store',
      () => item('us-west', 'database-credentials', 'value') === `${marker}-changed`,
    );
  });

  it('never shows a value: not in what commands print, in logs, in Git, or in what the store keeps', async () => {
    for (const region of regions) await stopController(region);
    const base64 = Buffer.from(marker).toString('base64').slice(0, -4);
    const found = (text: string): boolean => text.includes(marker) || text.includes(base64);
    expect(printed.filter(found)).toEqual([]);
    const inFolder = (place: string): string[] =>
      fs
        .readdirSync(place, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .filter((file) => found(fs.readFileSync(file, 'latin1')));
    expect(inFolder(repo)).toEqual([]);
    expect(inFolder(path.join(folder, 'git'))).toEqual([]);
    for (const region of regions) {
      expect(inFolder(inRegion(region, 'store'))).toEqual([]);
      expect(found(fs.readFileSync(inRegion(region, 'log'), 'latin1'))).toBe(false);
    }
  });
});
