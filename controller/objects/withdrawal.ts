import { floorAfterDeletion } from '../../core/channel/secret-check.ts';
import type { Floor } from '../../core/channel/secret-check.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import { listAll } from '../../core/kube/watch.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import { keyOf, partsOf } from '../targets/target.ts';
import { objectPath } from './catalog.ts';
import type { Catalog } from './catalog.ts';
import type { FloorMap, Floors } from './floors.ts';

const definition =
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/edgesecrets.edgeseal.dev';

type Fate = 'present' | 'withdrawn' | 'orphan' | 'unknown';

/**
 * Finds out what it means that an object is no longer there. Somebody who deletes an object withdraws the secret; but
 * with the CRD, or with a namespace, all objects go without anybody meaning a single one, and their Secrets must not
 * follow them.
 */
export class Withdrawals {
  readonly #client: KubeClient;
  readonly #catalog: Catalog;
  readonly #floors: Floors;
  readonly #missing = new Set<string>();

  constructor(client: KubeClient, catalog: Catalog, floors: Floors) {
    this.#client = client;
    this.#catalog = catalog;
    this.#floors = floors;
  }

  /** An object is not there, or may not be. */
  suspect(key: string): void {
    this.#missing.add(key);
  }

  /** Looks for secrets that were accepted from objects that are not there, among floors that were just read. */
  suspectAll(namespace: string, map: FloorMap): void {
    for (const [name, { statement, isOrphan }] of map.entries) {
      const key = keyOf(namespace, name);
      if (statement !== undefined && !isOrphan && !this.#catalog.entries.has(key))
        this.suspect(key);
    }
  }

  /**
   * Settles what can be settled; the rest is asked about again.
   *
   * @returns secrets that no object asks for any more; of those that were withdrawn, the floors say so already
   * @throws KubeError
   */
  async settle(): Promise<string[]> {
    const crd = await this.#living(definition);
    // With the CRD gone or going, objects go because of that.
    if (crd === undefined) return [];
    for (const [namespace, map] of this.#floors.all) await this.#follow(namespace, map, crd);
    const gone: string[] = [];
    for (const key of [...this.#missing]) {
      const { namespace, name } = partsOf(key);
      const fate = this.#catalog.entries.has(key) ? 'present' : await this.#fateOf(namespace, name);
      if (fate === 'withdrawn' || fate === 'orphan') gone.push(key);
      if (fate !== 'unknown') this.#missing.delete(key);
    }
    return gone;
  }

  /** Another CRD is there than the one that objects were accepted under: those that have not come back are orphans. */
  async #follow(namespace: string, map: FloorMap, crd: string): Promise<void> {
    if (map.crd === crd) return;
    if (map.crd !== undefined) {
      const path = `/apis/edgeseal.dev/v1alpha1/namespaces/${namespace}/edgesecrets`;
      const { items } = await listAll<KubeObject>(this.#client, { path, metadataOnly: true });
      const present = new Set(items.map(({ metadata }) => metadata.name));
      for (const [name, floor] of [...map.entries])
        if (floor.statement !== undefined && !present.has(name))
          await map.raise(name, floorOf(floor), true);
    }
    map.crd = crd;
  }

  async #fateOf(namespace: string, name: string): Promise<Fate> {
    const map = this.#floors.of(namespace);
    const floor = map.entries.get(name);
    if (floor?.statement === undefined || floor.isOrphan) return 'orphan';
    // A watch may be behind: one that is there is not missing.
    if ((await this.#get(objectPath(namespace, name))) !== undefined) return 'present';
    if ((await this.#living(definition)) !== map.crd) return 'unknown';
    const hasHome = (await this.#living(`/api/v1/namespaces/${namespace}`)) !== undefined;
    await map.raise(name, hasHome ? floorAfterDeletion(floor) : floorOf(floor), !hasHome);
    return hasHome ? 'withdrawn' : 'orphan';
  }

  /** UID of what is there and not being deleted. */
  async #living(path: string): Promise<string | undefined> {
    const metadata = await this.#get(path);
    return metadata?.deletionTimestamp === undefined ? metadata?.uid : undefined;
  }

  async #get(path: string): Promise<KubeObject['metadata'] | undefined> {
    try {
      return ((await this.#client.request('GET', path)) as KubeObject).metadata;
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }
}

const floorOf = ({ version, statement }: Floor): Floor =>
  statement === undefined ? { version } : { version, statement };
