import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { secretPath } from '../../core/format/names.ts';
import { findAssets } from '../../tools/assets.ts';
import { ObjectSite } from '../cluster/objects-site.ts';
import { TestChannel } from '../controller/channel.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { freePort, Server } from '../support/cluster/server.ts';

const own = 'flux-system';
const merge = { 'content-type': 'application/merge-patch+json' };

/** The real source-controller and kustomize-controller, beside a cluster as they would be in it. */
export async function startFlux(cluster: Cluster): Promise<void> {
  const { programs, crds, missing } = findAssets('flux');
  if (missing.length > 0)
    throw new Error(`not built: ${missing.join(', ')}: npm run assets -- flux`);
  for (const folder of crds) await cluster.kubectl('apply', '--server-side', '-f', folder);
  await cluster.kubectl('wait', '--for=condition=established', 'crd', '--all');
  await cluster.kubectl('create', 'namespace', own);
  const { folder, kubeconfig } = cluster.address;
  const storage = `127.0.0.1:${await freePort()}`;
  const flags = {
    'source-controller': [
      `--storage-path=${folder}`,
      `--storage-addr=${storage}`,
      `--storage-adv-addr=${storage}`,
    ],
    'kustomize-controller': [],
  };
  for (const [name, args] of Object.entries(flags)) {
    const ports = [
      `--metrics-addr=127.0.0.1:${await freePort()}`,
      `--health-addr=127.0.0.1:${await freePort()}`,
    ];
    const env = { KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: own, TMPDIR: folder };
    const log = join(folder, `${name}.log`);
    const server = new Server(programs[name]!, [...args, ...ports, '--events-addr='], log, env);
    await server.start();
    afterAll(() => server.kill());
  }
}

/** A region that Flux brings objects to, from a branch of a real Git server. */
export class FluxSite {
  readonly at: ObjectSite;
  /** Of the GitRepository and the Kustomization. */
  readonly name: string;
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster, at: ObjectSite) {
    this.at = at;
    this.name = at.channel.region;
    this.#cluster = cluster;
  }

  /** A region without a channel of its own: objects are all that it gets. */
  static async make(cluster: Cluster, objects: object = {}): Promise<FluxSite> {
    const at = await ObjectSite.make(cluster);
    await at.start(objects);
    return new FluxSite(cluster, at);
  }

  /** Has Flux follow a branch, as docs/guides/flux.md says. */
  async follow(branch: string, path = 'a/secrets.git'): Promise<void> {
    const metadata = { name: this.name, namespace: own };
    const items = [
      {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        metadata,
        spec: { url: `${this.at.site.server.url}/${path}`, ref: { branch }, interval: '1s' },
      },
      {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata,
        spec: {
          sourceRef: { kind: 'GitRepository', name: this.name },
          path: './secrets',
          prune: true,
          wait: true,
          interval: '2s',
          retryInterval: '2s',
          timeout: '30s',
        },
      },
    ];
    await this.#cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  }

  /** Commits sealed files to a branch `main` of a repository of its own, as people do. */
  commitMain(...secrets: EdgeSecret[]): void {
    const folder = join(this.at.channel.folder, 'people');
    const git = (...args: string[]): unknown => execFileSync('git', ['-C', folder, ...args]);
    mkdirSync(folder, { recursive: true });
    git('init', '-q', '-b', 'main');
    rmSync(join(folder, 'secrets'), { recursive: true, force: true });
    for (const secret of secrets) {
      const file = join(folder, secretPath(secret.metadata.namespace, secret.metadata.name));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, formatEdgeSecret(secret));
    }
    git('add', '-A');
    const person = ['-c', 'user.name=Made Up', '-c', 'user.email=made-up@example.com'];
    git(...person, 'commit', '-qm', 'Seal');
  }

  /** A secret for a region that is not this one, by an author of this one's root. */
  async stranger(key: string): Promise<EdgeSecret> {
    const { channel } = this.at;
    const other = await TestChannel.make('elsewhere');
    other.delete();
    return channel.signed(await other.seal(key, { password: 'made-up-theirs' }));
  }

  async suspend(suspend: boolean): Promise<void> {
    await this.at.site.must('PATCH', this.#kustomization, { spec: { suspend } }, merge);
  }

  async unfollow(): Promise<void> {
    await this.at.site.must('DELETE', this.#kustomization);
  }

  /** Waits until Flux says this of the newest commit: `True`, or `False` with a reason. */
  async until(wanted: string, commit?: string): Promise<void> {
    const said = async (): Promise<string> => {
      const { status = {} } = await this.at.site.must('GET', this.#kustomization);
      const revision = String(status.lastAttemptedRevision);
      if (commit !== undefined && !revision.endsWith(commit)) return `at ${revision}`;
      const conditions = (status.conditions ?? []) as Record<string, string>[];
      const ready = conditions.find(({ type }) => type === 'Ready');
      return ready?.['status'] === 'True' ? 'True' : `${ready?.['status']} ${ready?.['reason']}`;
    };
    await expect.poll(said, { timeout: 90_000, interval: 200 }).toBe(wanted);
  }

  get #kustomization(): string {
    const group = '/apis/kustomize.toolkit.fluxcd.io/v1';
    return `${group}/namespaces/${own}/kustomizations/${this.name}`;
  }
}
