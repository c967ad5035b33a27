import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { expect } from 'vitest';
import { main } from '../../cli/bin.ts';
import { sha256Of } from '../../core/channel/snapshot-check.ts';
import { formatRegionPublicKey } from '../../core/crypto/region-key.ts';
import type { RegionPublicKey } from '../../core/crypto/region-key.ts';
import { canonicalBytes } from '../../core/format/canonical-json.ts';
import type { RegionSyncStatus } from '../../core/format/status.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { crdFiles } from '../../tools/crds.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { clusterView } from '../support/channel.ts';
import { newIfNeeded } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

const merge = { headers: { 'content-type': 'application/merge-patch+json' } };

export async function installCrds(cluster: Cluster): Promise<void> {
  for (const [name, text] of Object.entries(crdFiles()))
    if (name.startsWith('crds/')) await cluster.apply(text);
  for (const kind of ['regionsyncs', 'edgesecrets'])
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', `${kind}.edgeseal.dev`);
}

/** A person with a repository in front of a cluster whose RegionSync objects tests write, as a controller would. */
export class Desk {
  readonly cluster: Cluster;
  readonly ws: Workspace;
  /** The controller's. */
  readonly namespace: string;
  readonly region: string;

  constructor(cluster: Cluster, ws: Workspace, namespace: string, region = 'us-east') {
    this.cluster = cluster;
    this.ws = ws;
    this.namespace = namespace;
    this.region = region;
  }

  get flags(): string[] {
    return ['--context', 'test', '--kubeconfig', this.cluster.address.kubeconfig];
  }

  /** A command that looks into the cluster, at this RegionSync. */
  cli(...args: string[]): Promise<CliResult> {
    return this.ws.cli([...args, ...this.flags, '-n', this.namespace]);
  }

  /** The same, while it runs. */
  start(...args: string[]): Running {
    const { repo, env } = this.ws;
    return new Running([...args, ...this.flags, '-n', this.namespace], repo, env);
  }

  path(): string {
    return `/apis/edgeseal.dev/v1alpha1/namespaces/${this.namespace}/regionsyncs`;
  }

  async regionSync(spec: Record<string, unknown> = {}): Promise<void> {
    const object = {
      apiVersion: 'edgeseal.dev/v1alpha1',
      kind: 'RegionSync',
      metadata: { name: this.region },
      spec: {
        repository: this.ws.repositoryId,
        region: this.region,
        root: rootHash(Buffer.from(this.ws.read('trust/1.yaml'))),
        mirrors: [{ name: 'hub', url: this.ws.origin }],
        keys: { secret: { name: `edgeseal-region-key-${this.region}`, generate: true } },
        target: { kubernetes: {} },
        ...spec,
      },
    };
    const { status, body } = await this.cluster.request('POST', this.path(), object);
    if (status !== 201) throw new Error(body.message);
  }

  async change(spec: Record<string, unknown>): Promise<void> {
    await this.cluster.request('PATCH', `${this.path()}/${this.region}`, { spec }, merge);
  }

  async remove(): Promise<void> {
    await this.cluster.request('DELETE', `${this.path()}/${this.region}`);
  }

  /** Writes a status, as far as it differs from a good one of the snapshot that is published now. */
  async says(status: Partial<RegionSyncStatus> = {}): Promise<void> {
    const listed = (await this.snapshot())?.listed ?? 0;
    const body = {
      observedGeneration: 1,
      conditions: [condition('Ready', 'True', 'Applied')],
      keys: this.ws.keys[this.region] === undefined ? [] : [this.key()],
      root: { number: 1, sha256: rootHash(Buffer.from(this.ws.read('trust/1.yaml'))) },
      snapshot: (await this.snapshot())?.snapshot ?? null,
      mirrors: [{ name: 'hub', url: this.ws.origin, state: 'Ok' }],
      secrets: { listed, applied: listed, failing: 0, failed: [] },
      pruning: { pending: 0, acknowledge: null, names: [] },
      alarm: null,
      ...status,
    };
    const path = `${this.path()}/${this.region}/status`;
    const answer = await this.cluster.request('PATCH', path, { status: body }, merge);
    if (answer.status !== 200) throw new Error(answer.body.message);
  }

  /** Says that these secrets fail, and all others of the published snapshot are applied. */
  async fails(...failed: { name: string; version: number; reason: string }[]): Promise<void> {
    const listed = (await this.snapshot())?.listed ?? 0;
    const failing = failed.length;
    await this.says({
      secrets: {
        listed,
        applied: listed - failing,
        failing,
        failed: failed.map((one) => ({ ...one, message: 'made-up message' })),
      },
    });
  }

  key(key: RegionPublicKey = this.ws.keys[this.region]!): {
    id: string;
    sha256: string;
    publicKey: string;
  } {
    return { id: key.id, sha256: key.sha256, publicKey: formatRegionPublicKey(key) };
  }

  /** A Secret as a controller writes it, without its values. */
  async secret(namespace: string, name: string, version: number, owned = true): Promise<void> {
    const { region, ws } = this;
    const bound = { repository: ws.repositoryId, region, namespace, name };
    const owner = createHash('sha256').update(canonicalBytes(bound)).digest('hex').slice(0, 32);
    const metadata = {
      name,
      labels: { 'edgeseal.dev/region': region },
      annotations: {
        'edgeseal.dev/owner': owned ? owner : 'f'.repeat(32),
        'edgeseal.dev/version': String(version),
      },
    };
    await this.cluster.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    await this.cluster.request('DELETE', `${path}/${name}`);
    const { status, body } = await this.cluster.request('POST', path, { metadata });
    if (status !== 201) throw new Error(body.message);
  }

  async seal(secret: string, value = 'made-up'): Promise<void> {
    const args = ['set', secret, 'password', ...newIfNeeded(this.ws, secret), '--from-file', '-'];
    const { code, stderr } = await this.ws.cli(args, { stdin: value });
    if (code !== 0) throw new Error(stderr);
  }

  async publish(message = 'Change'): Promise<void> {
    this.ws.commit(message);
    const { code, stderr } = await this.ws.cli(['publish']);
    if (code !== 0) throw new Error(stderr);
  }

  private async snapshot(): Promise<
    { snapshot: NonNullable<RegionSyncStatus['snapshot']>; listed: number } | undefined
  > {
    let view;
    try {
      view = await clusterView(this.ws, this.region);
    } catch {
      return undefined;
    }
    const { snapshot, sha256, versions } = view;
    return {
      snapshot: { sequence: snapshot.sequence, sha256, source: snapshot.source },
      listed: Object.keys(versions).length,
    };
  }
}

export function condition(
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message = 'made-up message',
): NonNullable<RegionSyncStatus['conditions']>[number] {
  return { type, status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' };
}

/** A kubeconfig with several contexts; each names an address and a token. */
export function kubeconfig(
  cluster: Cluster,
  contexts: Record<string, { url?: string; token?: string }>,
): string {
  const { url, caFile, adminToken, folder } = cluster.address;
  const entries = Object.entries(contexts);
  const text = JSON.stringify({
    clusters: entries.map(([name, one]) => ({
      name,
      cluster: { server: one.url ?? url, 'certificate-authority': caFile },
    })),
    users: entries.map(([name, one]) => ({ name, user: { token: one.token ?? adminToken } })),
    contexts: entries.map(([name]) => ({ name, context: { cluster: name, user: name } })),
  });
  const file = join(folder, `contexts-${sha256Of(Buffer.from(text)).slice(0, 12)}`);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** A command that is still running, and what it has said so far. */
export class Running {
  readonly result: Promise<CliResult>;
  #stdout = '';
  #stderr = '';

  constructor(args: string[], cwd: string, env: NodeJS.ProcessEnv) {
    const sink = (take: (text: string) => void): Writable =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          take(chunk.toString());
          done();
        },
      });
    const io = {
      cwd,
      env,
      stdin: Readable.from([]),
      stdout: sink((text) => (this.#stdout += text)),
      stderr: sink((text) => (this.#stderr += text)),
    };
    this.result = main(args, io).then((code) => ({
      code,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /** Waits until it has said this. */
  async says(words: string): Promise<void> {
    await expect.poll(() => this.#stderr, { timeout: 30_000 }).toContain(words);
  }
}
