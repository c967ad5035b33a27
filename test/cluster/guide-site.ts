import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { runInCluster } from '../../controller/cluster/main.ts';
import type { RegionSyncStatus } from '../../core/format/status.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { freePort } from '../support/cluster/server.ts';
import type { Workspace } from '../support/workspace.ts';
import { kubeconfig } from './cli-kit.ts';

const root = path.join(import.meta.dirname, '../..');
const system = 'edgeseal-system';

/** The shell blocks of a page, in its order. */
export function blocksOf(page: string): string[] {
  const text = readFileSync(path.join(root, 'docs/guides', page), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

/** Where a page is followed word for word: a person's shell with edgeseal and kubectl, and the pods that there is no kubelet for. */
export class GuideSite {
  readonly ws: Workspace;
  readonly region: string;
  readonly env: NodeJS.ProcessEnv;
  /** What controllers logged. */
  readonly lines: string[] = [];
  readonly #running: { name: string; stop: AbortController; end: Promise<void> }[] = [];

  /** @param contexts clusters by the names that the page gives them; the first one is the shared one */
  constructor(ws: Workspace, region: string, contexts: Record<string, Cluster>) {
    this.ws = ws;
    this.region = region;
    const [first] = Object.values(contexts);
    if (first === undefined) throw new Error('no cluster');
    const bin = path.join(ws.folder, 'bin');
    mkdirSync(bin);
    for (const [name, line] of [
      ['edgeseal', `${process.execPath} ${path.join(root, 'cli/bin.ts')}`],
      ['kubectl', first.address.kubectl],
    ] as const) {
      writeFileSync(path.join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`);
      chmodSync(path.join(bin, name), 0o755);
    }
    const users = Object.entries(contexts).map(([name, { address }]) => [
      name,
      { url: address.url, token: address.adminToken },
    ]);
    const config = JSON.parse(
      readFileSync(kubeconfig(first, Object.fromEntries(users)), 'utf8'),
    ) as { clusters: { cluster: object }[] };
    for (const [index, { address }] of Object.values(contexts).entries()) {
      const server = { server: address.url, 'certificate-authority': address.caFile };
      config.clusters[index]!.cluster = server;
    }
    mkdirSync(path.join(ws.folder, 'home/.kube'));
    writeFileSync(path.join(ws.folder, 'home/.kube/config'), JSON.stringify(config), {
      mode: 0o600,
    });
    this.env = {
      ...ws.env,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      MIRROR: ws.origin,
      NO_COLOR: '1',
    };
  }

  /** Runs a block as a person's shell would; the controllers of this process go on meanwhile. */
  async run(block = ''): Promise<{ code: number | null; said: string }> {
    const child = spawn('sh', ['-e', '-c', block], {
      cwd: this.ws.repo,
      env: this.env,
      stdio: 'pipe',
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdin.end();
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, said };
  }

  async must(block = ''): Promise<string> {
    const { code, said } = await this.run(block);
    expect(code, `${block}\n${said}`).toBe(0);
    return said;
  }

  /** Starts the installed controller, as a kubelet would, with a store that is empty. */
  async boot(where: Cluster, name: string): Promise<void> {
    const folder = path.join(this.ws.folder, name);
    mkdirSync(folder);
    const patch = JSON.stringify({ spec: { interval: '1s' } });
    await where.kubectl(
      ...['patch', 'esync', this.region, '-n', system, '--type=merge', '-p', patch],
    );
    const token = await where.serviceAccountToken(system, `edgeseal-${this.region}`);
    writeFileSync(path.join(folder, 'token'), token);
    writeFileSync(path.join(folder, 'ca.crt'), where.address.ca);
    writeFileSync(path.join(folder, 'namespace'), system);
    const { hostname, port } = new URL(where.address.url);
    const stop = new AbortController();
    const end = runInCluster({
      name: this.region,
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
      write: (line) => this.lines.push(line),
    });
    this.#running.push({ name, stop, end });
  }

  /** Ends a controller; its disk goes with it. */
  async kill(name: string): Promise<void> {
    const at = this.#running.findIndex((one) => one.name === name);
    const [one] = this.#running.splice(at, 1);
    one?.stop.abort();
    await one?.end;
    rmSync(path.join(this.ws.folder, name), { recursive: true });
  }

  async close(): Promise<void> {
    for (const { name } of [...this.#running]) await this.kill(name);
    this.ws.remove();
  }

  async status(where: Cluster): Promise<RegionSyncStatus | undefined> {
    const at = `/apis/edgeseal.dev/v1alpha1/namespaces/${system}/regionsyncs/${this.region}`;
    const { body } = await where.request('GET', at);
    return (body as { status?: RegionSyncStatus }).status;
  }

  async ready(where: Cluster): Promise<string | undefined> {
    const { conditions } = (await this.status(where)) ?? {};
    return conditions?.find(({ type }) => type === 'Ready')?.reason;
  }

  /** Of the Secret production/db, its password. */
  async password(where: Cluster): Promise<string | undefined> {
    const { body } = await where.request('GET', '/api/v1/namespaces/production/secrets/db');
    const data = (body as { data?: { password: string } }).data;
    return data === undefined ? undefined : Buffer.from(data.password, 'base64').toString();
  }
}
