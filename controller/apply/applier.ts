import { setImmediate as turn } from 'node:timers/promises';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import type { UnsealedSecret } from '../../core/secret/unseal.ts';
import { openAccepted, openListed } from '../accept/secret.ts';
import type { OpenedSecret, Opener } from '../accept/secret.ts';
import type { Counters } from '../status/counters.ts';
import type { Log } from '../status/log.ts';
import type { SecretRecord, Version } from '../store/state.ts';
import type { Owned, Target } from '../targets/target.ts';
import { partsOf } from '../targets/target.ts';
import type { Book } from './book.ts';
import { Faults } from './faults.ts';
import { moreOf, planPrune } from './prune.ts';
import type { PrunePlan } from './prune.ts';
import { WorkQueue } from './queue.ts';

/** How long one stretch of work may keep health checks and signals waiting. */
const STRETCH_MS = 20;
/** Runs that change more than this are summed up in the log. */
const NAMED = 20;

/** Brings secrets to the target, one by one: a bad one never stops the others, and keeps its last good value. */
export class Applier {
  readonly queue = new WorkQueue();
  readonly faults: Faults;
  readonly #target: Target;
  readonly #opener: () => Opener;
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #isBeside: boolean;
  readonly #drifted = new Set<string>();
  #owned = new Map<string, Owned>();
  /** Deletions that wait for the operator. */
  pending: string[] = [];
  #applied: string[] = [];
  #stretch = 0;
  /** Why the target cannot be reached. */
  #lost: EdgesealError | undefined;

  /** @param isBeside whether it is the second target of this region, with a day's share of deletions of its own */
  constructor(
    target: Target,
    opener: () => Opener,
    counters: Counters,
    log: Log,
    isBeside = false,
  ) {
    this.#target = target;
    this.#opener = opener;
    this.#counters = counters;
    this.#log = log;
    this.faults = new Faults(log);
    this.#isBeside = isBeside;
  }

  get owned(): ReadonlyMap<string, Owned> {
    return this.#owned;
  }

  /** Makes the target ready and learns what is ours in it. @throws EdgesealError as the target's methods */
  async open(wake: () => void): Promise<void> {
    await this.#target.open(wake);
    this.#owned = await this.#target.inventory();
  }

  /** Everything that is listed is held against the target again. */
  addAll(book: Book): void {
    for (const [key, { listed }] of book.state.secrets)
      if (listed !== undefined) this.queue.add(key);
  }

  /** What failed for a reason in itself is judged again: keys or the root have changed. */
  retryFaults(): void {
    for (const key of this.faults.keys()) this.queue.add(key);
  }

  /** Looks for Secrets that somebody changed in the target, and queues them. */
  async findDrift(): Promise<void> {
    for (const key of await this.#target.drifted()) {
      if (this.#owned.has(key)) this.#drifted.add(key);
      this.queue.add(key);
    }
  }

  /**
   * Works off what is due. Stops between two secrets once `signal` is aborted.
   *
   * @throws EdgesealError `store-full`, `store-io` where the outcome cannot be noted down; `kube-unreachable` where
   * the target cannot be reached: what is left stays queued
   */
  async run(book: Book, now: () => number, signal: AbortSignal): Promise<void> {
    // Nothing was tried, so nothing is known to be better.
    if (this.queue.isPaused(now())) this.#requireReached();
    this.#applied = [];
    this.#lost = undefined;
    this.faults.beginRun();
    const started = performance.now();
    this.#stretch = started;
    const worker = async (): Promise<void> => {
      while (!signal.aborted && this.#lost === undefined) {
        const key = this.queue.take(now());
        if (key === undefined) return;
        await this.#work(key, book, now);
        book.worked?.(key);
        if (performance.now() - this.#stretch < STRETCH_MS) continue;
        await turn();
        this.#stretch = performance.now();
      }
    };
    await Promise.all(Array.from({ length: this.#target.concurrency }, worker));
    await this.#target.settle();
    book.save();
    this.#noteRun(started);
    this.#requireReached();
  }

  #requireReached(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  #noteRun(started: number): void {
    this.faults.endRun();
    const count = this.#applied.length;
    if (count === 0) return;
    const names = count > NAMED ? undefined : this.#applied;
    this.#log.info('applied', { count, names, ms: Math.round(performance.now() - started) });
  }

  /** Deletes what is ours in the target and no longer listed, within a day's share. */
  async prune(
    book: Book,
    acknowledged: string | undefined,
    now: number,
    signal: AbortSignal,
  ): Promise<void> {
    const budget = this.#isBeside ? 'prunedBeside' : 'pruned';
    let before = book.state[budget] ?? { since: 0, count: 0 };
    const mayPrune = (key: string): boolean => book.mayPrune?.(key) !== false;
    const plan = (): PrunePlan =>
      planPrune(this.#owned, mayPrune, book.state, before, acknowledged, now);
    let { remove, pending, pruned } = plan();
    const tally = this.#target.tallyOf?.();
    if (pruned !== before && tally !== undefined) {
      before = moreOf(before, await tally.read(), now);
      ({ remove, pending, pruned } = plan());
    }
    if (pending.length > 0 && this.pending.length === 0) {
      const snapshot = book.mark?.sha256;
      this.#log.warn('pruning held', { count: pending.length, snapshot });
    }
    this.pending = pending;
    if (remove.length === 0) return;
    if (pruned !== before) {
      // Counted first: a controller that is killed again and again must not delete without end.
      book.change((state) => (state[budget] = pruned));
      book.save();
      await tally?.keep(pruned);
    }
    const removed: string[] = [];
    for (const key of remove) {
      if (signal.aborted) break;
      const held = this.#owned.get(key);
      if (held === undefined) continue;
      try {
        if (await this.#target.remove(held.namespace, held.name)) removed.push(key);
        this.#owned.delete(key);
        this.faults.delete(key);
      } catch (error) {
        if (isEdgesealError(error, 'kube-unreachable')) throw error;
        this.faults.note(key, held, error);
      }
    }
    await this.#target.settle();
    this.#counters.removed += removed.length;
    if (removed.length > 0)
      this.#log.info('removed', {
        count: removed.length,
        names: removed.length > NAMED ? undefined : removed,
      });
  }

  async #work(key: string, book: Book, now: () => number): Promise<void> {
    const record = book.state.secrets.get(key);
    const listed = record?.listed;
    if (record === undefined || listed === undefined) {
      this.#forget(key);
      return;
    }
    const { namespace, name } = partsOf(key);
    if (
      record.good?.sha256 === listed.sha256 &&
      this.#target.holds(namespace, name, listed.sha256)
    ) {
      this.#drifted.delete(key);
      this.#forget(key);
      return;
    }
    const opened = await this.#open(key, record, listed, book);
    if (opened === undefined) {
      this.queue.done(key);
      return;
    }
    const { unsealed, version, floor } = opened;
    try {
      if (floor !== undefined) await book.raise?.(key, floor);
      const done = await this.#target.apply(unsealed, version.sha256);
      this.#owned.set(key, { ...partsOf(key), ...version });
      if (version.sha256 === listed.sha256) this.faults.delete(key);
      this.queue.done(key);
      this.queue.resume();
      if (done === 'applied') this.#noteApplied(key, version);
    } catch (error) {
      if (isEdgesealError(error, 'kube-unreachable')) {
        // One for all: a thousand secrets with one fault between them would say it a thousand times.
        if (this.#lost === undefined) this.queue.pause(now());
        this.#lost = error;
        this.queue.add(key);
        return;
      }
      this.#counters.failed += 1;
      this.faults.note(key, listed, error);
      // Somebody else's Secret goes away without telling us, and a disk gets room again.
      this.queue.retry(key, now());
      return;
    } finally {
      for (const value of unsealed.items.values()) value.wipe();
    }
    if (record.good?.sha256 === version.sha256 && floor === undefined) return;
    book.change(() => {
      record.good = version;
      record.floor = floor ?? record.floor;
    });
  }

  #noteApplied(key: string, version: Version): void {
    this.#counters.applied += 1;
    this.#applied.push(`${key}@${version.version}`);
    if (!this.#drifted.delete(key)) return;
    this.#counters.driftMended += 1;
    this.#log.warn('drift mended', { secret: key, version: version.version });
  }

  /** The listed version where it is good, else the last good one; undefined where there is none. */
  async #open(
    key: string,
    record: SecretRecord,
    listed: Version,
    book: Book,
  ): Promise<(OpenedSecret & { version: Version }) | undefined> {
    const { good, floor } = record;
    const opener = this.#opener();
    if (good?.sha256 !== listed.sha256) {
      try {
        const { root } = book;
        // The root's file is lost and comes again with the next fetch.
        if (root === undefined)
          throw new EdgesealError('store-corrupt', 'the trust root is missing');
        const bytes = book.read(listed.sha256);
        const lowest = floor ?? this.#lowest(key);
        return { ...(await openListed(key, listed, bytes, root, lowest, opener)), version: listed };
      } catch (error) {
        this.faults.note(key, listed, error);
      }
    }
    if (good === undefined) return undefined;
    try {
      const unsealed: UnsealedSecret = await openAccepted(key, book.read(good.sha256), opener);
      return { unsealed, floor: undefined, version: good };
    } catch (error) {
      if (good.sha256 === listed.sha256) this.faults.note(key, listed, error);
      return undefined;
    }
  }

  /** Where the store has lost its floors, the target still says which version it holds. */
  #lowest(key: string): { version: number } | undefined {
    const held = this.#owned.get(key);
    return held === undefined ? undefined : { version: held.version };
  }

  #forget(key: string): void {
    this.faults.delete(key);
    this.queue.done(key);
  }
}
