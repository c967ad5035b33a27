import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { renderMetrics } from '../../../controller/status/metrics.ts';
import type { Status } from '../../../controller/status/status.ts';
import type { GitServerOptions } from '../../../tools/git-server.ts';
import { TestSigner } from '../../controller/channel.ts';
import type { TestChannel } from '../../controller/channel.ts';
import { Edge } from '../../controller/edge.ts';

/** In every value that is sealed here, so that one search finds any of them. */
export const marker = 'made-up-and-looked-for-4711';

/** Below each of these a file is a target's, or the key that it was given: plaintext is there by purpose. */
const BY_PURPOSE = ['unsealed', 'region.key'];

type Hostility = Pick<GitServerOptions, 'onRequest' | 'mutate'>;

/**
 * A region with an honest channel that was applied, its Git server in the hands of the attacker. After each attack
 * it is made honest again, so that one site serves many of them.
 */
export class Site {
  readonly edge: Edge;
  /** Another publisher, author or holder of a root key, whom no root lists until a case does. */
  readonly stranger = new TestSigner();
  status: Status | undefined;
  readonly #how: { now: Hostility };
  #undo: (() => unknown)[] = [];
  #version = 0;
  /** Where the branch was when it was accepted last. */
  #head: string | undefined;

  private constructor(edge: Edge, how: { now: Hostility }) {
    this.edge = edge;
    this.#how = how;
  }

  static async make(spec: string[] = []): Promise<Site> {
    const how: { now: Hostility } = { now: {} };
    const edge = await Edge.make({
      isShared: true,
      spec,
      server: {
        onRequest: (request, response) => how.now.onRequest?.(request, response) ?? false,
        mutate: (request) => how.now.mutate?.(request),
      },
    });
    const site = new Site(edge, how);
    mkdirSync(edge.path('tmp'));
    await edge.channel.seal('production/other', { password: `${marker} of another` });
    await site.honest();
    return site;
  }

  get channel(): TestChannel {
    return this.edge.channel;
  }

  /** What the values of this version are. */
  value(version = this.#version): string {
    return `${marker} ${version}`;
  }

  /** The honest publisher's next snapshot, with new values of two secrets. */
  async publish(): Promise<void> {
    this.#version += 1;
    const { channel } = this;
    for (const name of ['production/db', 'shop/witness']) {
      // Above whatever a case has made of the last one.
      const version = 10 * this.#version;
      await channel.seal(name, { password: this.value() }, { version });
    }
    channel.publish();
  }

  /** Publishes and has it applied. @throws where an honest channel is not accepted */
  async honest(): Promise<void> {
    await this.publish();
    await this.round();
    const { secrets, mirrors } = this.status!;
    const [mirror] = mirrors;
    const isRight = ['production/db', 'shop/witness'].every(
      (name) => this.edge.value(name) === this.value(),
    );
    this.#head = this.channel.head();
    if (mirror?.state === 'Ok' && secrets.failing === 0 && isRight) return;
    const { conditions, alarm } = this.status!;
    const said = JSON.stringify({ mirrors, conditions, secrets, alarm });
    throw new Error(`the honest channel is not accepted: ${said}`);
  }

  /**
   * What the mirror serves is right again: it is called so. Where the attack came with something that was published
   * and refused, that is published again, and applied.
   */
  async recover(): Promise<void> {
    const { channel } = this;
    if (this.status?.snapshot?.sha256 !== channel.snapshot || channel.head() !== this.#head) {
      await this.honest();
      return;
    }
    await this.round();
    if (this.status.mirrors[0]?.state === 'Ok' && this.status.secrets.failing === 0) return;
    await this.honest();
  }

  /** One round, long after the last one: whoever failed is asked again. */
  async round(): Promise<Status> {
    this.edge.now += 24 * 3600_000;
    return (this.status = await this.edge.round());
  }

  /** Stops the controller and starts it again. */
  async restart(): Promise<Status> {
    await this.edge.stop();
    return this.round();
  }

  /** How the Git server is to misbehave until `relent`. */
  hostile(how: Hostility): void {
    this.#how.now = how;
  }

  /** Has something put right by `relent`, the last one first. */
  undo(step: () => unknown): void {
    this.#undo.unshift(step);
  }

  async relent(): Promise<void> {
    this.#how.now = {};
    for (const step of this.#undo.splice(0)) await step();
  }

  /** Another configuration, until `relent`: of spec lines, or of the one mirror's url. */
  async configure(options: { spec?: string[]; mirrors?: string[] }): Promise<void> {
    const pinned = this.channel.root.sha256;
    await this.edge.stop();
    this.edge.configure({ ...options, pinned });
    this.undo(async () => {
      await this.edge.stop();
      this.edge.configure();
    });
  }

  /** Git in the mirror's repository, as whoever owns that host. */
  git(args: string[], input: string | Uint8Array = ''): string {
    return execFileSync('git', ['-C', this.channel.path, ...args], {
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
    }).trim();
  }

  /** An object that git itself would not make. */
  object(type: string, bytes: string | Uint8Array): string {
    return this.git(['hash-object', '-t', type, '--literally', '-w', '--stdin'], bytes);
  }

  /** Has the branch at any object until `relent`. */
  point(oid: string): void {
    const { ref } = this.channel;
    const before = this.channel.head()!;
    this.git(['update-ref', '--no-deref', '-d', ref]);
    // By hand: update-ref does not point a branch at what is no commit.
    const file = join(this.channel.path, ref);
    this.git(['pack-refs', '--all']);
    mkdirSync(join(file, '..'), { recursive: true });
    execFileSync('sh', ['-c', `printf '%s\\n' "${oid}" > "${file}"`]);
    this.undo(() => this.git(['update-ref', ref, before]));
  }

  /** Every file and link below a folder of the target, with its content. */
  picture(folder = ''): Record<string, string> {
    const top = this.edge.path('unsealed');
    const seen: Record<string, string> = {};
    for (const entry of readdirSync(join(top, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(top, path);
      if (entry.isSymbolicLink()) seen[name] = `-> ${readlinkSync(path)}`;
      else if (entry.isFile()) seen[name] = readFileSync(path, 'latin1');
    }
    return seen;
  }

  /** Where a value, or the region's private key, is to be found that should not be there. */
  async leaks(): Promise<string[]> {
    const places = new Map<string, string>();
    const { edge } = this;
    const { counters } = await edge.start();
    const served = { status: () => this.status, counters, isAlive: () => true, issuedAt: () => '' };
    places.set('the log', edge.lines.join('\n'));
    places.set('the status', JSON.stringify(this.status));
    places.set('the metrics', (await renderMetrics(served)).body);
    for (const path of filesBelow(edge.folder)) {
      const name = relative(edge.folder, path);
      if (!BY_PURPOSE.some((one) => name.startsWith(one)))
        places.set(name, readFileSync(path, 'latin1'));
    }
    const wanted = [...spellings(marker), this.channel.keyLine.slice(-20)];
    return [...places]
      .filter(([, text]) => wanted.some((one) => text.includes(one)))
      .map(([name]) => name);
  }

  async remove(): Promise<void> {
    await this.edge.remove();
  }
}

/** A text as it is, as hexadecimal, and as base64 wherever it begins. */
function spellings(text: string): string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [text, bytes.toString('hex'), ...base64];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
