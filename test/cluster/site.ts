import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadSettings } from '../../controller/config.ts';
import { assemble } from '../../controller/main.ts';
import type { Assembly } from '../../controller/main.ts';
import type { Status } from '../../controller/status/status.ts';
import { repositoryId, TestChannel } from '../controller/channel.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { controllerAccount } from '../support/cluster/controller-account.ts';

interface SiteOptions {
  /** Below `target.kubernetes`. */
  kubernetes?: string;
  /** Another address of the API server, such as a proxy's. */
  url?: string;
  interval?: string;
  channel?: TestChannel;
}

/** A region's controller in front of a real API server, with the chart's rights and no others. */
export class Site {
  readonly cluster: Cluster;
  readonly channel: TestChannel;
  /** The controller's own namespace. */
  readonly own: string;
  readonly token: string;
  /** Namespaces of its own for the test's secrets. */
  readonly namespace: string;
  readonly lines: string[] = [];
  readonly #folder: string;
  readonly #kubeconfig: string;
  #running: Assembly | undefined;
  #loop: Promise<void> | undefined;
  #stop = new AbortController();

  private constructor(
    cluster: Cluster,
    channel: TestChannel,
    account: { namespace: string; token: string },
    namespace: string,
    url: string,
    store: string,
  ) {
    this.cluster = cluster;
    this.channel = channel;
    this.own = account.namespace;
    this.token = account.token;
    this.namespace = namespace;
    this.#folder = join(channel.folder, store);
    this.#kubeconfig = join(this.#folder, 'kubeconfig');
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(
      this.#kubeconfig,
      JSON.stringify({
        clusters: [
          {
            name: 'site',
            cluster: { server: url, 'certificate-authority': cluster.address.caFile },
          },
        ],
        users: [{ name: 'controller', user: { token: account.token } }],
        contexts: [{ name: 'site', context: { cluster: 'site', user: 'controller' } }],
        'current-context': 'site',
      }),
    );
  }

  static async make(cluster: Cluster, options: SiteOptions = {}): Promise<Site> {
    // A region of its own: tests that share a cluster do not own each other's Secrets.
    const region = `us-${randomBytes(4).toString('hex')}`;
    const channel = options.channel ?? (await TestChannel.make(region));
    const account = await controllerAccount(cluster, channel.region);
    const namespace = await cluster.createNamespace('app');
    const url = options.url ?? cluster.address.url;
    const site = new Site(cluster, channel, account, namespace, url, 'site');
    site.configure(options);
    onTestFinished(async () => {
      await site.stop();
      channel.delete();
    });
    return site;
  }

  /** A second controller of the same region: another store, the same rights. */
  replica(options: SiteOptions = {}): Site {
    const { cluster, channel, own, token, namespace } = this;
    const account = { namespace: own, token };
    const site = new Site(cluster, channel, account, namespace, cluster.address.url, 'replica');
    site.configure(options);
    onTestFinished(() => site.stop());
    return site;
  }

  /** @param spec further lines below `spec:` */
  configure({ kubernetes = '{}', interval = '1s' }: SiteOptions, spec: string[] = []): void {
    const { channel } = this;
    channel.writeKey(join(this.#folder, 'region.key'));
    const lines = [
      'apiVersion: edgeseal.dev/v1alpha1',
      'kind: RegionSync',
      'spec:',
      `  repository: ${repositoryId}`,
      `  region: ${channel.region}`,
      `  root: ${channel.root.sha256}`,
      `  mirrors: [{name: a, url: "${channel.path}"}]`,
      `  interval: ${interval}`,
      '  keys: {files: [region.key]}',
      '  store: store',
      `  target: {kubernetes: ${kubernetes}}`,
      ...spec.map((line) => `  ${line}`),
    ];
    writeFileSync(join(this.#folder, 'region-sync.yaml'), `${lines.join('\n')}\n`);
  }

  async assembled(): Promise<Assembly> {
    if (this.#running !== undefined) return this.#running;
    this.#stop = new AbortController();
    const settings = await loadSettings(join(this.#folder, 'region-sync.yaml'), {});
    this.#running = await assemble(settings, {
      once: false,
      signal: this.#stop.signal,
      env: { KUBECONFIG: this.#kubeconfig, POD_NAMESPACE: this.own },
      write: (line) => this.lines.push(line),
    });
    return this.#running;
  }

  /** One round of the running controller, which is started where there is none. */
  async round(): Promise<Status> {
    return (await this.assembled()).round.run(this.#stop.signal);
  }

  /** Lets it run by itself, as in a pod. */
  async run(): Promise<void> {
    const { loop, region, round, now } = await this.assembled();
    this.#loop = loop.run(region, round, now, this.#stop.signal);
  }

  get status(): Status | undefined {
    return this.#running?.round.status;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    this.#loop = undefined;
    await this.#running?.close();
    this.#running = undefined;
  }

  forgetStore(): void {
    rmSync(join(this.#folder, 'store'), { recursive: true, force: true });
  }

  key(name: string): string {
    return `${this.namespace}/${name}`;
  }

  path(name: string, namespace = this.namespace): string {
    return `/api/v1/namespaces/${namespace}/secrets/${name}`;
  }

  /** The Secret as the API server has it; undefined where there is none. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async secret(name: string, namespace = this.namespace): Promise<any> {
    const { status, body } = await this.cluster.request('GET', this.path(name, namespace));
    return status === 404 ? undefined : body;
  }

  /** Its values in plain text; undefined where there is none. */
  async values(name: string, namespace = this.namespace): Promise<unknown> {
    const secret = await this.secret(name, namespace);
    if (secret === undefined) return undefined;
    return Object.fromEntries(
      Object.entries(secret.data ?? {}).map(([item, value]) => [
        item,
        Buffer.from(value as string, 'base64').toString(),
      ]),
    );
  }

  logged(event: string): Record<string, unknown>[] {
    return this.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['event'] === event);
  }
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64');
