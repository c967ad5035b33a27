import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { KubeClient, patchTypes } from '../../core/kube/client.ts';
import { KubeError } from '../../core/kube/error.ts';
import { inCluster } from '../../core/kube/in-cluster.ts';
import { listAll, watchAll } from '../../core/kube/watch.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { describeCluster, describeOwnCluster } from '../support/cluster/suite.ts';

const clientOf = ({ address }: Cluster, token = address.adminToken): KubeClient =>
  new KubeClient({ url: address.url, ca: address.ca, token: () => token });
const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

async function until(isTrue: () => boolean, what: () => string = () => ''): Promise<void> {
  for (let i = 0; !isTrue(); i++) {
    if (i > 600) throw new Error(`waited in vain: ${what()}`);
    await sleep(25);
  }
}

/** Keeps what a watch has told, as a controller's cache would. */
function follow(client: KubeClient, path: string, options?: { silenceMs?: number }) {
  const names = new Set<string>();
  const told = { lists: 0, failures: [] as string[] };
  const stop = new AbortController();
  const ended = watchAll<KubeObject>(
    client,
    { path },
    {
      listed: (items) => {
        told.lists += 1;
        names.clear();
        for (const { metadata } of items) names.add(metadata.name);
      },
      changed: ({ metadata }) => names.add(metadata.name),
      removed: ({ metadata }) => names.delete(metadata.name),
      failed: ({ message }) => told.failures.push(message),
    },
    stop.signal,
    options,
  );
  return {
    names,
    told,
    end: async () => {
      stop.abort();
      await ended;
    },
  };
}

it('refuses an address that is not https: a token would be there for anyone to read', () => {
  expect(() => new KubeClient({ url: 'http://127.0.0.1:8080' })).toThrow(
    expect.objectContaining({ code: 'kube-config' }),
  );
  expect(() => inCluster({})).toThrow(expect.objectContaining({ code: 'kube-config' }));
});

describeCluster('a client of the API', async (cluster) => {
  const namespace = await cluster.createNamespace('kube-client');
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const client = clientOf(cluster);

  it('creates, reads, applies and deletes', async () => {
    await client.request('POST', path, { body: configMap('a', { x: '1' }) });
    const applied = await client.request('PATCH', `${path}/a`, {
      body: configMap('a', { y: '2' }),
      contentType: patchTypes.apply,
      query: { fieldManager: 'test', force: true },
    });
    expect(applied).toMatchObject({ data: { x: '1', y: '2' } });
    await client.request('DELETE', `${path}/a`);
    await expect(client.request('GET', `${path}/a`)).rejects.toMatchObject({
      code: 'kube-not-found',
      status: 404,
      reason: 'NotFound',
    });
  });

  it('says what is wrong: a conflict, a right that is missing, a token, a server that is not there', async () => {
    await client.request('POST', path, { body: configMap('b') });
    await expect(client.request('POST', path, { body: configMap('b') })).rejects.toMatchObject({
      code: 'kube-conflict',
      reason: 'AlreadyExists',
    });
    const { token } = { token: await cluster.serviceAccountToken(namespace, 'nobody') };
    await expect(clientOf(cluster, token).request('GET', path)).rejects.toMatchObject({
      code: 'kube-forbidden',
      status: 403,
    });
    await expect(clientOf(cluster, 'made-up').request('GET', path)).rejects.toMatchObject({
      code: 'kube-forbidden',
      status: 401,
    });
    const nowhere = new KubeClient({ url: 'https://127.0.0.1:1' });
    const error: unknown = await nowhere.request('GET', path).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(KubeError);
    expect(error).toMatchObject({ code: 'kube-unreachable', status: 0 });
    const stranger = new KubeClient({ url: cluster.address.url });
    await expect(stranger.request('GET', path)).rejects.toMatchObject({
      message: expect.stringMatching(/CERT|SIGNED|signed/),
    });
  });

  it('reads a collection page by page', async () => {
    const paged = await cluster.createNamespace('kube-pages');
    const pages = `/api/v1/namespaces/${paged}/configmaps`;
    await Promise.all(
      Array.from({ length: 620 }, (_, i) =>
        client.request('POST', pages, { body: configMap(`m-${String(i)}`) }),
      ),
    );
    const { items } = await listAll(client, { path: pages });
    expect(new Set(items.map(({ metadata }) => metadata.name)).size).toBeGreaterThanOrEqual(620);
  });

  it('watches, and asks for metadata alone where values are none of its business', async () => {
    const watching = follow(client, path);
    await client.request('POST', path, { body: configMap('seen') });
    await until(() => watching.names.has('seen'));
    await client.request('DELETE', `${path}/seen`);
    await until(() => !watching.names.has('seen'));
    await watching.end();
    await client.request('POST', path, { body: configMap('quiet', { value: 'made-up' }) });
    const { items } = await listAll(client, { path, metadataOnly: true });
    expect(items.map(({ metadata }) => metadata.name)).toContain('quiet');
    expect(JSON.stringify(items.map((item) => ({ ...item, metadata: undefined })))).not.toContain(
      'made-up',
    );
  });
});

describeOwnCluster('a watch on a bad day', {}, (cluster) => {
  const path = '/api/v1/namespaces/default/configmaps';

  it('goes on after the API server was killed and is back', async () => {
    const client = clientOf(cluster);
    const watching = follow(client, path);
    await until(() => watching.told.lists === 1);
    await cluster.killApiserver();
    await until(() => watching.told.failures.length === 1);
    await cluster.startApiserver();
    await client.request('POST', path, { body: configMap('after-the-kill') });
    await until(() => watching.names.has('after-the-kill'));
    await watching.end();
  });

  it('notices a connection that has silently died', async () => {
    const client = clientOf(cluster);
    const watching = follow(client, path, { silenceMs: 1500 });
    await until(() => watching.told.lists === 1);
    cluster.freezeApiserver();
    await until(() => watching.told.failures.length > 0);
    cluster.thawApiserver();
    await client.request('POST', path, { body: configMap('after-the-frost') });
    await until(() => watching.names.has('after-the-frost'));
    await watching.end();
  });
});
