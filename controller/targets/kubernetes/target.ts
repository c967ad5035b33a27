import type { Mark } from '../../../core/channel/mark.ts';
import { EdgesealError } from '../../../core/errors.ts';
import { isRefusedType } from '../../../core/format/secret-type.ts';
import { KubeClient } from '../../../core/kube/client.ts';
import type { KubeEndpoint } from '../../../core/kube/client.ts';
import { isKubeStatus } from '../../../core/kube/error.ts';
import { listAll, watchAll } from '../../../core/kube/watch.ts';
import type { KubeMeta, KubeObject, WatchTarget } from '../../../core/kube/watch.ts';
import { matchesNamespace } from '../../../core/policy/glob.ts';
import type { UnsealedSecret } from '../../../core/secret/unseal.ts';
import { regionLabel } from '../../../core/format/ownership.ts';
import type { Scope } from '../../../core/format/ownership.ts';
import { keyOf, partsOf } from '../target.ts';
import type { Owned, Owner, Tally, TallyPart, Target } from '../target.ts';
import { Journal } from './journal.ts';
import { manifestOf, ownedFrom } from './manifest.ts';
import { MarkMap } from './mark.ts';
import { MissingNamespaces } from './namespaces.ts';
import { Presence } from './presence.ts';
import { SecretWriter } from './writer.ts';

/** Where Secrets are written to, and as whom. */
export interface KubernetesAccess {
  endpoint: KubeEndpoint;
  /** The controller's own, which holds the mark and is never written Secrets into. */
  namespace: string;
  /** Globs; undefined: all but the controller's own. */
  namespaces: readonly string[] | undefined;
}

interface Options {
  /** After how long without a byte a watch counts as dead, in milliseconds. */
  silenceMs?: number | undefined;
}

/** Secrets that are listed and watched together. */
interface Collection extends WatchTarget {
  /** undefined: of all namespaces */
  namespace: string | undefined;
}

/**
 * Secrets in a Kubernetes cluster. What this controller did not make is neither changed nor removed; what somebody does
 * to ours is heard of by a watch that sees metadata only.
 */
export class KubernetesTarget implements Target {
  readonly description: string;
  readonly concurrency = 16;
  readonly #scope: Scope;
  readonly #access: KubernetesAccess;
  readonly #options: Options;
  readonly #client: KubeClient;
  /** Watches hold their connections: with one pool, writes would wait for them. */
  readonly #watchClient: KubeClient;
  readonly #writer: SecretWriter;
  readonly #mark: MarkMap;
  readonly #journal: Journal;
  readonly #presence: Presence;
  readonly #namespaces: MissingNamespaces;
  readonly #stop = new AbortController();
  readonly #collections: Collection[];
  #watching: Promise<unknown> | undefined;
  /** Begins to watch from where the first list ended. */
  #beginWatch: (() => void) | undefined;
  #wake: () => void = () => undefined;

  /** @param store directory that remembers, from one run to the next, what was written */
  constructor(access: KubernetesAccess, scope: Scope, store: string, options: Options = {}) {
    this.description = `kubernetes ${access.endpoint.url}`;
    this.#access = access;
    this.#scope = scope;
    this.#options = options;
    this.#client = new KubeClient(access.endpoint, this.concurrency);
    this.#collections = collectionsOf(access, scope.region);
    // One for namespaces, too.
    this.#watchClient = new KubeClient(access.endpoint, this.#collections.length + 1);
    this.#mark = new MarkMap(this.#client, access.namespace, scope.region);
    this.#journal = new Journal(store);
    this.#presence = new Presence(this.#journal.load());
    this.#writer = new SecretWriter(this.#client, scope);
    this.#namespaces = new MissingNamespaces(this.#watchClient, this.#stop.signal, (keys) => {
      for (const key of keys) this.#presence.suspect(key);
      this.#wake();
    });
  }

  async open(wake: () => void): Promise<void> {
    this.#wake = wake;
  }

  async inventory(): Promise<Map<string, Owned>> {
    const owned = new Map<string, Owned>();
    const from = new Map<Collection, string | undefined>();
    for (const collection of this.#collections) {
      const listed = await this.#listOf(collection);
      from.set(collection, listed?.resourceVersion);
      if (listed === undefined) continue;
      const { items, resourceVersion } = listed;
      for (const { metadata } of items) {
        const held = ownedFrom(this.#scope, metadata);
        if (held === undefined || !this.#isAllowed(held.namespace)) continue;
        owned.set(keyOf(held.namespace, held.name), held);
      }
      this.#list(collection, items, resourceVersion);
    }
    if (this.#watching === undefined) {
      // At the start everything is looked at anyway.
      this.#presence.takeDrifted();
      // Not before the first run is done, which may write thousands: what happens until then is heard of afterwards, and
      // to be told meanwhile of each Secret that we write takes time from the writing, on both sides.
      this.#beginWatch = (): void => {
        this.#watching = Promise.all([...from].map(([one, version]) => this.#watch(one, version)));
      };
    }
    return owned;
  }

  holds(namespace: string, name: string, sha256: string, owner?: Owner): boolean {
    const key = keyOf(namespace, name);
    return this.#isAllowed(namespace) && this.#presence.holds(key, sourceOf(sha256, owner));
  }

  async apply(
    secret: UnsealedSecret,
    sha256: string,
    owner?: Owner,
  ): Promise<'applied' | 'unchanged'> {
    const { namespace, name, template } = secret;
    this.#require(namespace, template.type);
    if (this.holds(namespace, name, sha256, owner)) return 'unchanged';
    const key = keyOf(namespace, name);
    const known = this.#presence.uidOf(key);
    this.#presence.begin(key);
    try {
      const wanted = manifestOf(this.#scope, secret, sha256, owner);
      const { metadata, done } = await this.#writer.write(wanted, secret, known);
      this.#presence.wrote(key, metadata, sourceOf(sha256, owner));
      return done;
    } catch (error) {
      if (error instanceof EdgesealError && error.code === 'kube-not-found')
        this.#namespaces.await(namespace, key);
      throw error;
    } finally {
      this.#end(key);
    }
  }

  async remove(namespace: string, name: string): Promise<boolean> {
    if (!this.#isAllowed(namespace)) return false;
    const key = keyOf(namespace, name);
    this.#presence.begin(key);
    try {
      const isRemoved = await this.#writer.remove(namespace, name);
      this.#presence.forget(key);
      return isRemoved;
    } finally {
      this.#end(key);
    }
  }

  async settle(): Promise<void> {
    this.#beginWatch?.();
    this.#beginWatch = undefined;
    if (!this.#presence.isDirty) return;
    this.#presence.isDirty = !this.#journal.save(this.#presence.entries);
  }

  async drifted(): Promise<string[]> {
    return this.#presence.takeDrifted();
  }

  async mark(): Promise<Mark | undefined> {
    return this.#mark.read();
  }

  async raiseMark(mark: Mark): Promise<void> {
    await this.#mark.raise(mark);
  }

  readonly tallyOf = (part?: TallyPart): Tally => this.#mark.tallyOf(part);

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    await this.#namespaces.end();
    await this.settle();
    this.#client.close();
    this.#watchClient.close();
  }

  /** @returns undefined for one namespace that is out of reach: the rights in it went with it */
  async #listOf(
    collection: Collection,
  ): Promise<{ items: KubeObject[]; resourceVersion: string } | undefined> {
    try {
      return await listAll<KubeObject>(this.#client, collection);
    } catch (error) {
      if (collection.namespace !== undefined && isKubeStatus(error, 403)) return undefined;
      throw error;
    }
  }

  async #watch(collection: Collection, from: string | undefined): Promise<void> {
    const { silenceMs } = this.#options;
    const isOurs = (metadata: KubeMeta): boolean => ownedFrom(this.#scope, metadata) !== undefined;
    await watchAll<KubeObject>(
      this.#watchClient,
      collection,
      {
        listed: (items, resourceVersion) => {
          this.#list(collection, items, resourceVersion);
          this.#report();
        },
        changed: ({ metadata }) => {
          this.#presence.changed(metadata, isOurs(metadata));
          this.#report();
        },
        removed: ({ metadata }) => {
          this.#presence.removed(metadata);
          this.#report();
        },
      },
      this.#stop.signal,
      { from, silenceMs },
    );
  }

  #list({ namespace }: Collection, items: KubeObject[], resourceVersion: string): void {
    this.#presence.list(
      items.map(({ metadata }) => metadata),
      resourceVersion,
      (metadata) => ownedFrom(this.#scope, metadata) !== undefined,
      (key) => namespace === undefined || partsOf(key).namespace === namespace,
    );
  }

  #end(key: string): void {
    this.#presence.end(key);
    this.#report();
  }

  #report(): void {
    if (this.#presence.hasDrifted) this.#wake();
  }

  #isAllowed(namespace: string): boolean {
    const { namespaces, namespace: own } = this.#access;
    return (
      namespace !== own && (namespaces === undefined || matchesNamespace(namespaces, namespace))
    );
  }

  #require(namespace: string, type: string): void {
    if (isRefusedType(type)) {
      throw new EdgesealError('target-refused', `Secrets of type ${type} belong to the cluster`, {
        hint: 'let each cluster make its own',
      });
    }
    if (this.#isAllowed(namespace)) return;
    const isOwn = namespace === this.#access.namespace;
    throw new EdgesealError(
      'target-refused',
      isOwn
        ? `${namespace} is the controller's own namespace: it is never written to`
        : `this controller may not write to the namespace ${namespace}`,
      {
        hint: isOwn
          ? 'move the secret to the namespace of what uses it'
          : 'add it to spec.target.kubernetes.namespaces, or take the secret out of this region',
      },
    );
  }
}

/** Names what a Secret was made from, whole: the same file for another object gives another one. */
function sourceOf(sha256: string, owner: Owner | undefined): string {
  return owner === undefined ? sha256 : `${sha256} ${owner.uid}`;
}

/** Where namespaces are named one by one, no right over the others' Secrets is needed, nor asked for. */
function collectionsOf(
  { namespaces, namespace: own }: KubernetesAccess,
  region: string,
): Collection[] {
  const rest = { labelSelector: `${regionLabel}=${region}`, metadataOnly: true };
  if (namespaces === undefined || namespaces.some((glob) => /[*?]/.test(glob)))
    return [{ ...rest, namespace: undefined, path: '/api/v1/secrets' }];
  const others = new Set(namespaces.filter((namespace) => namespace !== own));
  return [...others].map((namespace) => ({
    ...rest,
    namespace,
    path: `/api/v1/namespaces/${namespace}/secrets`,
  }));
}
