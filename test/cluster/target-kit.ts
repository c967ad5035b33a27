import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { KubernetesTarget } from '../../controller/targets/kubernetes/target.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { UnsealedSecret } from '../../core/secret/unseal.ts';
import { sha256Of } from '../../core/channel/snapshot-check.ts';
import { repositoryId } from '../controller/channel.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { controllerAccount } from '../support/cluster/controller-account.ts';
import type { ControllerAccount } from '../support/cluster/controller-account.ts';

interface Shape {
  version?: number;
  type?: string;
  immutable?: boolean;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** Of the sealed file. */
  file?: string;
}

interface Access {
  account?: ControllerAccount;
  namespaces?: string[];
  url?: string;
  store?: string;
  region?: string;
  silenceMs?: number;
  /** Stop before the first run is done. */
  isFirstRun?: boolean;
}

/** A target with the chart's rights, a namespace to write to, and hands to meddle with it. */
export class Bench {
  readonly cluster: Cluster;
  readonly account: ControllerAccount;
  /** Its own, so that tests that share a cluster do not own each other's Secrets. */
  readonly region: string;
  readonly namespace: string;
  readonly store: string;
  readonly target: KubernetesTarget;
  woken = 0;

  private constructor(
    cluster: Cluster,
    account: ControllerAccount,
    namespace: string,
    access: Access,
  ) {
    this.cluster = cluster;
    this.account = account;
    this.region = access.region ?? '';
    this.namespace = namespace;
    this.store = access.store ?? mkdtempSync(join(tmpdir(), 'edgeseal-target-'));
    const { address } = cluster;
    const endpoint = {
      url: access.url ?? address.url,
      ca: address.ca,
      token: () => account.token,
    };
    this.target = new KubernetesTarget(
      { endpoint, namespace: account.namespace, namespaces: access.namespaces },
      { repository: repositoryId, region: this.region },
      this.store,
      { silenceMs: access.silenceMs },
    );
  }

  static async make(cluster: Cluster, access: Access = {}): Promise<Bench> {
    const region = `us-${randomBytes(4).toString('hex')}`;
    const account = access.account ?? (await controllerAccount(cluster, region));
    const namespace = await cluster.createNamespace('app');
    const bench = new Bench(cluster, account, namespace, { region, ...access });
    await bench.#open(access.isFirstRun);
    return bench;
  }

  /** The next process: another target with the same store, or as another controller with one of its own. */
  async again(access: Access = {}): Promise<Bench> {
    const { cluster, account, namespace, store, region } = this;
    const next = new Bench(cluster, account, namespace, { store, region, ...access });
    await next.#open();
    return next;
  }

  async #open(isFirstRun = false): Promise<void> {
    onTestFinished(async () => {
      await this.target.close();
      rmSync(this.store, { recursive: true, force: true });
    });
    await this.target.open(() => (this.woken += 1));
    await this.target.inventory();
    // As after the first run: only then is anything heard of.
    if (!isFirstRun) await this.target.settle();
  }

  /** Applies as the controller does. */
  async apply(
    name: string,
    values: Record<string, string>,
    shape: Shape = {},
    namespace = this.namespace,
  ): Promise<'applied' | 'unchanged'> {
    const {
      version = 1,
      type = 'Opaque',
      immutable = false,
      labels = {},
      annotations = {},
    } = shape;
    const secret: UnsealedSecret = {
      namespace,
      name,
      version,
      template: { type, immutable, metadata: { labels, annotations } },
      items: new Map(Object.entries(values).map(([k, v]) => [k, SecretBytes.fromText(v)])),
    };
    return this.target.apply(secret, sha256Of(Buffer.from(shape.file ?? `${name} ${version}`)));
  }

  /** What somebody else does to the namespace's Secrets. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async admin(method: string, name: string, body?: unknown): Promise<any> {
    const collection = `/api/v1/namespaces/${this.namespace}/secrets`;
    const path = `${name === '' ? collection : `${collection}/${name}`}?fieldManager=somebody`;
    const merge = { headers: { 'content-type': 'application/merge-patch+json' } };
    const answer = await this.cluster.request(method, path, body, method === 'PATCH' ? merge : {});
    if (answer.status === 404) return undefined;
    if (answer.status >= 300) throw new Error(`${method} ${name}: ${answer.body.message}`);
    return answer.body;
  }

  /** Makes a foreign Secret. */
  async foreign(name: string, values: Record<string, string>, metadata: object = {}) {
    return this.admin('POST', '', { metadata: { name, ...metadata }, stringData: values });
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async read(name: string): Promise<any> {
    return this.admin('GET', name);
  }

  async values(name: string): Promise<Record<string, string> | undefined> {
    const secret = await this.read(name);
    if (secret === undefined) return undefined;
    return Object.fromEntries(
      Object.entries(secret.data ?? {}).map(([item, value]) => [
        item,
        Buffer.from(value as string, 'base64').toString(),
      ]),
    );
  }
}
