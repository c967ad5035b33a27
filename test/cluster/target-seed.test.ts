import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { recipientOf } from '../../core/crypto/region-key.ts';
import { createSecret } from '../../core/secret/change.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { repositoryId } from '../controller/channel.ts';
import { condition } from '../controller/edge.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { Site } from './site.ts';

const seed = (file: string): string =>
  fs.readFileSync(path.join(import.meta.dirname, '../seed', file), 'utf8');
const manifests = parseAllDocuments(seed('01-basic-secret-creation.yaml')).map((document) =>
  document.toJS(),
);
const namespace = 'production';
const valueOf = (item: string): string => `made-up ${item}`;

/** The requirement's Secret, with made-up values, sealed for the site's region. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function seal({ channel }: Site, manifest: any): Promise<void> {
  const { name } = manifest.metadata;
  const items = Object.keys(manifest.data).map(
    (item) => [item, SecretBytes.fromText(valueOf(item))] as const,
  );
  const template = {
    type: manifest.type as string,
    immutable: false,
    metadata: { labels: {}, annotations: {} },
  };
  const { key, region } = channel;
  const recipients = [{ region, keyId: key.id, key: recipientOf(key) }];
  const identity = { repository: repositoryId, namespace, name, template };
  channel.put(channel.signed(await createSecret(identity, 1, recipients, new Map(items))));
}

describeOwnCluster("the requirement's manifests", { controllers: true }, (cluster) => {
  it('get the Secrets that they name, and let their service account read just those', async () => {
    await cluster.kubectl('create', 'namespace', namespace);
    const site = await Site.make(cluster);
    for (const manifest of manifests) await seal(site, manifest);
    await site.channel.seal(`${namespace}/another`, { password: 'made-up' });
    site.channel.publish();
    expect(condition(await site.round(), 'Degraded')).toBe('False AsExpected');

    for (const { metadata, type, data } of manifests) {
      expect((await site.secret(metadata.name, namespace)).type).toBe(type);
      expect(await site.values(metadata.name, namespace)).toEqual(
        Object.fromEntries(Object.keys(data).map((item) => [item, valueOf(item)])),
      );
    }

    // There is no kubelet: what it would look up for the pods is looked up here.
    const deployment = seed('02-secret-consumption-patterns.yaml');
    await cluster.apply(
      deployment.replace('metadata:\n', `metadata:\n  namespace: ${namespace}\n`),
    );
    const pods = async () =>
      (await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods`)).body.items;
    await expect.poll(async () => (await pods()).length, { timeout: 30_000 }).toBe(3);
    const { spec } = (await pods())[0];
    for (const { valueFrom } of spec.containers[0].env) {
      const { name, key } = valueFrom.secretKeyRef;
      expect(await site.values(name, namespace), name).toHaveProperty([key], valueOf(key));
    }
    const volume = spec.volumes.find(({ secret }: { secret?: unknown }) => secret !== undefined);
    expect(await site.values(volume.secret.secretName, namespace)).toHaveProperty(['tls.key']);

    const rights = seed('14-secret-access-control.yaml');
    await cluster.apply(rights);
    const binding = parseAllDocuments(rights)[1]!.toJS();
    const { name: account } = binding.subjects[0];
    const { resourceNames } = parse(rights.split('---')[0]!).rules[0];
    const token = await cluster.serviceAccountToken(namespace, account);
    const read = async (name: string, method = 'GET') =>
      (await cluster.request(method, site.path(name, namespace), undefined, { token })).status;
    for (const name of resourceNames) {
      await expect.poll(() => read(name), { message: name }).toBe(200);
      expect(await read(name, 'DELETE')).toBe(403);
    }
    expect(await read('another')).toBe(403);
    expect(await read('')).toBe(403);
    expect(await read('?fieldSelector=metadata.name%3Dapp-credentials')).toBe(200);
  });
});
