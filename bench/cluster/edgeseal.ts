import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryId, TestChannel } from '../../test/controller/channel.ts';
import type { Cluster } from '../../test/support/cluster/client.ts';
import { controllerAccount } from '../../test/support/cluster/controller-account.ts';
import { freePort, Server } from '../../test/support/cluster/server.ts';
import { build } from '../../tools/build.ts';
import { serveGit } from '../../tools/git-server.ts';
import type { GitServer } from '../../tools/git-server.ts';
import type { MadeUp } from './made-up.ts';
import { until } from './measure.ts';

/** A line of the controller's log; `ms` is when it was written, since 1970. */
type Line = Record<string, unknown> & { time: number };

/** A signed channel, served over HTTP, and the built program. */
export class Published {
  readonly channel: TestChannel;
  readonly server: GitServer;
  readonly program: string;
  /** When the mirror was first asked after this was set to undefined, by `performance.now()`. */
  asked: number | undefined;

  private constructor(channel: TestChannel, program: string, server: GitServer) {
    this.channel = channel;
    this.program = program;
    this.server = server;
  }

  static async make(list: MadeUp[]): Promise<Published> {
    const channel = await TestChannel.make();
    let made: Published | undefined;
    try {
      const root = join(import.meta.dirname, '../..');
      const dist = join(channel.folder, 'dist');
      await build(root, dist);
      symlinkSync(join(root, 'package.json'), join(channel.folder, 'package.json'));
      for (const { namespace, name, values } of list)
        await channel.seal(`${namespace}/${name}`, values);
      channel.publish();
      channel.repack();
      const onRequest = (): boolean => {
        if (made !== undefined) made.asked ??= performance.now();
        return false;
      };
      const server = await serveGit({ root: channel.folder, onRequest });
      return (made = new Published(channel, join(dist, 'edgeseal.cjs'), server));
    } catch (error) {
      channel.delete();
      throw error;
    }
  }

  async delete(): Promise<void> {
    await this.server.close();
    this.channel.delete();
  }
}

/** edgeseal's controller in front of a cluster, with the chart's own rights, and an empty store. */
export class Controller extends Server {
  readonly #log: string;
  readonly port: number;

  private constructor(program: string, folder: string, port: number, env: NodeJS.ProcessEnv) {
    const log = join(folder, 'log');
    const config = join(folder, 'region-sync.yaml');
    // Flags for a profile: NODE_FLAGS='--cpu-prof' npm run bench -- cluster --only=edgeseal
    const flags = (process.env['NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
    super(process.execPath, [...flags, program, 'controller', '--config', config], log, env);
    this.#log = log;
    this.port = port;
  }

  static async make(
    cluster: Cluster,
    { channel, server, program }: Published,
  ): Promise<Controller> {
    const { namespace, token } = await controllerAccount(cluster, channel.region);
    const folder = join(channel.folder, 'edge');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    channel.writeKey(join(folder, 'region.key'));
    const port = await freePort();
    writeFileSync(
      join(folder, 'region-sync.yaml'),
      `apiVersion: edgeseal.dev/v1alpha1
kind: RegionSync
spec:
  repository: ${repositoryId}
  region: ${channel.region}
  root: ${channel.root.sha256}
  mirrors: [{name: a, url: "${server.url}/a/secrets.git"}]
  interval: 1s
  keys: {files: [region.key]}
  store: store
  target: {kubernetes: {}}
  listen: 127.0.0.1:${port}
`,
    );
    const env = { KUBECONFIG: cluster.kubeconfigFor(token), POD_NAMESPACE: namespace };
    return new Controller(program, folder, port, env);
  }

  /** All lines of this event so far. */
  lines(event: string): Line[] {
    if (!existsSync(this.#log)) return [];
    return readFileSync(this.#log, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown> & { time: string })
      .filter((line) => line['event'] === event)
      .map((line) => ({ ...line, time: Date.parse(line.time) }));
  }

  /** Waits for the line with this event that comes after `seen` others. */
  async event(name: string, seen = 0): Promise<Line> {
    let found: Line | undefined;
    await until(() => (found = this.lines(name)[seen]) !== undefined, `event ${name}`, [this]);
    return found!;
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1]);
  }

  /** As Kubernetes ends a pod. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.signal('SIGTERM');
    await until(() => !this.running, 'end of the controller');
  }
}
