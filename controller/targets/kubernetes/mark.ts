import { compareMarks } from '../../../core/channel/mark.ts';
import type { Mark } from '../../../core/channel/mark.ts';
import { EdgesealError } from '../../../core/errors.ts';
import type { KubeClient } from '../../../core/kube/client.ts';
import { isKubeStatus } from '../../../core/kube/error.ts';
import type { KubeObject } from '../../../core/kube/watch.ts';
import type { Tally, TallyPart } from '../target.ts';
import { fieldManager } from './manifest.ts';

interface MarkObject extends KubeObject {
  data?: Record<string, string>;
}

const ATTEMPTS = 3;

/** The high-water mark in the cluster: a ConfigMap in the controller's namespace that is raised and never lowered. */
export class MarkMap {
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #name: string;

  constructor(client: KubeClient, namespace: string, region: string) {
    this.#client = client;
    this.#namespace = namespace;
    this.#name = `edgeseal-mark-${region}`;
  }

  /** @throws EdgesealError `store-corrupt` where it cannot be read as a mark; KubeError */
  async read(): Promise<Mark | undefined> {
    const held = await this.#get();
    return held === undefined ? undefined : this.#parse(held);
  }

  /** @throws EdgesealError `target-refused` where another controller has come further; KubeError */
  async raise(mark: Mark): Promise<void> {
    await this.#again(() => this.#raise(mark));
  }

  async #again(step: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await step();
        return;
      } catch (error) {
        // Another controller was faster: what it wrote is looked at first.
        if (!isKubeStatus(error, 409) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #raise(mark: Mark): Promise<void> {
    const held = await this.#get();
    const { root, sequence, sha256 } = mark;
    const data = { root: String(root), sequence: String(sequence), sha256 };
    const metadata = { name: this.#name, namespace: this.#namespace };
    const query = { fieldManager };
    if (held === undefined) {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
      await this.#client.request('POST', this.#collection, { body, query });
      return;
    }
    const before = this.#parse(held);
    const order = compareMarks(before, mark);
    if (order === 0 && before.sha256 === sha256) return;
    if (order >= 0) {
      throw new EdgesealError(
        'target-refused',
        `the cluster has had snapshot ${before.sequence} of root ${before.root}, this controller is at ${sequence} of root ${root}`,
        { file: this.#place, hint: 'nothing is changed until it has caught up' },
      );
    }
    await this.#put(held, { ...held.data, ...data });
  }

  /**
   * Deletions of a day, counted for whoever leads: with one count a store, each change of the leader would allow as many
   * again. Where there is no mark there is no count either: then nothing was accepted from a channel.
   */
  tallyOf(part: TallyPart = 'channel'): Tally {
    const item = part === 'channel' ? 'deleted' : 'deleted-by-objects';
    return {
      read: async () => {
        const text = (await this.#get())?.data?.[item] ?? '';
        const [, since, count] = /^(\d{1,15}) (\d{1,9})$/.exec(text) ?? [];
        return since === undefined ? undefined : { since: Number(since), count: Number(count) };
      },
      keep: async ({ since, count }) => {
        await this.#again(async () => {
          const held = await this.#get();
          if (held === undefined) return;
          await this.#put(held, { ...held.data, [item]: `${since} ${count}` });
        });
      },
    };
  }

  async #put(held: MarkObject, data: Record<string, string>): Promise<void> {
    const { uid, resourceVersion, labels, annotations } = held.metadata;
    const metadata = { name: this.#name, namespace: this.#namespace, labels, annotations };
    await this.#client.request('PUT', `${this.#collection}/${this.#name}`, {
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { ...metadata, uid, resourceVersion },
        data,
      },
      query: { fieldManager },
    });
  }

  async #get(): Promise<MarkObject | undefined> {
    try {
      return (await this.#client.request('GET', `${this.#collection}/${this.#name}`)) as MarkObject;
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }

  #parse({ data = {} }: MarkObject): Mark {
    const { root = '', sequence = '', sha256 = '' } = data;
    if (/^[1-9]\d{0,15}$/.test(root) && /^[1-9]\d{0,15}$/.test(sequence))
      if (/^[0-9a-f]{64}$/.test(sha256))
        return { root: Number(root), sequence: Number(sequence), sha256 };
    throw new EdgesealError('store-corrupt', "the cluster's high-water mark cannot be read", {
      file: this.#place,
      hint: `delete it if you are sure that the store is whole, which holds the mark too: kubectl -n ${this.#namespace} delete configmap ${this.#name}`,
    });
  }

  get #collection(): string {
    return `/api/v1/namespaces/${this.#namespace}/configmaps`;
  }

  get #place(): string {
    return `ConfigMap ${this.#namespace}/${this.#name}`;
  }
}
