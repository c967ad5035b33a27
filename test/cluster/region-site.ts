import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished } from 'vitest';
import type { RegionSyncStatus } from '../../core/format/status.ts';
import { crdFiles } from '../../tools/crds.ts';
import { repositoryId, TestChannel } from '../controller/channel.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { serveGit } from '../../tools/git-server.ts';
import type { GitServer, GitServerOptions } from '../../tools/git-server.ts';

const program = join(import.meta.dirname, '../../cli/bin.ts');

/** What the controller needs in its own namespace; docs/guides/controller.md lists the same. */
const ownRules = (region: string): object[] => [
  { apiGroups: ['edgeseal.dev'], resources: ['regionsyncs'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['edgeseal.dev'], resources: ['regionsyncs/status'], verbs: ['update'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [`edgeseal-${region}`],
    verbs: ['get', 'update'],
  },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: [`edgeseal-mark-${region}`],
    verbs: ['get', 'update'],
  },
];

/** What it needs in the whole cluster, where its region is not confined to namespaces. */
const clusterRules = [
  {
    apiGroups: [''],
    resources: ['secrets'],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
];

interface Line {
  event: string;
  port?: number;
  [field: string]: unknown;
}

/** A controller as a pod would run it: a process of its own, a service account's token, a RegionSync's name. */
export class Replica {
  readonly lines: Line[] = [];
  readonly store: string;
  /** A node of its own: `/proc/self/cwd` in a path is another one for each replica. */
  readonly node: string;
  readonly process: ChildProcess;
  readonly exit: Promise<unknown[]>;

  constructor(site: RegionSite, name: string, lease: string) {
    this.store = site.path(`store-${name}`);
    this.node = site.path(`node-${name}`);
    mkdirSync(this.node, { recursive: true });
    const { hostname, port } = new URL(site.cluster.address.url);
    const args = [program, 'controller', '--region-sync', site.region, '--lease-duration', lease];
    this.process = spawn(process.execPath, args, {
      cwd: this.node,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        POD_NAME: name,
        POD_NAMESPACE: site.own,
        EDGESEAL_SERVICE_ACCOUNT_DIR: site.path('account'),
        EDGESEAL_LISTEN: '127.0.0.1:0',
        EDGESEAL_STORE: this.store,
      },
    });
    this.exit = once(this.process, 'exit');
    createInterface({ input: this.process.stdout! }).on('line', (text) =>
      this.lines.push(JSON.parse(text) as Line),
    );
    // Before the site is taken down, which fails where it was heard.
    onTestFinished(() => site.channel.heard(`the log of ${name}`, JSON.stringify(this.lines)));
    onTestFinished(async () => {
      this.process.kill('SIGCONT');
      this.process.kill('SIGKILL');
      await this.exit;
    });
  }

  logged(event: string): Line[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** Waits until it leads, or no longer does. */
  async untilLeading(wanted = true): Promise<void> {
    await expect.poll(() => this.leads, { timeout: 20_000, interval: 20 }).toBe(wanted);
  }

  /** Waits until this snapshot lies verified in its store. */
  async untilVerified(sequence: number): Promise<void> {
    await expect
      .poll(() => this.logged('snapshot accepted').some((line) => line['sequence'] === sequence), {
        timeout: 20_000,
        interval: 50,
      })
      .toBe(true);
  }

  /** Whether it says of itself that it leads. */
  get leads(): boolean {
    return this.logged('leadership').at(-1)?.['leading'] === true;
  }

  async page(path: string): Promise<[number, string]> {
    const { port } = this.logged('listening').at(-1)!;
    const response = await fetch(`http://127.0.0.1:${port!}${path}`);
    return [response.status, await response.text()];
  }

  async end(signal: NodeJS.Signals): Promise<unknown[]> {
    this.process.kill(signal);
    return this.exit;
  }
}

interface SiteOptions {
  channel?: TestChannel;
  /** Makes the key's Secret; default true. */
  hasKey?: boolean;
  server?: Pick<GitServerOptions, 'auth'>;
}

/** A RegionSync in a real cluster, a channel behind a real Git server, and replicas with the chart's rights. */
export class RegionSite {
  readonly cluster: Cluster;
  readonly channel: TestChannel;
  readonly server: GitServer;
  readonly region: string;
  /** The controller's namespace, and one for its Secrets. */
  readonly own: string;
  readonly namespace: string;
  readonly #folder: string;

  private constructor(cluster: Cluster, channel: TestChannel, server: GitServer, names: string[]) {
    this.cluster = cluster;
    this.channel = channel;
    this.server = server;
    this.region = channel.region;
    [this.own, this.namespace] = names as [string, string];
    this.#folder = join(channel.folder, this.own);
    mkdirSync(this.path('account'), { recursive: true });
  }

  static async make(cluster: Cluster, options: SiteOptions = {}): Promise<RegionSite> {
    for (const [name, text] of Object.entries(crdFiles()))
      if (name.startsWith('crds/')) await cluster.apply(text);
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', 'regionsyncs.edgeseal.dev');
    // Its own region each time: what a region's controller owns, it finds in the whole cluster.
    const region = `r-${Math.random().toString(36).slice(2, 10)}`;
    const channel = options.channel ?? (await TestChannel.make(region));
    const server = await serveGit({ root: channel.folder, ...options.server });
    const own = await cluster.createNamespace('edgeseal');
    const namespace = await cluster.createNamespace('app');
    const site = new RegionSite(cluster, channel, server, [own, namespace]);
    onTestFinished(async () => {
      await site.#listen();
      await server.close();
      channel.delete();
    });
    await site.#permit();
    if (options.hasKey !== false) await site.putKeys({ 'region.key': channel.keyLine });
    return site;
  }

  /** What people and other programs are told: nothing that was sealed may be among it. */
  async #listen(): Promise<void> {
    const { own, channel } = this;
    for (const path of [
      `/apis/events.k8s.io/v1/namespaces/${own}/events`,
      `/api/v1/namespaces/${own}/configmaps`,
      this.#object,
    ])
      channel.heard(path, JSON.stringify((await this.cluster.request('GET', path)).body));
  }

  async #permit(): Promise<void> {
    const { cluster, own } = this;
    const token = await cluster.serviceAccountToken(own, 'controller');
    writeFileSync(this.path('account/token'), token);
    writeFileSync(this.path('account/ca.crt'), cluster.address.ca);
    writeFileSync(this.path('account/namespace'), own);
    const rbac = 'rbac.authorization.k8s.io';
    const subjects = [{ kind: 'ServiceAccount', name: 'controller', namespace: own }];
    const make = async (place: string, kind: string, rules: object[]): Promise<void> => {
      const path = `/apis/${rbac}/v1${place}/${kind.toLowerCase()}`;
      const metadata = { name: own };
      await this.must('POST', `${path}s`, { metadata, rules });
      const roleRef = { apiGroup: rbac, kind, name: own };
      await this.must('POST', `${path}bindings`, { metadata, roleRef, subjects });
    };
    await make('', 'ClusterRole', clusterRules);
    await make(`/namespaces/${own}`, 'Role', ownRules(this.region));
  }

  path(...parts: string[]): string {
    return join(this.#folder, ...parts);
  }

  key(name: string): string {
    return `${this.namespace}/${name}`;
  }

  /** A request of the admin's that has to succeed. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async must(method: string, path: string, body?: unknown, headers = {}): Promise<any> {
    const answer = await this.cluster.request(method, path, body, { headers });
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${String(answer.body.message)}`);
    return answer.body;
  }

  get #object(): string {
    return `/apis/edgeseal.dev/v1alpha1/namespaces/${this.own}/regionsyncs`;
  }

  spec(changes: object = {}): Record<string, unknown> {
    return {
      repository: repositoryId,
      region: this.region,
      root: this.channel.root.sha256,
      mirrors: [{ name: 'a', url: `${this.server.url}/a/secrets.git` }],
      interval: '1s',
      keys: { secret: { name: 'region-key' } },
      target: { kubernetes: {} },
      ...changes,
    };
  }

  async create(changes: object = {}): Promise<void> {
    await this.must('POST', this.#object, {
      apiVersion: 'edgeseal.dev/v1alpha1',
      kind: 'RegionSync',
      metadata: { name: this.region },
      spec: this.spec(changes),
    });
  }

  /** Changes fields of the spec. */
  async change(spec: object): Promise<void> {
    const type = { 'content-type': 'application/merge-patch+json' };
    await this.must('PATCH', `${this.#object}/${this.region}`, { spec }, type);
  }

  async delete(): Promise<void> {
    await this.must('DELETE', `${this.#object}/${this.region}`);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async object(): Promise<any> {
    return this.must('GET', `${this.#object}/${this.region}`);
  }

  async status(): Promise<RegionSyncStatus> {
    const { status } = (await this.object()) as { status?: RegionSyncStatus };
    return status ?? {};
  }

  /** One condition as `<status> <reason>`. */
  async condition(type: string): Promise<string | undefined> {
    const found = (await this.status()).conditions?.find((one) => one.type === type);
    return found === undefined ? undefined : `${found.status} ${found.reason}`;
  }

  async until(type: string, wanted: string | undefined): Promise<void> {
    await expect.poll(() => this.condition(type), { timeout: 20_000, interval: 100 }).toBe(wanted);
  }

  /** Puts a Secret into the controller's namespace. */
  async putSecret(name: string, values: Record<string, string>): Promise<void> {
    const path = `/api/v1/namespaces/${this.own}/secrets`;
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: values };
    await this.cluster.request('DELETE', `${path}/${name}`);
    await this.must('POST', path, body);
  }

  async putKeys(values: Record<string, string>): Promise<void> {
    await this.putSecret('region-key', values);
  }

  async deleteSecret(name: string, namespace = this.own): Promise<void> {
    await this.must('DELETE', `/api/v1/namespaces/${namespace}/secrets/${name}`);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async secret(name: string, namespace = this.namespace): Promise<any> {
    const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
    const { status, body } = await this.cluster.request('GET', path);
    return status === 404 ? undefined : body;
  }

  /** One value in plain text; undefined where there is none. */
  async value(name: string, item = 'password'): Promise<string | undefined> {
    const data = (await this.secret(name))?.data as Record<string, string> | undefined;
    return data?.[item] === undefined ? undefined : Buffer.from(data[item], 'base64').toString();
  }

  async untilValue(name: string, wanted: string | undefined): Promise<void> {
    await expect.poll(() => this.value(name), { timeout: 20_000, interval: 100 }).toBe(wanted);
  }

  /** Notes of the Events about it, by reason. */
  async events(): Promise<Record<string, string[]>> {
    const path = `/apis/events.k8s.io/v1/namespaces/${this.own}/events`;
    const { items } = (await this.must('GET', path)) as {
      items: { reason: string; note: string }[];
    };
    const notes: Record<string, string[]> = {};
    for (const { reason, note } of items) (notes[reason] ??= []).push(note);
    return notes;
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async lease(): Promise<any> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${this.own}/leases`;
    return (await this.must('GET', `${path}/edgeseal-${this.region}`)).spec;
  }

  replica(name = 'a', lease = '3s'): Replica {
    return new Replica(this, name, lease);
  }
}
