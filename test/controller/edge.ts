import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadSettings } from '../../controller/config.ts';
import { renderMetrics } from '../../controller/status/metrics.ts';
import { assemble } from '../../controller/main.ts';
import type { Status } from '../../controller/status/status.ts';
import { serveGit } from '../../tools/git-server.ts';
import type { GitServer, GitServerOptions } from '../../tools/git-server.ts';
import { repositoryId, TestChannel } from './channel.ts';

interface EdgeOptions {
  /** Names of mirrors, in the configured order; each is a folder of the channel's. Default: `a`. */
  mirrors?: string[];
  /** Lines below `spec:`, and a root other than the first one. */
  spec?: string[];
  pinned?: string;
  channel?: TestChannel;
  /** How the Git server is to misbehave. */
  server?: Pick<GitServerOptions, 'onRequest' | 'mutate'>;
  /** Outlives the test; whoever made it removes it. */
  isShared?: boolean;
}

/** A region's edge: a channel behind a real Git server, and a controller that is driven round by round. */
export class Edge {
  readonly channel: TestChannel;
  readonly server: GitServer;
  readonly folder: string;
  readonly config: string;
  readonly lines: string[] = [];
  /** What the controller is started with from then on. */
  env: NodeJS.ProcessEnv = {};
  /** The injected clock. */
  now = Date.parse('2026-01-01T00:00:00Z');
  #running: Awaited<ReturnType<typeof assemble>> | undefined;
  #stop = new AbortController();

  private constructor(channel: TestChannel, server: GitServer, name: string) {
    this.channel = channel;
    this.server = server;
    this.folder = join(channel.folder, name);
    this.config = join(this.folder, 'region-sync.yaml');
    mkdirSync(this.folder, { recursive: true });
  }

  static async make(options: EdgeOptions = {}): Promise<Edge> {
    const channel = options.channel ?? (await TestChannel.make());
    const server = await serveGit({ root: channel.folder, ...options.server });
    const edge = new Edge(channel, server, `edge-${String(server.url.split(':')[2])}`);
    channel.writeKey(join(edge.folder, 'region.key'));
    edge.configure(options);
    if (options.isShared !== true) onTestFinished(() => edge.remove());
    return edge;
  }

  async remove(): Promise<void> {
    if (this.#running !== undefined) {
      const { round, counters, region } = this.#running;
      const status = (): Status | undefined => round.status;
      const issuedAt = (): string | undefined => region.intake.issuedAt;
      const { body } = await renderMetrics({ status, counters, issuedAt, isAlive: () => true });
      this.channel.heard('the status', JSON.stringify(status()));
      this.channel.heard('the metrics', body);
    }
    this.channel.heard('the log', this.lines.join(''));
    await this.stop();
    await this.server.close();
    this.channel.delete();
  }

  /** Writes the configuration. */
  configure({ mirrors = ['a'], spec = [], pinned }: EdgeOptions = {}): void {
    const lines = [
      'apiVersion: edgeseal.dev/v1alpha1',
      'kind: RegionSync',
      'spec:',
      `  repository: ${repositoryId}`,
      `  region: ${this.channel.region}`,
      `  root: ${pinned ?? this.channel.root.sha256}`,
      '  mirrors:',
      ...mirrors.map((name) =>
        name.includes('/')
          ? `  - {name: ${name.split('/').at(-1)!}, url: ${name}}`
          : `  - {name: ${name}, url: "${this.server.url}/${name}/secrets.git"}`,
      ),
      '  interval: 1s',
      '  keys: {files: [region.key]}',
      '  store: store',
      '  target: {directory: {path: unsealed}}',
      ...spec.map((line) => `  ${line}`),
    ];
    writeFileSync(this.config, `${lines.join('\n')}\n`);
  }

  /** Changes the configuration as a text. */
  edit(change: (text: string) => string): void {
    writeFileSync(this.config, change(readFileSync(this.config, 'utf8')));
  }

  /** One round of the running controller, which is started where there is none; two intervals pass. */
  async round(): Promise<Status> {
    this.now += 2000;
    return (await this.start()).round.run(this.#stop.signal);
  }

  async start(): Promise<NonNullable<Awaited<ReturnType<typeof assemble>>>> {
    if (this.#running !== undefined) return this.#running;
    this.#stop = new AbortController();
    const settings = await loadSettings(this.config, this.env);
    this.#running = await assemble(settings, {
      once: false,
      signal: this.#stop.signal,
      write: (line) => this.lines.push(line),
      now: () => this.now,
    });
    return this.#running;
  }

  /** Ends what is driven by hand, as `stop` does. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running?.close();
    this.#running = undefined;
  }

  /** Stops and starts, with the configuration as it is now. */
  async restart(): Promise<Status> {
    await this.stop();
    return this.round();
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** One item as a program at the edge reads it. */
  value(secret: string, item = 'password'): string | undefined {
    const file = this.path('unsealed', secret, item);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  /** `namespace/name` of everything in the target. */
  get applied(): string[] {
    const top = this.path('unsealed');
    if (!existsSync(top)) return [];
    const visible = (path: string): string[] =>
      readdirSync(path).filter((name) => !name.startsWith('.'));
    return visible(top)
      .flatMap((namespace) => visible(join(top, namespace)).map((name) => `${namespace}/${name}`))
      .sort();
  }

  /** The log's lines with this event. */
  logged(event: string): Record<string, unknown>[] {
    return this.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['event'] === event);
  }

  forgetStore(): void {
    rmSync(this.path('store'), { recursive: true, force: true });
  }
}

/** One condition as `<status> <reason>`. */
export function condition(status: Status, type: string): string {
  const found = status.conditions.find((one) => one.type === type);
  return `${found?.status ?? ''} ${found?.reason ?? ''}`;
}

/** State of a mirror. */
export function mirrorState(status: Status, name = 'a'): string | undefined {
  return status.mirrors.find((mirror) => mirror.name === name)?.state;
}

/** Reasons of failed secrets, by name. */
export function failures(status: Status): Record<string, string> {
  return Object.fromEntries(status.secrets.failed.map(({ name, reason }) => [name, reason]));
}
