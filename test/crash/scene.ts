import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../controller/config.ts';
import { assemble } from '../../controller/main.ts';
import type { Status } from '../../controller/status/status.ts';
import { Edge } from '../controller/edge.ts';
import { anonymous } from './faults.ts';
import type { Content, Story } from './story.ts';
import { Script } from './story.ts';

/** Nothing listens there. */
const nowhere = 'http://127.0.0.1:9';

/** A story with its channel behind a real Git server, and the edge's folder as it was before the change. */
export class Scene {
  readonly story: Story;
  readonly was: Content;
  readonly now: Content;
  readonly edge: Edge;
  readonly #folders: string;
  #clean: string[] | undefined;

  private constructor(story: Story, edge: Edge, was: Content, now: Content) {
    this.story = story;
    this.edge = edge;
    this.was = was;
    this.now = now;
    this.#folders = realpathSync(mkdtempSync(join(tmpdir(), 'edgeseal-crash-')));
  }

  static async make(story: Story): Promise<Scene> {
    const edge = await Edge.make({ isShared: true });
    edge.now = Date.now();
    const script = new Script(edge.channel);
    for (const step of story.before) {
      await step(script);
      edge.channel.publish();
      await edge.round();
    }
    await edge.stop();
    const was = script.content;
    await story.change(script);
    edge.channel.publish();
    const online = readFileSync(edge.config, 'utf8');
    writeFileSync(edge.path('offline.yaml'), online.replaceAll(edge.server.url, nowhere));
    return new Scene(story, edge, was, script.content);
  }

  async remove(): Promise<void> {
    await this.edge.remove();
    rmSync(this.#folders, { recursive: true, force: true });
  }

  /** An empty folder of its own. */
  emptyFolder(): string {
    return mkdtempSync(join(this.#folders, 'edge-'));
  }

  /** The edge's folder before the change, once more. */
  folder(): string {
    const folder = this.emptyFolder();
    cpSync(this.edge.folder, folder, { recursive: true, verbatimSymlinks: true });
    return folder;
  }

  /** Gives the names of all that a restart without faults leaves in the end; see {@link leftIn}. */
  async cleanNames(): Promise<string[]> {
    if (this.#clean !== undefined) return this.#clean;
    const folder = this.folder();
    await restart(folder, 'online');
    await restart(folder, 'offline');
    await restart(folder, 'online');
    this.#clean = leftIn(folder);
    rmSync(folder, { recursive: true });
    return this.#clean;
  }
}

/** Names of the files in store and target, without random parts. The fetch's cache is disposable, and counts for itself. */
export function leftIn(folder: string): string[] {
  return ['store', 'unsealed']
    .flatMap((top) =>
      readdirSync(join(folder, top), { recursive: true }).map((name) => `${top}/${String(name)}`),
    )
    .filter((name) => !name.startsWith('store/mirrors.git/') && !isEmptyNamespace(folder, name))
    .map(anonymous)
    .sort();
}

/** It may be anybody's, so it stays where a kill came between its last secret's removal and its own. */
const isEmptyNamespace = (folder: string, name: string): boolean =>
  /^unsealed\/[^./]+$/.test(name) && readdirSync(join(folder, name)).length === 0;

/** Starts a controller on it, in this process, for one round. */
export async function restart(folder: string, way: 'online' | 'offline'): Promise<Status> {
  const config = way === 'online' ? 'region-sync.yaml' : 'offline.yaml';
  const settings = await loadSettings(join(folder, config), {});
  const { signal } = new AbortController();
  const running = await assemble(settings, { once: true, signal, write: () => undefined });
  try {
    return await running.round.run(signal);
  } finally {
    await running.close();
  }
}
