import { HighWater } from '../accept/high-water.ts';
import type { Opener } from '../accept/secret.ts';
import { renewCommand } from '../config.ts';
import type { Settings } from '../config.ts';
import { holdOf } from '../status/conditions.ts';
import type { Hold } from '../status/conditions.ts';
import type { Counters } from '../status/counters.ts';
import type { Log } from '../status/log.ts';
import type { Ledger } from '../store/ledger.ts';
import type { TargetChoice } from '../targets/choice.ts';
import type { Owned } from '../targets/target.ts';
import { Applier } from './applier.ts';

/** What a side works with, beside its target. */
interface SideParts {
  settings: Settings;
  counters: Counters;
  log: Log;
  now: () => number;
  wake: () => void;
}

/** One target of a region: what is applied to it, and how far it has come. Two of them do not hold up each other. */
export class Side {
  readonly applier: Applier;
  readonly #choice: TargetChoice;
  readonly #parts: SideParts;
  #highWater: HighWater | undefined;
  /** The gate's term in which it was opened. */
  #openedIn: number | undefined;
  #fault: Hold | undefined;
  /** Where the target itself says that the store is an old one. */
  #newer: Hold | undefined;

  constructor(choice: TargetChoice, opener: () => Opener, parts: SideParts, isBeside: boolean) {
    this.#choice = choice;
    this.#parts = parts;
    this.applier = new Applier(choice.target, opener, parts.counters, parts.log, isBeside);
  }

  get description(): string {
    return this.#choice.target.description;
  }

  get highWater(): HighWater | undefined {
    return this.#highWater;
  }

  /** Whether another controller writes to this target. */
  get isStandby(): boolean {
    return this.#choice.gate?.isOpen === false;
  }

  /** Whether what is ours in the target is known, and may be changed. */
  get isOpen(): boolean {
    return !this.isStandby && this.#openedIn === this.#term;
  }

  /**
   * Whether it is known how far this target has been: by its mark or, where it has none, by what lies in it. Who stands by
   * does not look at what lies there: only a mark tells it.
   */
  get isMarkKnown(): boolean {
    const highWater = this.#highWater;
    return highWater?.isRead === true && (this.isOpen || highWater.held !== undefined);
  }

  get #term(): number {
    return this.#choice.gate?.term ?? 0;
  }

  /** Makes the target ready where it is not, and brings both marks to one height. A failure is kept as its fault. */
  async open(ledger: Ledger): Promise<void> {
    const { applier } = this;
    const { wake } = this.#parts;
    await this.#try(async () => {
      const term = this.#term;
      if (this.#openedIn !== term) {
        await applier.open(wake);
        applier.addAll(ledger);
        this.#openedIn = term;
      }
      this.#highWater ??= new HighWater(ledger, this.#choice.target);
      if (await this.#highWater.level()) {
        const { root, sequence } = ledger.mark ?? {};
        this.#parts.log.warn('mark put back', { target: this.description, root, sequence });
      }
      this.#newer = newerThan(ledger, applier.owned);
    });
  }

  /** Works off what is due. A failure is kept as its fault. */
  async run(ledger: Ledger, signal: AbortSignal): Promise<void> {
    // It has become ours since: what is there has to be looked at first.
    if (this.#openedIn !== this.#term) await this.open(ledger);
    if (this.#openedIn !== this.#term || this.judgeHold() !== undefined) return;
    await this.#try(() => this.applier.run(ledger, this.#parts.now, signal));
  }

  /** Queues what somebody changed in the target. A failure is kept as its fault. */
  async findDrift(): Promise<void> {
    try {
      await this.applier.findDrift();
    } catch (error) {
      this.#fault = holdOf(error);
    }
    // That it went well mends no fault: a target that is told of changes was not even asked.
  }

  /** Deletes what is no longer listed. A failure is kept as its fault. */
  async prune(ledger: Ledger, signal: AbortSignal): Promise<void> {
    if (this.hold !== undefined || !this.isOpen) return;
    const { settings, now } = this.#parts;
    await this.#try(() => this.applier.prune(ledger, settings.pruneAcknowledged, now(), signal));
  }

  /** Takes in what was accepted: queued first, then the mark. A failure is kept as its fault. */
  async accept(ledger: Ledger, keys: Iterable<string>): Promise<void> {
    for (const key of keys) this.applier.queue.add(key);
    // Before anything is applied: a store that is lost now must not bring back what this replaces.
    this.#newer = newerThan(ledger, this.applier.owned);
    const highWater = this.#highWater;
    if (highWater?.isTargetBehind === true) await this.#try(() => highWater.raise());
  }

  /** Why nothing is changed in the target at present; undefined where all is in order. */
  get hold(): Hold | undefined {
    return this.#fault ?? this.judgeHold();
  }

  /** The same by what is known of store and target alone. */
  judgeHold(): Hold | undefined {
    const mark = this.#highWater?.mark;
    if (mark === undefined) {
      const owned = this.applier.owned.size;
      if (owned === 0 || this.#parts.settings.floor?.renewed !== undefined)
        return { reason: 'NoSnapshot', message: 'no snapshot was accepted yet' };
      const message = `neither the store nor the target says how far this region was, but ${owned} Secrets of it are there: see that the published snapshot is the newest one, and say so: ${renewCommand(this.#parts.settings)}`;
      return { reason: 'FloorNeeded', message };
    }
    if (this.#highWater?.isTargetBehind === true)
      return { reason: 'TargetFailed', message: 'the target has not taken the mark yet' };
    if (this.#highWater?.isStoreBehind !== true) return this.#newer;
    const message = `the target has had snapshot ${mark.sequence} of root ${mark.root} and the store is behind it: nothing is changed until a mirror serves that one or a later one`;
    return { reason: 'StoreBehind', message };
  }

  async close(): Promise<void> {
    await this.#choice.target.close();
  }

  async #try(step: () => Promise<void>): Promise<void> {
    try {
      await step();
      this.#fault = undefined;
    } catch (error) {
      this.#fault = holdOf(error);
    }
  }
}

/**
 * An old store whose mark is the only one left: what lies in the target is newer than all that this store has accepted
 * or seen listed. (What a lost store does not know at all is judged secret by secret, by the version in the target.)
 */
function newerThan(ledger: Ledger, owned: ReadonlyMap<string, Owned>): Hold | undefined {
  for (const [key, { version }] of owned) {
    const { listed, good, floor } = ledger.state.secrets.get(key) ?? {};
    if (good === undefined) continue;
    const known = Math.max(listed?.version ?? 0, good.version, floor?.version ?? 0);
    if (version <= known) continue;
    const message = `the target holds ${key} in version ${version}, and the store knows of ${known} at most, so it is an old one: nothing is changed until a mirror serves a later snapshot`;
    return { reason: 'StoreBehind', message };
  }
  return undefined;
}
