import type { KubeClient } from '../../../core/kube/client.ts';
import { watchAll } from '../../../core/kube/watch.ts';
import type { KubeMeta, KubeObject } from '../../../core/kube/watch.ts';

/** Waits for namespaces that Secrets are meant for. The API server is not asked about any before one is missing. */
export class MissingNamespaces {
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #arrived: (keys: Iterable<string>) => void;
  readonly #waiting = new Map<string, Set<string>>();
  #watching: Promise<void> | undefined;

  /** @param arrived is given the Secrets that waited for a namespace which is there now */
  constructor(client: KubeClient, signal: AbortSignal, arrived: (keys: Iterable<string>) => void) {
    this.#client = client;
    this.#signal = signal;
    this.#arrived = arrived;
  }

  /** Notes that a Secret has nowhere to go. */
  await(namespace: string, key: string): void {
    const keys = this.#waiting.get(namespace);
    if (keys === undefined) this.#waiting.set(namespace, new Set([key]));
    else keys.add(key);
    const changed = ({ metadata }: KubeObject): void => this.#check(metadata);
    this.#watching ??= watchAll<KubeObject>(
      this.#client,
      { path: '/api/v1/namespaces', metadataOnly: true },
      { listed: (items) => items.forEach(changed), changed, removed: () => undefined },
      this.#signal,
    );
  }

  async end(): Promise<void> {
    await this.#watching;
  }

  #check({ name, deletionTimestamp }: KubeMeta): void {
    if (deletionTimestamp !== undefined) return;
    const keys = this.#waiting.get(name);
    if (keys === undefined) return;
    this.#waiting.delete(name);
    this.#arrived(keys);
  }
}
