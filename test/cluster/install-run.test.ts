import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runInCluster } from '../../controller/cluster/main.ts';
import { freePort } from '../support/cluster/server.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

const system = 'edgeseal-system';

// What a kubelet would do with the Deployment is done by hand: its arguments, its environment, its account's files.
describeOwnCluster('what was installed, run with its own rights', {}, (cluster) => {
  let workspace: Workspace;
  const lines: string[] = [];
  beforeAll(async () => {
    workspace = await makeWorkspace();
    for (const namespace of ['production', 'staging']) {
      await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
      const sealed = await workspace.cli([
        ...['seal', 'generic', 'db', '-n', namespace, '--from-literal', 'password=made-up'],
        ...['--regions', 'us-east'],
      ]);
      expect(sealed.code, sealed.stderr).toBe(0);
    }
    workspace.commit('Seal');
    expect((await workspace.cli(['publish', 'us-east'])).code).toBe(0);
  });
  afterAll(() => {
    workspace.remove();
  });

  const install = async (...more: string[]): Promise<void> => {
    const { kubeconfig } = cluster.address;
    const args = ['--kubeconfig', kubeconfig, '--image', 'x', '--mirror', workspace.origin];
    const done = await workspace.cli(['install', 'us-east', ...args, ...more]);
    expect(done.code, done.stderr).toBe(0);
    // The store of a pod is a volume; here it is a folder of the test's.
    const spec = { interval: '1s', store: path.join(workspace.folder, 'store') };
    const patch = JSON.stringify({ spec });
    await cluster.kubectl('patch', 'esync', 'us-east', '-n', system, '--type=merge', '-p', patch);
  };
  const during = async (check: () => Promise<void>): Promise<void> => {
    const account = path.join(workspace.folder, 'account');
    mkdirSync(account, { recursive: true });
    const token = await cluster.serviceAccountToken(system, 'edgeseal-us-east');
    writeFileSync(path.join(account, 'token'), token);
    writeFileSync(path.join(account, 'ca.crt'), cluster.address.ca);
    writeFileSync(path.join(account, 'namespace'), system);
    const { hostname, port } = new URL(cluster.address.url);
    const stop = new AbortController();
    const running = runInCluster({
      name: 'us-east',
      env: {
        PATH: process.env['PATH'],
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        EDGESEAL_SERVICE_ACCOUNT_DIR: account,
        EDGESEAL_LISTEN: `127.0.0.1:${await freePort()}`,
        POD_NAMESPACE: system,
        POD_NAME: 'edgeseal-us-east-0',
      },
      signal: stop.signal,
      write: (line) => lines.push(line),
    });
    try {
      await check();
    } finally {
      stop.abort();
      await running;
    }
  };
  const value = async (namespace: string): Promise<string | undefined> => {
    const { body } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/secrets/db`);
    const data = (body as { data?: { password: string } }).data;
    return data === undefined ? undefined : Buffer.from(data.password, 'base64').toString();
  };
  const ready = async (): Promise<unknown> => {
    const text = await cluster.kubectl('get', 'esync', 'us-east', '-n', system, '-o', 'json');
    const { status } = JSON.parse(text);
    return status?.conditions?.find((c: { type: string }) => c.type === 'Ready')?.status;
  };
  const patience = { timeout: 30_000, interval: 200 };

  it('brings the Secrets, and reports in the RegionSync', async () => {
    await install('--key', workspace.keyFile('us-east'));
    await during(async () => {
      await vi.waitFor(async () => {
        expect([await value('production'), await value('staging')]).toEqual(['made-up', 'made-up']);
        expect(await ready()).toBe('True');
      }, patience);
    });
    expect(lines.filter((line) => line.includes('orbidden'))).toEqual([]);
  });

  it('does the same when it is confined to namespaces, in those alone', async () => {
    const values = path.join(workspace.folder, 'values.yaml');
    writeFileSync(values, 'namespaces: [production]\n');
    await install('--values', values, '--force-conflicts');
    for (const namespace of ['production', 'staging'])
      await cluster.kubectl('delete', 'secret', 'db', '-n', namespace);
    lines.length = 0;
    await during(async () => {
      await vi.waitFor(async () => {
        expect(await value('production')).toBe('made-up');
      }, patience);
    });
    expect(await value('staging')).toBeUndefined();
    expect(lines.filter((line) => line.includes('orbidden'))).toEqual([]);
  });
});
