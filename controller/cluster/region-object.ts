import type { KubeClient } from '../../core/kube/client.ts';
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
    const path = regionSyncs(this.#namespace);
    const take = (object: RegionObject | undefined): void => {
      this.current = object;
      this.isKnown = true;
      this.fault = undefined;
      changed();
    };
    await watchAll<RegionObject>(
      this.#client,
      { path, fieldSelector: `metadata.name=${this.#name}` },
      {
        listed: (items) => take(items[0]),
        changed: take,
        removed: () => take(undefined),
        failed: (error) => {
          this.fault = error.message;
          changed();
        },
      },
      signal,
    );
  }
}
