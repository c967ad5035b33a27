import { randomBytes } from 'node:crypto';
import type { Cluster } from '../../test/support/cluster/client.ts';

/** A Secret of made-up values, as it is to be in the cluster. */
export interface MadeUp {
  namespace: string;
  name: string;
  /** Plain text. */
  values: Record<string, string>;
}

/** Names, and fresh values, of so many Secrets with three values each in `namespaces` namespaces. */
export function madeUp(count: number, namespaces: number): MadeUp[] {
  return Array.from({ length: count }, (_, i) => ({
    namespace: `bench-${i % namespaces}`,
    name: `secret-${i}`,
    values: madeUpValues(),
  }));
}

export function madeUpValues(): Record<string, string> {
  return {
    username: randomBytes(9).toString('hex'),
    password: randomBytes(24).toString('base64'),
    token: randomBytes(40).toString('base64'),
  };
}

/** One Secret as a manifest that kubectl, kubeseal and sops take; JSON is YAML. */
export function manifestOf({ namespace, name, values }: MadeUp): object {
  const data = Object.fromEntries(
    Object.entries(values).map(([item, value]) => [item, Buffer.from(value).toString('base64')]),
  );
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data };
}

export async function makeNamespaces(cluster: Cluster, list: MadeUp[]): Promise<void> {
  for (const name of new Set(list.map(({ namespace }) => namespace))) {
    const { status } = await cluster.request('POST', '/api/v1/namespaces', { metadata: { name } });
    if (status !== 201) throw new Error(`namespace ${name}: ${status}`);
  }
}

/** @throws where one of them is not in the cluster, byte by byte: who is fast and wrong is not fast */
export async function requireAll(cluster: Cluster, list: MadeUp[]): Promise<void> {
  const held = new Map<string, Record<string, string>>();
  for (const namespace of new Set(list.map((one) => one.namespace))) {
    const { body } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/secrets`);
    for (const { metadata, data } of body.items) held.set(`${namespace}/${metadata.name}`, data);
  }
  for (const { namespace, name, values } of list) {
    const data = held.get(`${namespace}/${name}`);
    for (const [item, value] of Object.entries(values)) {
      if (Buffer.from(data?.[item] ?? '', 'base64').toString() === value) continue;
      throw new Error(`${namespace}/${name}: ${item} is not what was sealed`);
    }
  }
}
