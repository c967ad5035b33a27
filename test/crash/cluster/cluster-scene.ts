import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { loadSettings } from '../../../controller/config.ts';
import { assemble } from '../../../controller/main.ts';
import { regionLabel } from '../../../core/format/ownership.ts';
import { serveGit } from '../../../tools/git-server.ts';
import type { GitServer } from '../../../tools/git-server.ts';
import { repositoryId, TestChannel } from '../../controller/channel.ts';
import { condition, failures } from '../../controller/edge.ts';
import type { Cluster } from '../../support/cluster/client.ts';
import { formatKubeconfig } from '../../support/cluster/client.ts';
import { controllerAccount } from '../../support/cluster/controller-account.ts';
import { Script } from '../story.ts';
import type { Said } from '../story.ts';
import { Tap } from './tap.ts';
import { Watcher } from './watcher.ts';

/** A region in a real cluster: what it holds goes on from one fault to the next, while a watcher looks on. */
export class ClusterScene {
  readonly cluster: Cluster;
  readonly script: Script;
  readonly tap: Tap;
  readonly watcher: Watcher;
  readonly folder: string;
  readonly namespace: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #own: string;
  readonly #server: GitServer;
  readonly #published = new Map<string, Said['values']>();
  #turn = 0;

  private constructor(
    cluster: Cluster,
    channel: TestChannel,
    server: GitServer,
    tap: Tap,
    own: string,
    namespace: string,
  ) {
    this.cluster = cluster;
    this.script = new Script(channel);
    this.#server = server;
    this.tap = tap;
    this.#own = own;
    this.namespace = namespace;
    this.folder = join(channel.folder, 'edge');
    mkdirSync(this.folder);
    this.env = { KUBECONFIG: join(this.folder, 'kubeconfig'), POD_NAMESPACE: own };
    this.watcher = new Watcher((name, version) => this.#published.get(`${name} ${version}`));
  }

  static async make(cluster: Cluster): Promise<ClusterScene> {
    const channel = await TestChannel.make(`us-${randomBytes(4).toString('hex')}`);
    const server = await serveGit({ root: channel.folder });
    const account = await controllerAccount(cluster, channel.region);
    const namespace = await cluster.createNamespace('app');
    const tap = await Tap.open(cluster.address.url);
    const scene = new ClusterScene(cluster, channel, server, tap, account.namespace, namespace);
    channel.writeKey(join(scene.folder, 'region.key'));
    const address = { ...cluster.address, url: tap.url };
    writeFileSync(scene.env['KUBECONFIG']!, formatKubeconfig(address, account.token));
    await scene.watcher.begin(cluster, namespace);
    return scene;
  }

  async remove(): Promise<void> {
    this.watcher.end();
    this.tap.close();
    await this.#server.close();
    this.script.channel.delete();
  }

  get config(): string {
    return join(this.folder, 'region-sync.yaml');
  }

  /** Publishes what makes the controller create, change, replace and delete. */
  async publish(): Promise<void> {
    const { script } = this;
    const turn = (this.#turn += 1);
    const seal = async (name: string, ...items: string[]): Promise<void> => {
      const values = Object.fromEntries(
        items.map((item) => [item, `made-up-${name}-${item}-in-${turn}`]),
      );
      await script.seal(`${this.namespace}/${name}`, values);
    };
    await seal('db', 'host', 'password', 'user');
    await seal('api', 'token', ...(turn % 2 === 0 ? ['url'] : []));
    await seal(`of-${turn}`, 'password');
    if (turn > 2) script.remove(`${this.namespace}/of-${turn - 2}`);
    for (const [key, { version, values }] of script.content)
      this.#published.set(`${key.split('/')[1]!} ${version}`, values);
    script.channel.publish();
    this.#configure();
  }

  #configure(): void {
    const { channel } = this.script;
    const lines = [
      'apiVersion: edgeseal.dev/v1alpha1',
      'kind: RegionSync',
      'spec:',
      `  repository: ${repositoryId}`,
      `  region: ${channel.region}`,
      `  root: ${channel.root.sha256}`,
      `  mirrors: [{name: a, url: "${this.#server.url}/a/secrets.git"}]`,
      '  interval: 1s',
      '  keys: {files: [region.key]}',
      '  store: store',
      '  target: {kubernetes: {}}',
      // More is deleted here than a day's share.
      `  prune: {acknowledged: ${channel.snapshot}}`,
    ];
    writeFileSync(this.config, `${lines.join('\n')}\n`);
  }

  /** Requires that nothing that there ever was in the cluster was anything but whole. */
  expectWhole(): void {
    expect(this.watcher.wrong).toEqual([]);
  }

  /** Starts a controller where nothing goes wrong, and requires that all is as it is published. */
  async expectConverges(): Promise<void> {
    this.expectWhole();
    this.tap.arm();
    const settings = await loadSettings(this.config, {});
    const { signal } = new AbortController();
    const running = await assemble(settings, {
      once: true,
      signal,
      env: this.env,
      write: () => undefined,
    });
    try {
      const status = await running.round.run(signal);
      expect(condition(status, 'Ready')).toBe('True Applied');
      expect(failures(status)).toEqual({});
    } finally {
      await running.close();
    }
    await this.expectEqual();
  }

  /** Requires that the cluster holds what is published, and the mark. */
  async expectEqual(): Promise<void> {
    const { channel, content } = this.script;
    const list = `/api/v1/namespaces/${this.namespace}/secrets?labelSelector=${encodeURIComponent(`${regionLabel}=${channel.region}`)}`;
    const { body } = await this.cluster.request('GET', list);
    const items = body.items as { metadata: { name: string }; data: Record<string, string> }[];
    const held = items.map(
      ({ metadata, data }) => [`${this.namespace}/${metadata.name}`, data] as const,
    );
    const wanted = [...content].map(([key, { values }]) => [key, encoded(values)] as const);
    expect(Object.fromEntries(held)).toEqual(Object.fromEntries(wanted));
    expect(await this.mark()).toBe(channel.sequence);
    this.expectWhole();
  }

  /** The sequence of the mark in the cluster. */
  async mark(): Promise<number> {
    const path = `/api/v1/namespaces/${this.#own}/configmaps/edgeseal-mark-${this.script.channel.region}`;
    const { body } = await this.cluster.request('GET', path);
    return Number(body.data?.sequence ?? 0);
  }
}

const encoded = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([item, value]) => [item, Buffer.from(value).toString('base64')]),
  );
