import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Cluster } from '../support/cluster/client.ts';
import { describeCluster, describeOwnCluster } from '../support/cluster/suite.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function withSecret(cluster: Cluster, prefix: string): Promise<string> {
  const namespace = await cluster.createNamespace(prefix);
  const secret = { metadata: { name: 'database' }, data: { password: base64('made up') } };
  const made = await cluster.request('POST', `/api/v1/namespaces/${namespace}/secrets`, secret);
  expect(made.status).toBe(201);
  return namespace;
}

describeCluster('the shared cluster', (cluster) => {
  it('is a Kubernetes that knows its version, the same from kubectl to the server', async () => {
    const version = JSON.parse(await cluster.kubectl('version', '--output=json'));
    expect(version.serverVersion.gitVersion).toMatch(/^v1\.\d+\.\d+$/);
    expect(version.clientVersion.gitVersion).toBe(version.serverVersion.gitVersion);
  });

  it('keeps a Secret', async () => {
    const namespace = await withSecret(cluster, 'keep');
    const read = await cluster.request('GET', `/api/v1/namespaces/${namespace}/secrets/database`);
    expect(read.body).toMatchObject({ type: 'Opaque', data: { password: base64('made up') } });
  });

  it('lets a service account read what RBAC says, and nothing else', async () => {
    const namespace = await withSecret(cluster, 'rbac');
    const secret = `/api/v1/namespaces/${namespace}/secrets/database`;
    const reader = { token: await cluster.serviceAccountToken(namespace, 'reader') };

    expect((await cluster.request('GET', secret, undefined, { token: null })).status).toBe(403);
    expect((await cluster.request('GET', secret, undefined, { token: 'forged' })).status).toBe(401);
    expect((await cluster.request('GET', secret, undefined, reader)).status).toBe(403);

    const inNamespace = `--namespace=${namespace}`;
    const verbs = ['--verb=get', '--resource=secrets', '--resource-name=database'];
    await cluster.kubectl('create', 'role', 'reader', inNamespace, ...verbs);
    const subject = `--serviceaccount=${namespace}:reader`;
    await cluster.kubectl('create', 'rolebinding', 'reader', inNamespace, '--role=reader', subject);
    // The authorizer learns of it by a watch, a moment later.
    await expect
      .poll(async () => (await cluster.request('GET', secret, undefined, reader)).status)
      .toBe(200);
    expect((await cluster.request('DELETE', secret, undefined, reader)).status).toBe(403);
  });

  it('knows server-side apply, whose managers own their fields', async () => {
    const namespace = await cluster.createNamespace('apply');
    const path = `/api/v1/namespaces/${namespace}/secrets/shared`;
    const secret = (password: string): object => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'shared', namespace },
      data: { password: base64(password) },
    });
    const apply = (manager: string, password: string) =>
      cluster.request('PATCH', `${path}?fieldManager=${manager}`, secret(password));

    expect((await apply('one', 'a')).status).toBe(201);
    expect((await apply('one', 'b')).status).toBe(200);
    expect(await apply('two', 'c')).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect((await cluster.request('GET', path)).body.data.password).toBe(base64('b'));
  });

  it('empties and removes a deleted namespace', async () => {
    const namespace = await withSecret(cluster, 'gone');
    await cluster.request('DELETE', `/api/v1/namespaces/${namespace}`);
    const status = async () =>
      (await cluster.request('GET', `/api/v1/namespaces/${namespace}`)).status;
    await expect.poll(status, { timeout: 45_000, interval: 200 }).toBe(404);
  });
});

describeOwnCluster('a cluster of its own', {}, (cluster) => {
  it('ends with the process that started it, even by kill -9', async () => {
    const start = new URL('../support/cluster/start.ts', import.meta.url).href;
    const program = `
      const { startCluster } = await import(${JSON.stringify(start)});
      const { address } = await startCluster();
      console.log(address.url + ' ' + address.folder);
      setInterval(() => undefined, 1000);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const [url, folder] = said.toString().trim().split(' ');
    const status = async () => {
      const get = https.get(url!, { rejectUnauthorized: false });
      const [answer] = (await once(get, 'response')) as [IncomingMessage];
      return answer.resume().statusCode;
    };
    expect(await status()).toBe(403);
    child.kill('SIGKILL');
    await expect.poll(() => status().catch(String)).toContain('ECONNREFUSED');
    rmSync(folder!, { recursive: true });
  });

  it('loses its API server, which comes back with what was stored', async () => {
    const namespace = await withSecret(cluster, 'crash');
    const secret = `/api/v1/namespaces/${namespace}/secrets/database`;
    const reader = await cluster.serviceAccountToken(namespace, 'reader');

    await cluster.killApiserver();
    await expect(cluster.request('GET', secret)).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);

    await cluster.startApiserver();
    expect((await cluster.request('GET', secret)).status).toBe(200);
    // 403, not 401: a token from before the crash still says who one is.
    expect((await cluster.request('GET', secret, undefined, { token: reader })).status).toBe(403);
  });

  it('has an API server that stops answering, and answers later', async () => {
    cluster.freezeApiserver();
    let answered = false;
    const request = cluster.request('GET', '/version').then((answer) => {
      answered = true;
      return answer;
    });
    await sleep(300);
    expect(answered).toBe(false);
    cluster.thawApiserver();
    expect((await request).status).toBe(200);
  });
});
