import { isDeepStrictEqual } from 'node:util';
import type { EdgeSecretStatus } from '../../core/format/status.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import type { KubeError } from '../../core/kube/error.ts';
import { watchAll } from '../../core/kube/watch.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { Hold } from '../status/conditions.ts';
import { keyOf } from '../targets/target.ts';

/** An EdgeSecret as the API server has it. */
export interface SealedObject extends KubeObject {
  spec?: unknown;
  status?: EdgeSecretStatus;
}

/** What is known of one object. */
export interface Entry {
  uid: string;
  generation: number;
  /** What its status says at present. */
  said: EdgeSecretStatus | undefined;
  /** Until it was read; at 10,000 objects they would take more memory than all the rest. */
  object: SealedObject | undefined;
}

const path = '/apis/edgeseal.dev/v1alpha1/edgesecrets';

/** Path of one object. */
export const objectPath = (namespace: string, name: string): string =>
  `/apis/edgeseal.dev/v1alpha1/namespaces/${namespace}/edgesecrets/${name}`;

/** The EdgeSecret objects of the cluster, kept up to date by a watch. */
export class Catalog {
  readonly entries = new Map<string, Entry>();
  /** Objects whose spec has not been read yet. */
  readonly fresh = new Set<string>();
  /** Objects that have gone since it was last asked. */
  readonly gone = new Set<string>();
  /** Objects whose status is to be compared with what it should say. */
  readonly touched = new Set<string>();
  /** Whether all of them are known. */
  isListed = false;
  #fault: string | undefined;

  /** Why they are not all known. */
  get hold(): Hold | undefined {
    if (this.isListed) return undefined;
    if (this.#fault !== undefined) return { reason: 'TargetFailed', message: this.#fault };
    return { reason: 'Starting', message: 'the EdgeSecret objects are being listed' };
  }

  /** Goes on until `signal` is aborted. @param changed called after each change */
  async run(client: KubeClient, signal: AbortSignal, changed: () => void): Promise<void> {
    await watchAll<SealedObject>(
      client,
      { path },
      {
        listed: (items) => {
          this.#list(items);
          changed();
        },
        changed: (item) => {
          if (this.#take(item)) changed();
        },
        removed: ({ metadata }) => {
          this.#drop(keyOf(metadata.namespace ?? '', metadata.name));
          changed();
        },
        failed: (error) => {
          this.#fault = faultOf(error);
          changed();
        },
      },
      signal,
    );
  }

  /** Has an object read again whose spec could not be taken before. */
  reread(key: string): void {
    if (this.entries.get(key)?.object !== undefined) this.fresh.add(key);
  }

  /** As if nothing had been looked at: another controller may have written since. */
  touchAll(): void {
    for (const key of this.entries.keys()) this.touched.add(key);
  }

  #list(items: SealedObject[]): void {
    const present = new Set<string>();
    for (const item of items) {
      present.add(keyOf(item.metadata.namespace ?? '', item.metadata.name));
      this.#take(item);
    }
    for (const key of this.entries.keys()) if (!present.has(key)) this.#drop(key);
    this.isListed = true;
    this.#fault = undefined;
  }

  /** @returns whether there is something to do about it */
  #take(item: SealedObject): boolean {
    const { namespace = '', name, uid, generation = 0 } = item.metadata;
    const key = keyOf(namespace, name);
    const before = this.entries.get(key);
    const said = item.status;
    if (before?.uid === uid && before.generation === generation) {
      if (isDeepStrictEqual(before.said, said)) return false;
      before.said = said;
      this.touched.add(key);
      return true;
    }
    this.entries.set(key, { uid, generation, said, object: item });
    this.fresh.add(key);
    this.gone.delete(key);
    return true;
  }

  #drop(key: string): void {
    this.entries.delete(key);
    this.fresh.delete(key);
    this.touched.delete(key);
    this.gone.add(key);
  }
}

function faultOf(error: KubeError): string {
  return error.status === 404
    ? 'the cluster does not know the kind EdgeSecret: apply controller/deploy/crds'
    : error.message;
}
