import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadSettings } from '../../controller/config.ts';
import { assemble } from '../../controller/main.ts';
import type { Assembly } from '../../controller/main.ts';
import type { Status } from '../../controller/status/status.ts';
import { serveGit } from '../../tools/git-server.ts';
import type { GitServer } from '../../tools/git-server.ts';
import { repositoryId, TestChannel } from '../controller/channel.ts';

/** One place that the channel can be had from, and what it may be made to do. */
export interface SiteMirror {
  name: string;
  kind: 'http' | 'directory' | 'bundle';
  /** Of a directory or a bundle, where it is when it is there. */
  path: string;
}

/**
 * A region's edge without a test runner: a channel, mirrors of all kinds that come and go, and a controller whose clock is
 * ours, driven round by round in this process.
 */
export class SoakSite {
  readonly channel: TestChannel;
  readonly folder: string;
  readonly mirrors: readonly SiteMirror[];
  /** Milliseconds since 1970, as the controller sees it. */
  now = Date.parse('2026-01-01T00:00:00Z');
  warnings = 0;
  #server: GitServer;
  #running: Assembly | undefined;
  #stop = new AbortController();

  private constructor(channel: TestChannel, server: GitServer, mirrors: SiteMirror[]) {
    this.channel = channel;
    this.#server = server;
    this.mirrors = mirrors;
    this.folder = join(channel.folder, 'edge');
    mkdirSync(join(this.folder, 'keys'), { recursive: true });
    channel.writeKey(join(this.folder, 'keys/first.key'));
    this.#configure();
  }

  /** @param kinds of the mirrors, the preferred one first; `a` is where publications go */
  static async make(kinds: SiteMirror['kind'][]): Promise<SoakSite> {
    const channel = await TestChannel.make();
    channel.makeRoot((spec) => {
      spec.heartbeat = { key: channel.heartbeat.line };
    });
    const server = await serveGit({ root: channel.folder });
    const mirrors = kinds.map((kind, i): SiteMirror => {
      const name = String.fromCharCode('a'.charCodeAt(0) + i);
      const file = kind === 'bundle' ? `${name}.bundle` : `${name}/secrets.git`;
      return { name, kind, path: join(channel.folder, file) };
    });
    return new SoakSite(channel, server, mirrors);
  }

  /** One round, `seconds` later. */
  async round(seconds: number): Promise<Status> {
    this.now += seconds * 1000;
    if (this.#running === undefined) {
      this.#stop = new AbortController();
      const settings = await loadSettings(join(this.folder, 'region-sync.yaml'), {});
      this.#running = await assemble(settings, {
        once: false,
        signal: this.#stop.signal,
        write: (line) => {
          if (!line.startsWith('{"level":"info"')) this.warnings += 1;
        },
        now: () => this.now,
      });
    }
    return this.#running.round.run(this.#stop.signal);
  }

  async restart(): Promise<void> {
    this.#stop.abort();
    await this.#running?.close();
    this.#running = undefined;
  }

  /** Brings a copy to what was published, as its owner would. */
  copy({ name, kind, path }: SiteMirror): void {
    if (name === 'a') return;
    if (kind === 'bundle') {
      this.channel.bundle(`${path}.new`);
      renameSync(`${path}.new`, path);
      return;
    }
    if (!existsSync(path)) this.channel.mirror(name);
    else execFileSync('git', ['-C', path, 'fetch', '-q', '--prune', 'origin', '+refs/*:refs/*']);
  }

  /** Takes a mirror away, keeping what it had. */
  takeAway({ path }: SiteMirror): void {
    if (existsSync(path)) renameSync(path, `${path}.away`);
  }

  bringBack({ path }: SiteMirror): void {
    if (existsSync(`${path}.away`)) renameSync(`${path}.away`, path);
  }

  /** Has a mirror serve a byte that nobody signed. */
  spoil({ path, kind }: SiteMirror): void {
    if (kind === 'bundle') {
      const bytes = readFileSync(path);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(path, bytes);
      return;
    }
    const files = join(path, 'spoiled');
    const git = (args: string[], input = ''): string =>
      execFileSync('git', ['-C', path, ...args], {
        encoding: 'utf8',
        input,
        env: { ...process.env, GIT_INDEX_FILE: files },
      }).trim();
    const { ref } = this.channel;
    git(['read-tree', ref]);
    const blob = git(['hash-object', '-w', '--stdin'], 'nobody: signed this\n');
    const [first] = git(['ls-files', 'secrets']).split('\n');
    git(['update-index', '--cacheinfo', `100644,${blob},${first ?? ''}`]);
    const tree = git(['write-tree']);
    const who = ['-c', 'user.name=made up', '-c', 'user.email=nobody@example.com'];
    git(['update-ref', ref, git([...who, 'commit-tree', '-p', ref, '-m', 'spoiled', tree])]);
    rmSync(files);
  }

  /** The values of everything in the target, by `namespace/name`. */
  get applied(): Map<string, string> {
    const top = join(this.folder, 'unsealed');
    const found = new Map<string, string>();
    if (!existsSync(top)) return found;
    const visible = (path: string): string[] =>
      readdirSync(path).filter((name) => !name.startsWith('.'));
    for (const namespace of visible(top))
      for (const name of visible(join(top, namespace)))
        found.set(
          `${namespace}/${name}`,
          readFileSync(join(top, namespace, name, 'password'), 'utf8'),
        );
    return found;
  }

  /** Bytes and files on the controller's disk, but for the target. */
  get disk(): { bytes: number; files: number } {
    const store = join(this.folder, 'store');
    let bytes = 0;
    let files = 0;
    for (const entry of readdirSync(store, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      files += 1;
      bytes += statSync(join(entry.parentPath, entry.name)).size;
    }
    return { bytes, files };
  }

  /** Bytes received from all mirrors since the start. */
  get moved(): number {
    const mirrors = this.#running?.counters.mirrors.values() ?? [];
    return [...mirrors].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The network goes, or comes back under the same address. */
  async disconnect(): Promise<void> {
    await this.#server.close();
  }

  async connect(): Promise<void> {
    const port = Number(new URL(this.#server.url).port);
    this.#server = await serveGit({ root: this.channel.folder, port });
  }

  /** What the server remembers of its requests is not the controller's memory. */
  forgetRequests(): void {
    this.#server.requests.length = 0;
  }

  async remove(): Promise<void> {
    await this.restart();
    await this.#server.close();
    this.channel.delete();
  }

  /** Keeps a copy of a mirror, to set it back to later. */
  keep({ path }: SiteMirror): () => void {
    const kept = `${path}.kept`;
    rmSync(kept, { recursive: true, force: true });
    cpSync(path, kept, { recursive: true });
    return () => {
      rmSync(path, { recursive: true, force: true });
      renameSync(kept, path);
    };
  }

  #configure(): void {
    const { region, root } = this.channel;
    const lines = [
      'apiVersion: edgeseal.dev/v1alpha1',
      'kind: RegionSync',
      'spec:',
      `  repository: ${repositoryId}`,
      `  region: ${region}`,
      `  root: ${root.sha256}`,
      '  mirrors:',
      ...this.mirrors.map(({ name, kind, path }) => {
        const url = kind === 'http' ? `${this.#server.url}/${name}/secrets.git` : path;
        return `  - {name: ${name}, url: "${url}"}`;
      }),
      '  interval: 1m',
      '  staleAfter: 24h',
      '  keys: {directory: keys}',
      '  store: store',
      '  target: {directory: {path: unsealed}}',
      '  limits: {fetchTimeout: 30s}',
    ];
    writeFileSync(join(this.folder, 'region-sync.yaml'), `${lines.join('\n')}\n`);
  }
}
