import type { KubeClient } from '../../core/kube/client.ts';
import { KubeError } from '../../core/kube/error.ts';
import { watchAll } from '../../core/kube/watch.ts';
import type { KubeMeta, KubeObject } from '../../core/kube/watch.ts';
import type { RegionSyncStatus } from '../../core/format/status.ts';

/** A RegionSync as the API server has it. */
export interface RegionObject extends KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeMeta;
  spec?: unknown;
  status?: RegionSyncStatus;
}

export const regionSyncs = (namespace: string): string =>
  `/apis/edgeseal.dev/v1alpha1/namespaces/${namespace}/regionsyncs`;

/** The RegionSync that this controller is about, kept up to date by a watch. */
export class RegionWatch {
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #name: string;
  /** undefined where there is none, and before the first answer. */
  current: RegionObject | undefined;
  /** Whether the API server has said anything yet. */
  isKnown = false;
  /** Why it does not at present. */
  fault: string | undefined;

  constructor(client: KubeClient, namespace: string, name: string) {
    this.#client = client;
    this.#namespace = namespace;
    this.#name = name;
  }

  /** Goes on until `signal` is aborted. @param changed called after each change */
  async run(signal: AbortSignal, changed: () => void): Promise<void> {
    await watchAll<RegionObject>(
      this.#client,
      { path: regionSyncs(this.#namespace), fieldSelector: `metadata.name=${this.#name}` },
      {
        listed: (items) => {
          this.#take(items[0]);
          changed();
        },
        changed: (item) => {
          this.#take(item);
          changed();
        },
        removed: () => {
          this.#take(undefined);
          changed();
        },
        failed: (error) => {
          this.fault = error.message;
          changed();
        },
      },
      signal,
    );
  }

  /** Looks once, where the watch waits to be tried again: the API server is known to answer by now. */
  async refresh(client: KubeClient): Promise<void> {
    if (this.isKnown && this.fault === undefined) return;
    try {
      const path = `${regionSyncs(this.#namespace)}/${this.#name}`;
      this.#take((await client.request('GET', path)) as RegionObject);
    } catch (error) {
      // The watch tells, then.
      if (!(error instanceof KubeError)) throw error;
    }
  }

  #take(object: RegionObject | undefined): void {
    this.current = object;
    this.isKnown = true;
    this.fault = undefined;
  }
}
