import type { Floor } from '../../core/channel/secret-check.ts';
import { EdgesealError } from '../../core/errors.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import { fieldManager } from '../targets/kubernetes/manifest.ts';

/** A floor as it is kept, and what became of the object that set it. */
export interface KeptFloor extends Floor {
  /** The object went with its CRD or its namespace: nobody has withdrawn the secret. */
  isOrphan: boolean;
}

interface FloorObject extends KubeObject {
  data?: Record<string, string>;
}

const ATTEMPTS = 4;
/** No Secret can be called so. */
const crdItem = '_crd';
const rootItem = '_root';

/**
 * The floors of one namespace's objects: a ConfigMap in the controller's own namespace. Each is raised and never lowered;
 * those that are raised at the same time are written together.
 */
export class FloorMap {
  readonly #client: KubeClient;
  readonly #collection: string;
  readonly #namespace: string;
  readonly #name: string;
  #held: FloorObject | undefined;
  #floors = new Map<string, KeptFloor>();
  readonly #broken = new Set<string>();
  readonly #waiting = new Map<string, KeptFloor>();
  #writing: Promise<void> = Promise.resolve();
  /** UID of the CRD that the objects were accepted under. */
  crd: string | undefined;
  /** The highest trust root that was in force. */
  root = 0;

  /** @param own the controller's namespace @param namespace of the objects */
  constructor(client: KubeClient, own: string, namespace: string) {
    this.#client = client;
    this.#namespace = own;
    this.#name = `edgeseal-floors-${namespace}`;
    this.#collection = `/api/v1/namespaces/${own}/configmaps`;
  }

  /** @throws KubeError */
  async load(): Promise<void> {
    try {
      const path = `${this.#collection}/${this.#name}`;
      this.#held = (await this.#client.request('GET', path)) as FloorObject;
    } catch (error) {
      if (!isKubeStatus(error, 404)) throw error;
      // Whoever deleted it has not lowered what this process knows.
      this.#held = undefined;
      return;
    }
    for (const [name, text] of Object.entries(this.#held.data ?? {})) {
      if (name === crdItem) this.crd ??= text;
      else if (name === rootItem) this.root = Math.max(this.root, Number(text) || 0);
      else this.#read(name, text);
    }
  }

  /** Whether somebody has garbled one of them. */
  get isBroken(): boolean {
    return this.#broken.size > 0;
  }

  get entries(): ReadonlyMap<string, KeptFloor> {
    return this.#floors;
  }

  /** @throws EdgesealError `store-corrupt` for one that somebody has garbled */
  get(name: string): KeptFloor | undefined {
    if (this.#broken.has(name)) {
      throw new EdgesealError('store-corrupt', 'the floor of this secret cannot be read', {
        file: this.place,
        field: name,
        hint: `put it back: "<version> <statement>", or delete the item if no older version is about`,
      });
    }
    return this.#floors.get(name);
  }

  /**
   * Raises a floor; returns once it is in the cluster.
   *
   * @throws EdgesealError `trust-floor` where the cluster holds a higher one, or another statement; KubeError
   */
  async raise(name: string, floor: Floor, isOrphan = false): Promise<void> {
    const wanted = { ...floor, isOrphan };
    if (isSame(this.#floors.get(name), wanted)) return;
    this.#waiting.set(name, merged(this.#waiting.get(name), wanted));
    // Who comes while one is being written goes with the next.
    const flush = (): Promise<void> => this.#flush();
    this.#writing = this.#writing.then(flush, flush);
    await this.#writing;
    const held = this.#floors.get(name);
    if (isSame(held, wanted)) return;
    throw new EdgesealError(
      'trust-floor',
      `the cluster has accepted version ${held?.version ?? 0} of it, or another secret of this version`,
      { file: this.place, hint: 'another controller of this region is further' },
    );
  }

  /** Remembers that a trust root is in force. @throws KubeError */
  async keepRoot(number: number): Promise<void> {
    this.root = Math.max(this.root, number);
    // Where nothing was accepted, it is written with the first floor.
    if (this.#held === undefined || Number(this.#held.data?.[rootItem] ?? 0) >= number) return;
    const flush = (): Promise<void> => this.#flush(true);
    this.#writing = this.#writing.then(flush, flush);
    await this.#writing;
  }

  async #flush(isDue = this.#waiting.size > 0): Promise<void> {
    if (!isDue) return;
    for (let attempt = 1; ; attempt += 1) {
      const wanted = new Map(this.#waiting);
      const next = new Map(this.#floors);
      for (const [name, floor] of wanted) next.set(name, merged(next.get(name), floor));
      try {
        await this.#put(next);
        this.#floors = next;
        for (const [name, floor] of wanted)
          if (this.#waiting.get(name) === floor) this.#waiting.delete(name);
        return;
      } catch (error) {
        // Another controller was faster, or it was deleted: what is there is looked at first.
        if (!isKubeStatus(error, 404, 409) || attempt === ATTEMPTS) throw error;
        await this.load();
      }
    }
  }

  async #put(floors: ReadonlyMap<string, KeptFloor>): Promise<void> {
    // What cannot be read stays as it is: somebody has to look at it.
    const data: Record<string, string> = { ...this.#held?.data };
    for (const [name, floor] of floors) data[name] = textOf(floor);
    if (this.crd !== undefined) data[crdItem] = this.crd;
    if (this.root > 0) data[rootItem] = String(this.root);
    const { uid, resourceVersion, labels, annotations } = this.#held?.metadata ?? {};
    const metadata = { name: this.#name, namespace: this.#namespace };
    const rest = { apiVersion: 'v1', kind: 'ConfigMap', data };
    const query = { fieldManager };
    this.#held = (await (this.#held === undefined
      ? this.#client.request('POST', this.#collection, { body: { ...rest, metadata }, query })
      : this.#client.request('PUT', `${this.#collection}/${this.#name}`, {
          body: { ...rest, metadata: { ...metadata, uid, resourceVersion, labels, annotations } },
          query,
        }))) as FloorObject;
  }

  #read(name: string, text: string): void {
    const match = /^([1-9]\d{0,15})(?: ([0-9a-f]{64}))?( orphan)?$/.exec(text);
    if (match === null) {
      this.#broken.add(name);
      return;
    }
    const [, version, statement, orphan] = match;
    const floor = { version: Number(version), isOrphan: orphan !== undefined };
    const read = statement === undefined ? floor : { ...floor, statement };
    this.#broken.delete(name);
    this.#floors.set(name, merged(this.#floors.get(name), read));
  }

  get place(): string {
    return `ConfigMap ${this.#namespace}/${this.#name}`;
  }
}

/** What holds after both: a floor never goes down, and at one version the first statement stays. */
function merged(before: KeptFloor | undefined, next: KeptFloor): KeptFloor {
  if (before === undefined || next.version > before.version) return next;
  if (next.version < before.version) return before;
  return before.statement === undefined || before.statement === next.statement ? next : before;
}

function isSame(a: KeptFloor | undefined, b: KeptFloor): boolean {
  return a?.version === b.version && a.statement === b.statement && a.isOrphan === b.isOrphan;
}

function textOf({ version, statement, isOrphan }: KeptFloor): string {
  return `${version}${statement === undefined ? '' : ` ${statement}`}${isOrphan ? ' orphan' : ''}`;
}

/** The floors of all namespaces that objects, or Secrets made from objects, are in. */
export class Floors {
  readonly #client: KubeClient;
  readonly #own: string;
  #maps = new Map<string, FloorMap>();

  constructor(client: KubeClient, own: string) {
    this.#client = client;
    this.#own = own;
  }

  /** Everything is read again: another controller may have raised it. */
  forget(): void {
    this.#maps = new Map();
  }

  /** @returns whether it was not known before. @throws KubeError */
  async load(namespace: string): Promise<FloorMap | undefined> {
    if (this.#maps.has(namespace)) return undefined;
    const map = new FloorMap(this.#client, this.#own, namespace);
    await map.load();
    this.#maps.set(namespace, map);
    return map;
  }

  /** Reads again what could not be read. @returns the namespaces. @throws KubeError */
  async mend(): Promise<Set<string>> {
    const mended = new Set<string>();
    for (const [namespace, map] of this.#maps) {
      if (!map.isBroken) continue;
      await map.load();
      mended.add(namespace);
    }
    return mended;
  }

  /** Number of the highest trust root that was in force; 0 where none was. */
  get root(): number {
    return Math.max(0, ...[...this.#maps.values()].map(({ root }) => root));
  }

  /** Remembers in all of them that a trust root is in force. @throws KubeError */
  async keepRoot(number: number): Promise<void> {
    for (const map of this.#maps.values()) await map.keepRoot(number);
  }

  of(namespace: string): FloorMap {
    const map = this.#maps.get(namespace);
    if (map === undefined) throw new EdgesealError('internal', 'floors were not loaded');
    return map;
  }

  get all(): Iterable<[string, FloorMap]> {
    return this.#maps;
  }
}
