import { setImmediate as turn } from 'node:timers/promises';
import { isEdgesealError } from '../../core/errors.ts';
import { KubeClient } from '../../core/kube/client.ts';
import { matchesNamespace } from '../../core/policy/glob.ts';
import type { Opener } from '../accept/secret.ts';
import { Applier } from '../apply/applier.ts';
import { Faults } from '../apply/faults.ts';
import type { SecretFault } from '../apply/faults.ts';
import type { Settings } from '../config.ts';
import { holdOf } from '../status/conditions.ts';
import type { Hold } from '../status/conditions.ts';
import type { KeyRing } from '../keys.ts';
import type { Counters } from '../status/counters.ts';
import type { Log } from '../status/log.ts';
import type { Ledger } from '../store/ledger.ts';
import type { ClusterWay, TargetChoice } from '../targets/choice.ts';
import { partsOf } from '../targets/target.ts';
import { ObjectBook } from './book.ts';
import { Catalog } from './catalog.ts';
import { Floors } from './floors.ts';
import { acceptRelease, readObject, versionOf } from './reader.ts';
import { RootSource } from './root-source.ts';
import { StatusWriter } from './status-writer.ts';
import { TrustMap } from './trust.ts';
import { judge } from './judge.ts';
import type { Verdict } from './verdict.ts';
import { Withdrawals } from './withdrawal.ts';

/** What a feed works with. */
export interface FeedParts {
  settings: Settings;
  objects: NonNullable<Settings['objects']>;
  share: NonNullable<TargetChoice['objects']>;
  way: ClusterWay;
  counters: Counters;
  log: Log;
  now: () => number;
  wake: () => void;
  keys: KeyRing;
}

/** How long one stretch of work may keep health checks and signals waiting. */
const STRETCH_MS = 20;

/**
 * The EdgeSecret objects of a cluster as a source of secrets, beside or instead of a channel. The leader alone judges,
 * opens and applies them, with the channel's own code; each replica watches, to be ready.
 */
export class ObjectFeed {
  readonly applier: Applier;
  readonly #parts: FeedParts;
  readonly #catalog = new Catalog();
  readonly #floors: Floors;
  readonly #book: ObjectBook;
  readonly #roots: RootSource;
  readonly #withdrawals: Withdrawals;
  readonly #statuses: StatusWriter;
  /** Objects that do not get as far as being applied. */
  readonly #refused: Faults;
  readonly #clients: KubeClient[];
  readonly #stop = new AbortController();
  #watching: Promise<void> | undefined;
  /** The gate's term in which everything was looked at. */
  #openedIn: number | undefined;
  #fault: Hold | undefined;
  /** What spec.prune.acknowledged has to become for the deletions that wait. */
  acknowledge: string | undefined;

  constructor(parts: FeedParts) {
    const { settings, share, way, counters, log, keys } = parts;
    const { repository, region, root } = settings;
    const opener = (): Opener => ({ repository, region, keys: keys.keys });
    this.#parts = parts;
    const endpoint = { ...way.endpoint, mayWrite: () => way.gate.isOpen };
    // A watch holds its connection.
    const [watches, others] = [new KubeClient(endpoint, 1), new KubeClient(endpoint, 8)];
    this.#clients = [watches, others];
    this.#floors = new Floors(others, way.namespace);
    const trust = new TrustMap(others, way.namespace, root);
    this.#roots = new RootSource(settings.mirrors.length > 0 ? undefined : trust);
    this.#withdrawals = new Withdrawals(others, this.#catalog, this.#floors);
    this.#statuses = new StatusWriter(others, this.#catalog, region, log);
    this.#refused = new Faults(log);
    this.#book = new ObjectBook(settings, this.#floors, (key) => this.#catalog.touched.add(key));
    if (parts.objects.ownerReferences)
      share.share.ownerOf = (key) => this.#catalog.entries.get(key);
    this.applier = new Applier(share.target, opener, counters, log);
  }

  /** Whether another controller does all this. */
  get isStandby(): boolean {
    return !this.#parts.share.gate.isOpen;
  }

  /** Whether what is ours in the cluster is known. */
  get isOpen(): boolean {
    return !this.isStandby && this.#openedIn === this.#parts.share.gate.term;
  }

  /** Why no object is opened at present. */
  get hold(): Hold | undefined {
    if (this.isStandby) return undefined;
    return this.#catalog.hold ?? this.#fault ?? this.#roots.fault;
  }

  get faults(): ReadonlyMap<string, SecretFault> {
    return new Map([...this.applier.faults, ...this.#refused]);
  }

  /** How many objects are meant for this region, and how many Secrets are as they say. */
  get counts(): { listed: number; applied: number } {
    return this.#book.counts(this.faults);
  }

  /** Begins to watch, and has root and CRD looked at anew; to be called in each round. */
  open(): void {
    this.#roots.isDue = true;
    const [watches] = this.#clients;
    if (watches !== undefined)
      this.#watching ??= this.#catalog.run(watches, this.#stop.signal, this.#parts.wake);
  }

  /** What failed for a reason in itself is judged again: keys or the root have changed. */
  retryFaults(): void {
    this.applier.retryFaults();
    for (const key of this.#refused.keys()) this.#catalog.reread(key);
  }

  /** Brings Secrets and the objects' status in line with the objects. A failure is kept as its fault. */
  async run(ledger: Ledger, signal: AbortSignal): Promise<void> {
    if (this.isStandby || !this.#catalog.isListed) return;
    const { now, keys } = this.#parts;
    try {
      await this.#begin(ledger);
      await this.#refreshRoot(ledger);
      await this.#take(signal);
      for (const key of await this.#withdrawals.settle()) this.#drop(key);
      if (this.#book.root !== undefined) await this.applier.run(this.#book, now, signal);
      // Without any key it is not known what there has been.
      if (keys.keys.length > 0) await this.#prune(signal);
      this.#fault = undefined;
    } catch (error) {
      this.#fault = holdOf(error);
    }
    await this.#statuses.write((key) => this.#verdict(key), now(), signal);
  }

  /** Queues what somebody changed in the cluster. A failure is kept as its fault. */
  async findDrift(): Promise<void> {
    try {
      if (this.isOpen) await this.applier.findDrift();
    } catch (error) {
      this.#fault = holdOf(error);
    }
  }

  /** When something is due before the next round, in milliseconds since 1970; undefined where nothing is. */
  dueAt(): number | undefined {
    if (this.isStandby || !this.#catalog.isListed) return undefined;
    const isBehind = this.#fault === undefined && this.#catalog.fresh.size > 0;
    const due = [this.applier.queue.dueAt(), this.#statuses.dueAt, isBehind ? 0 : undefined];
    const known = due.filter((at) => at !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    await this.#parts.share.target.close();
    for (const client of this.#clients) client.close();
  }

  /** At the start, and when this replica has taken over: nothing of what was known still holds for sure. */
  async #begin(ledger: Ledger): Promise<void> {
    const { share, wake } = this.#parts;
    const { term } = share.gate;
    if (this.#openedIn !== term) {
      this.#book.open(ledger);
      this.#floors.forget();
      await this.applier.open(wake);
      for (const { namespace } of this.applier.owned.values()) await this.#load(namespace);
      for (const key of this.#catalog.entries.keys()) await this.#load(partsOf(key).namespace);
      this.#book.reopen();
      this.applier.addAll(this.#book);
      this.#catalog.touchAll();
      this.#openedIn = term;
    }
    await this.#mendFloors();
    for (const key of this.#catalog.gone) {
      this.#refused.delete(key);
      if (!this.#isFed(key)) continue;
      await this.#load(partsOf(key).namespace);
      this.#withdrawals.suspect(key);
    }
    this.#catalog.gone.clear();
  }

  async #load(namespace: string): Promise<void> {
    if (!matchesNamespace(this.#parts.objects.namespaces, namespace)) return;
    const map = await this.#floors.load(namespace);
    if (map !== undefined) this.#withdrawals.suspectAll(namespace, map);
  }

  /** Floors that could not be read are looked at anew in each round: somebody may have put them back. */
  async #mendFloors(): Promise<void> {
    if (!this.#roots.isDue) return;
    const mended = await this.#floors.mend();
    for (const key of this.#refused.keys())
      if (mended.has(partsOf(key).namespace)) this.#catalog.reread(key);
  }

  /** Objects are judged again where another root is in force. */
  async #refreshRoot(ledger: Ledger): Promise<void> {
    const before = this.#book.root;
    const root = await this.#roots.current(ledger.root, this.#floors.root);
    if (root === before) return;
    // First: nobody whom it takes out may come back with another leader.
    if (root !== undefined) await this.#floors.keepRoot(root.number);
    this.#book.root = root;
    this.retryFaults();
    this.#catalog.touchAll();
  }

  /** Reads the specs of new and changed objects. */
  async #take(signal: AbortSignal): Promise<void> {
    let stretch = performance.now();
    this.#refused.beginRun();
    for (const key of this.#catalog.fresh) {
      if (signal.aborted) break;
      await this.#load(partsOf(key).namespace);
      // First: it may change again while it is read.
      this.#catalog.fresh.delete(key);
      await this.#read(key);
      this.#catalog.touched.add(key);
      if (performance.now() - stretch < STRETCH_MS) continue;
      await turn();
      stretch = performance.now();
    }
    this.#refused.endRun();
  }

  async #read(key: string): Promise<void> {
    const entry = this.#catalog.entries.get(key);
    const object = entry?.object;
    if (entry === undefined || object === undefined) return;
    if (!this.#isFed(key)) {
      entry.object = undefined;
      return;
    }
    try {
      const reading = readObject(object, this.#parts.settings.region);
      if (reading.isForUs) {
        this.#book.list(key, reading.listed, reading.bytes);
        this.applier.queue.add(key);
      } else {
        const floor = this.#book.floorOf(key);
        // Never accepted here, so there is nothing that it could take away.
        if (floor?.statement !== undefined)
          await this.#book.raise(key, acceptRelease(reading.secret, this.#book.root, floor));
        this.#drop(key);
        this.#book.released.add(key);
      }
      this.#refused.delete(key);
      entry.object = undefined;
    } catch (error) {
      if (isEdgesealError(error, 'kube-unreachable')) {
        this.#catalog.fresh.add(key);
        throw error;
      }
      this.#refused.note(key, { version: versionOf(object), sha256: entry.uid }, error);
    }
  }

  /** No longer wants its Secret. */
  #drop(key: string): void {
    this.#book.drop(key);
    this.applier.faults.delete(key);
    this.applier.queue.add(key);
  }

  async #prune(signal: AbortSignal): Promise<void> {
    const { settings, now } = this.#parts;
    this.acknowledge = this.#book.nameDeletions(this.applier.owned.keys());
    await this.applier.prune(this.#book, settings.pruneAcknowledged, now(), signal);
  }

  #verdict(key: string): Verdict | undefined {
    // Its spec has changed since: what is known is about the one before.
    if (this.#catalog.fresh.has(key)) return undefined;
    const fault = this.#refused.get(key) ?? this.applier.faults.get(key);
    return judge(key, {
      region: this.#parts.settings.region,
      isFed: this.#isFed(key),
      held: this.applier.owned.get(key)?.version,
      fault,
      book: this.#book,
      rootless: this.#roots.fault?.message ?? 'no snapshot was accepted yet',
    });
  }

  #isFed(key: string): boolean {
    return matchesNamespace(this.#parts.objects.namespaces, partsOf(key).namespace);
  }
}
