import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInCluster } from '../../controller/cluster/main.ts';
import type { RegionSyncStatus } from '../../core/format/status.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { freePort } from '../support/cluster/server.ts';
import { startCluster } from '../support/cluster/start.ts';
import type { OwnCluster } from '../support/cluster/start.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { typed } from '../support/terminal.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';
import { kubeconfig } from './cli-kit.ts';

const root = path.join(import.meta.dirname, '../..');
const guide = readFileSync(path.join(root, 'docs/guides/cluster-keys.md'), 'utf8');
const [install, fingerprint, takeUp, reseal, wait, second, putBack, replace] = [
  ...guide.matchAll(/^```sh\n(.*?)^```$/gms),
].map(([, text = '']) => text);

const system = 'edgeseal-system';
const patience = { timeout: 30_000, interval: 200 };

// Word for word, as far as there is no kubelet: what a pod would do is done by the test, with the pod's own rights.
describeOwnCluster('docs/guides/cluster-keys.md', {}, (cluster) => {
  let ws: Workspace;
  let other: OwnCluster;
  let env: NodeJS.ProcessEnv;
  const lines: string[] = [];
  const running: { stop: AbortController; end: Promise<void> }[] = [];

  beforeAll(async () => {
    ws = await makeWorkspace({ defaultRegions: ['us-east'] });
    other = await startCluster();
    const bin = path.join(ws.folder, 'bin');
    mkdirSync(bin);
    for (const [name, line] of [
      ['edgeseal', `${process.execPath} ${path.join(root, 'cli/bin.ts')}`],
      ['kubectl', cluster.address.kubectl],
    ] as const) {
      writeFileSync(path.join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`);
      chmodSync(path.join(bin, name), 0o755);
    }
    const { url, adminToken: token, caFile } = other.address;
    const config = JSON.parse(
      readFileSync(kubeconfig(cluster, { 'edge-1': {}, 'edge-2': { url, token } }), 'utf8'),
    ) as { clusters: { name: string; cluster: object }[] };
    config.clusters[1]!.cluster = { server: url, 'certificate-authority': caFile };
    mkdirSync(path.join(ws.folder, 'home/.kube'));
    writeFileSync(path.join(ws.folder, 'home/.kube/config'), JSON.stringify(config), {
      mode: 0o600,
    });
    env = {
      ...ws.env,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      MIRROR: ws.origin,
      NO_COLOR: '1',
    };
    const set = ['set', 'production/db', 'password', '--new', '--from-file', '-'];
    await ws.cli(set, { stdin: 'made-up' });
    ws.commit('Seal');
    ws.git('branch', '-q', '-u', 'origin/main');
    expect((await ws.cli(['publish'])).code).toBe(0);
    for (const one of [cluster, other])
      await one.request('POST', '/api/v1/namespaces', { metadata: { name: 'production' } });
  }, 60_000);
  afterAll(async () => {
    for (const { stop, end } of running) {
      stop.abort();
      await end;
    }
    await other.stop();
    ws.remove();
  });

  /** Runs a block as a person's shell would; the controllers of this process go on meanwhile. */
  async function run(block = ''): Promise<{ code: number | null; said: string }> {
    const child = spawn('sh', ['-e', '-c', block], { cwd: ws.repo, env, stdio: 'pipe' });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdin.end();
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, said };
  }
  const must = async (block = ''): Promise<string> => {
    const { code, said } = await run(block);
    expect(code, `${block}\n${said}`).toBe(0);
    return said;
  };

  /** Starts the installed controller, as a kubelet would. */
  async function boot(where: Cluster, name: string): Promise<void> {
    const folder = path.join(ws.folder, name);
    mkdirSync(folder);
    const spec = { interval: '1s' };
    await where.kubectl(
      ...['patch', 'esync', 'eu-north', '-n', system, '--type=merge'],
      ...['-p', JSON.stringify({ spec })],
    );
    const token = await where.serviceAccountToken(system, 'edgeseal-eu-north');
    writeFileSync(path.join(folder, 'token'), token);
    writeFileSync(path.join(folder, 'ca.crt'), where.address.ca);
    writeFileSync(path.join(folder, 'namespace'), system);
    const { hostname, port } = new URL(where.address.url);
    const stop = new AbortController();
    const end = runInCluster({
      name: 'eu-north',
      leaseDuration: '3s',
      env: {
        PATH: process.env['PATH'],
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        EDGESEAL_SERVICE_ACCOUNT_DIR: folder,
        EDGESEAL_LISTEN: `127.0.0.1:${await freePort()}`,
        EDGESEAL_STORE: path.join(folder, 'store'),
        POD_NAMESPACE: system,
        POD_NAME: name,
      },
      signal: stop.signal,
      write: (line) => lines.push(line),
    });
    running.push({ stop, end });
  }
  async function status(where: Cluster): Promise<RegionSyncStatus | undefined> {
    const path = `/apis/edgeseal.dev/v1alpha1/namespaces/${system}/regionsyncs/eu-north`;
    const { body } = await where.request('GET', path);
    return (body as { status?: RegionSyncStatus }).status;
  }
  const ready = async (where: Cluster): Promise<string | undefined> =>
    (await status(where))?.conditions?.find(({ type }) => type === 'Ready')?.reason;
  async function value(where: Cluster): Promise<string | undefined> {
    const { body } = await where.request('GET', '/api/v1/namespaces/production/secrets/db');
    const data = (body as { data?: { password: string } }).data;
    return data === undefined ? undefined : Buffer.from(data.password, 'base64').toString();
  }

  it(
    'goes from a cluster without a key to a secret that is applied',
    { timeout: 120_000 },
    async () => {
      await must(install);
      await boot(cluster, 'edge-1');
      await expect.poll(async () => (await status(cluster))?.keys, patience).toHaveLength(1);
      const shown = (await must(fingerprint)).trim().split('  ');
      expect(shown[1]).toMatch(/^[0-9a-f]{64}$/);
      expect(shown[1]).toContain(shown[0]);

      const [add = '', ...commits] = (takeUp ?? '').split('\n');
      const lonely = await run(add);
      expect([lonely.code, lonely.said]).toEqual([2, expect.stringContaining('--fingerprint')]);
      const person = { ...ws, env };
      const asked = await typed(person, add.split(' ').slice(1), ['y']);
      expect(asked.code, asked.shown).toBe(0);
      expect(asked.shown.replaceAll('-', '')).toContain(shown[1]);
      await must(commits.join('\n'));

      const settings = ws.read('edgeseal.yaml');
      ws.write(
        'edgeseal.yaml',
        settings.replace(/^( *)- us-east\n/m, '$1- eu-north\n$1- us-east\n'),
      );
      expect(ws.read('edgeseal.yaml')).toContain('eu-north');
      const recovery = ws.keyFile('recovery');
      const said = await must(reseal?.replace('/media/usb/recovery.key', recovery));
      expect(said).toContain('for eu-north too');

      const arrived = await must(wait);
      expect(arrived).toContain('all 1 secrets are applied in edge-1 (eu-north, snapshot 1)');
      expect(arrived).toMatch(/^production\/db .* applied 2$/m);
      expect(arrived).toContain('edge-1: eu-north at snapshot 1, 1 of 1 secrets applied, root 2');
      expect(await value(cluster)).toBe('made-up');
    },
  );

  it('takes the same key to a second cluster', { timeout: 120_000 }, async () => {
    await must(second);
    const backup = path.join(ws.folder, 'home/edgeseal-keys/eu-north.key');
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    await boot(other, 'edge-2');
    await must('edgeseal wait production/db --region eu-north --context edge-2 --timeout 1m');
    expect(await value(other)).toBe('made-up');
    const both = await must('edgeseal status --region eu-north --context edge-1 --context edge-2');
    expect(both).toMatch(/^production\/db .* applied 2$/m);
    // Change, publish, and wait for both.
    await ws.cli(['set', 'production/db', 'password', '--from-file', '-'], { stdin: 'made-up-2' });
    ws.commit('Change');
    await must(
      'edgeseal publish\nfor c in edge-1 edge-2; do edgeseal wait --all --region eu-north --context $c --timeout 1m; done',
    );
    expect([await value(cluster), await value(other)]).toEqual(['made-up-2', 'made-up-2']);
  });

  it('puts a lost key back, and replaces one without a backup', { timeout: 120_000 }, async () => {
    const lose = async (): Promise<void> => {
      const { stop, end } = running.shift()!;
      stop.abort();
      await end;
      rmSync(path.join(ws.folder, 'edge-1'), { recursive: true });
      await cluster.kubectl('delete', 'secret', 'edgeseal-region-key-eu-north', '-n', system);
    };
    await lose();
    await boot(cluster, 'edge-1');
    await expect.poll(() => ready(cluster), patience).toBe('KeyLost');
    const lost = await run('edgeseal status --region eu-north --context edge-1');
    expect([lost.code, lost.said]).toEqual([
      1,
      expect.stringContaining('Ready is False, KeyLost: '),
    ]);
    await must(putBack);
    await expect.poll(() => ready(cluster), patience).toBe('Applied');

    running.unshift(running.pop()!);
    await lose();
    await must(replace);
    await boot(cluster, 'edge-1');
    const failed = async (): Promise<string[] | undefined> =>
      (await status(cluster))?.secrets?.failed?.map(({ reason }) => reason);
    await expect.poll(failed, patience).toEqual(['NoKey']);
    const told = await run('edgeseal status --region eu-north --context edge-1');
    expect(told.said).toMatch(/^production\/db .* published 3, applied 3: NoKey$/m);
    // What is applied stays, so the version that was there is what the wait finds.
    await must('edgeseal wait --all --region eu-north --context edge-1 --timeout 1m');
    await must(reseal?.replace('/media/usb/recovery.key', ws.keyFile('recovery')));
    await expect.poll(failed, patience).toEqual([]);
    const { said } = await run('edgeseal status --region eu-north --context edge-1');
    expect(said).toMatch(/^production\/db .* applied 3$/m);
    expect(lines.join('')).not.toMatch(/made-up|edgeseal-region-key-1-/);
  });
});
