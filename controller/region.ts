import { isEdgesealError, messageOf } from '../core/errors.ts';
import { acknowledgeAlarm } from './accept/alarm.ts';
import { HighWater } from './accept/high-water.ts';
import { Intake } from './accept/intake.ts';
import { Applier } from './apply/applier.ts';
import type { Settings } from './config.ts';
import { KeyRing } from './keys.ts';
import type { Hold } from './status/conditions.ts';
import type { Counters } from './status/counters.ts';
import type { Log } from './status/log.ts';
import { Ledger } from './store/ledger.ts';
import type { Target } from './targets/target.ts';

/** What one region's controller consists of and is given. */
export interface RegionParts {
  settings: Settings;
  target: Target;
  counters: Counters;
  log: Log;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Called when there is news before the next round is due. */
  wake: () => void;
}

/** One region: what was accepted, where news comes from, and the target that is kept equal to it. */
export class Region {
  readonly keys: KeyRing;
  readonly applier: Applier;
  readonly intake: Intake;
  readonly #parts: RegionParts;
  #ledger: Ledger | undefined;
  #highWater: HighWater | undefined;
  #isTargetOpen = false;
  /** Why no key could be read, in words. */
  keyFault: string | undefined;

  constructor(parts: RegionParts) {
    const { settings, target, counters, log } = parts;
    this.#parts = parts;
    this.keys = new KeyRing(settings.keys);
    this.intake = new Intake(parts);
    const { repository, region } = settings;
    this.applier = new Applier(
      target,
      () => ({ repository, region, keys: this.keys.keys }),
      counters,
      log,
    );
  }

  get ledger(): Ledger | undefined {
    return this.#ledger;
  }

  get highWater(): HighWater | undefined {
    return this.#highWater;
  }

  /** Reads changed key files; what failed before is then tried again. */
  async refreshKeys(): Promise<void> {
    try {
      if (await this.keys.refresh()) {
        this.#parts.log.info('keys', { keys: this.keys.ids });
        this.applier.retryFaults();
      }
      this.keyFault = undefined;
    } catch (error) {
      const place = isEdgesealError(error) ? `${error.file ?? ''}: ` : '';
      const words = `${place}${messageOf(error)}`;
      if (words !== this.keyFault) this.#parts.log.error('keys unreadable', { message: words });
      this.keyFault = words;
    }
  }

  /**
   * Opens store and target where that has not succeeded yet, and brings both marks to one height.
   *
   * @throws EdgesealError of store or target
   */
  async open(): Promise<void> {
    const { settings, target, wake, log } = this.#parts;
    if (this.#ledger === undefined) {
      this.#ledger = await Ledger.open(settings.store, settings);
      // What was seen is worth nothing to a store that was begun anew, or under another root.
      if (this.#ledger.mark === undefined || this.#ledger.repinned) this.intake.forget();
      this.applier.addAll(this.#ledger);
    }
    if (!this.#isTargetOpen) {
      await this.applier.open(wake);
      this.#isTargetOpen = true;
    }
    if (acknowledgeAlarm(this.#ledger, settings.alarmAcknowledged))
      log.info('alarm acknowledged', { snapshot: settings.alarmAcknowledged });
    this.#highWater ??= new HighWater(this.#ledger, target);
    await this.#highWater.level();
  }

  /** Why nothing may be changed in the target; undefined where all is in order. */
  judgeHold(): Hold | undefined {
    const mark = this.#highWater?.mark;
    if (mark === undefined) {
      const owned = this.applier.owned.size;
      if (owned === 0 || this.#parts.settings.floor?.renewed !== undefined)
        return { reason: 'NoSnapshot', message: 'no snapshot was accepted yet' };
      const message = `neither the store nor the target says how far this region was, but ${owned} Secrets of it are there: find the newest snapshot with \`edgeseal status\`, then set spec.floor with root, sequence and renewed`;
      return { reason: 'FloorNeeded', message };
    }
    if (this.#highWater?.isTargetBehind === true)
      return { reason: 'TargetFailed', message: 'the target has not taken the mark yet' };
    if (this.#highWater?.isStoreBehind !== true) return undefined;
    const message = `the target has had snapshot ${mark.sequence} of root ${mark.root} and the store is behind it: nothing is changed until a mirror serves that one or a later one`;
    return { reason: 'StoreBehind', message };
  }

  /** Asks the mirrors and takes over what is new. Throws as Intake.poll. */
  async poll(signal: AbortSignal): Promise<void> {
    const ledger = this.#ledger;
    const highWater = this.#highWater;
    if (ledger === undefined || highWater === undefined) return;
    await this.intake.poll(
      { ledger, highWater },
      async ({ changed, removed }) => {
        for (const key of [...changed, ...removed]) this.applier.queue.add(key);
        // Before anything is applied: a store that is lost now must not bring back what this replaces.
        await highWater.raise();
      },
      signal,
    );
  }

  async close(): Promise<void> {
    await this.intake.close();
    await this.#parts.target.close();
    this.#ledger?.close();
  }
}
