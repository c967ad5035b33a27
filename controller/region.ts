import { compareMarks } from '../core/channel/mark.ts';
import type { Mark } from '../core/channel/mark.ts';
import { EdgesealError, isEdgesealError, messageOf } from '../core/errors.ts';
import type { Take } from './accept/acceptance.ts';
import { acknowledgeAlarm } from './accept/alarm.ts';
import { Intake } from './accept/intake.ts';
import type { Opener } from './accept/secret.ts';
import type { SecretFault } from './apply/faults.ts';
import type { Applier } from './apply/applier.ts';
import { Side } from './apply/side.ts';
import type { KeySecret } from './cluster/key-secret.ts';
import { renewCommand } from './config.ts';
import type { Settings } from './config.ts';
import type { KeyRing } from './keys.ts';
import type { SecretTexts } from './mirrors/credentials.ts';
import type { Hold } from './status/conditions.ts';
import type { ObjectFeed } from './objects/feed.ts';
import type { Counters } from './status/counters.ts';
import type { Log } from './status/log.ts';
import type { Situation } from './status/report.ts';
import type { Status } from './status/status.ts';
import { Ledger } from './store/ledger.ts';
import type { TargetChoice } from './targets/choice.ts';
import { Turns } from './turns.ts';

/** What one region's controller consists of and is given. */
export interface RegionParts {
  settings: Settings;
  targets: TargetChoice[];
  keys: KeyRing;
  /** The cluster's Secret with keys, where the configuration names one. */
  keySecret?: KeySecret | undefined;
  /** How a mirror's credentials are read from a Secret. */
  secrets?: SecretTexts | undefined;
  counters: Counters;
  log: Log;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Called when there is news before the next round is due. */
  wake: () => void;
  /** Takes each status, for a place beside the local file. */
  publish?: ((status: Status) => void) | undefined;
}

/** One region: what was accepted, where news comes from, and the targets that are kept equal to it. */
export class Region {
  /** Between what opens and applies, and what accepts. */
  readonly turns = new Turns();
  readonly keys: KeyRing;
  readonly sides: readonly Side[];
  readonly intake: Intake;
  readonly #feed: ObjectFeed | undefined;
  readonly #parts: RegionParts;
  #ledger: Ledger | undefined;
  #isUseNoted = false;
  /** Why no key could be read, in words. */
  keyFault: string | undefined;

  /** @param feed where EdgeSecret objects feed namespaces */
  constructor(parts: RegionParts, feed: ObjectFeed | undefined) {
    const { settings, targets } = parts;
    this.#parts = parts;
    this.#feed = feed;
    this.keys = parts.keys;
    this.intake = new Intake(parts);
    const { repository, region } = settings;
    const opener = (): Opener => ({
      repository,
      region,
      keys: this.keys.keys,
      recipients: this.#ledger?.root?.spec.regions,
    });
    // Without a mirror there is no channel, and nothing that a target could be held against.
    const isFollowed = settings.mirrors.length > 0;
    this.sides = (isFollowed ? targets : []).map(
      (choice, i) => new Side(choice, opener, parts, i > 0),
    );
  }

  get ledger(): Ledger | undefined {
    return this.#ledger;
  }

  /** The high-water mark: the highest one that the store or a target has. */
  get mark(): Mark | undefined {
    const marks = [this.#ledger?.mark, ...this.sides.map(({ highWater }) => highWater?.mark)];
    let highest: Mark | undefined;
    for (const mark of marks) {
      if (mark === undefined) continue;
      if (highest === undefined || compareMarks(mark, highest) > 0) highest = mark;
    }
    return highest;
  }

  /**
   * Whether an empty store would take whatever a mirror serves, because a target has not said yet how far the region was: a
   * snapshot from before a deletion, say, which would then pass for the newest.
   */
  get isBlind(): boolean {
    return this.#ledger?.mark === undefined && !this.sides.every(({ isMarkKnown }) => isMarkKnown);
  }

  /** What is not applied in its listed version, to one target or the other. */
  get faults(): ReadonlyMap<string, SecretFault> {
    const all = this.sides.map(({ applier }) => applier.faults as ReadonlyMap<string, SecretFault>);
    if (this.#feed !== undefined) all.push(this.#feed.faults);
    if (all.length === 1) return all[0] ?? new Map();
    return new Map(all.toReversed().flatMap((faults) => [...faults]));
  }

  /** Whether a target has it, in whatever version. */
  holds(key: string): boolean {
    return this.sides.some(({ applier }) => applier.owned.has(key));
  }

  /** Deletions that wait for the operator. */
  get pending(): string[] {
    return [...new Set(this.#appliers.flatMap((applier) => applier.pending))];
  }

  /** Whether other controllers write to all targets. */
  get isStandby(): boolean {
    return this.#writers.every(({ isStandby }) => isStandby);
  }

  /** What the EdgeSecret objects add to the numbers of secrets. */
  get objects(): Situation['objects'] {
    if (this.#feed === undefined) return undefined;
    const isPending = this.sides.some(({ applier }) => applier.pending.length > 0);
    const acknowledge = isPending ? undefined : this.#feed.acknowledge;
    return { ...this.#feed.counts, acknowledge };
  }

  get #writers(): readonly { applier: Applier; isStandby: boolean; isOpen: boolean }[] {
    return this.#feed === undefined ? this.sides : [...this.sides, this.#feed];
  }

  get #appliers(): Applier[] {
    return this.#writers.map(({ applier }) => applier);
  }

  /** Reads changed keys; what failed before is then tried again. */
  async refreshKeys(): Promise<void> {
    try {
      if (await this.keys.refresh()) {
        this.#isUseNoted = false;
        this.#parts.log.info('keys', { keys: this.keys.ids });
        for (const { applier } of this.sides) applier.retryFaults();
        this.#feed?.retryFaults();
      }
      this.keyFault = undefined;
    } catch (error) {
      const place = isEdgesealError(error) ? `${error.file ?? ''}: ` : '';
      const words = `${place}${messageOf(error)}`;
      if (words !== this.keyFault) this.#parts.log.error('keys unreadable', { message: words });
      this.keyFault = words;
    }
  }

  /** Makes a key where that was asked for and nothing says that there has ever been one. */
  async makeKey(): Promise<void> {
    const { keySecret, settings, log } = this.#parts;
    if (keySecret?.isMissing !== true || settings.keys.secret?.generate !== true) return;
    if (this.keys.keys.length > 0 || this.#hasHistory) return;
    // Only who knows what is in the target may say that nothing is.
    if (!this.#writers.every(({ isOpen }) => isOpen)) return;
    if (await keySecret.make(settings.region)) log.info('key made', { secret: keySecret.name });
    await this.refreshKeys();
  }

  /** Why nothing can be opened; undefined where that is a matter of single secrets. */
  get keyHold(): Hold | undefined {
    const { keySecret, settings } = this.#parts;
    if (keySecret?.isMissing !== true || this.keys.keys.length > 0) return undefined;
    const { name } = keySecret;
    if (this.#hasHistory) {
      const message = `the Secret ${name} with the region's private keys is gone, and what is sealed for them cannot be opened without: put it back from its backup, or give it a new one (edgeseal region rotate ${settings.region}) and reseal for it`;
      return { reason: 'KeyLost', message };
    }
    const message =
      settings.keys.secret?.generate === true
        ? `the Secret ${name} is made by the controller that leads`
        : `there is no Secret ${name} with the region's private key: put it there with edgeseal install ${settings.region} --key FILE, or let spec.keys.secret.generate be true`;
    return { reason: 'KeyMissing', message };
  }

  /** Why nothing is accepted where the key alone says that this region was followed here before. */
  get #useHold(): Hold | undefined {
    const { keySecret, settings } = this.#parts;
    if (keySecret?.isUsed(settings) !== true || settings.floor?.renewed !== undefined)
      return undefined;
    if (this.#hasHistory || !this.#writers.every(({ isOpen }) => isOpen)) return undefined;
    const message = `neither the store nor the target says how far this region was, but the Secret ${keySecret.name} says that its key was in use here: see that the published snapshot is the newest one, and say so: ${renewCommand(settings)}`;
    return { reason: 'FloorNeeded', message };
  }

  /** Has the key's Secret say that it was used. That it cannot is no reason to stop. */
  async #noteKeyUse(): Promise<void> {
    const { keySecret, settings, log } = this.#parts;
    if (keySecret?.isMissing !== false || this.#isUseNoted || this.mark === undefined) return;
    if (!this.#writers.every(({ isOpen }) => isOpen)) return;
    this.#isUseNoted = true;
    try {
      await keySecret.noteUse(settings);
    } catch (error) {
      log.warn('key use not noted', { message: messageOf(error) });
    }
  }

  get #hasHistory(): boolean {
    return this.mark !== undefined || this.#appliers.some(({ owned }) => owned.size > 0);
  }

  /**
   * Opens the store and the targets where that has not succeeded yet, and brings their marks to one height.
   *
   * @throws EdgesealError of the store; a target's failure is its own
   */
  async open(): Promise<void> {
    const { settings, log } = this.#parts;
    if (this.#ledger === undefined) {
      this.#ledger = await Ledger.open(settings.store, settings);
      // What was seen is worth nothing to a store that was begun anew, or under another root.
      if (this.#ledger.mark === undefined || this.#ledger.repinned) this.intake.forget();
    }
    for (const side of this.sides) await side.open(this.#ledger);
    this.#feed?.open();
    if (acknowledgeAlarm(this.#ledger, settings.alarmAcknowledged))
      log.info('alarm acknowledged', { snapshot: settings.alarmAcknowledged });
  }

  /** Why nothing is changed; with two targets, the first reason of any, or that of all being led by others. */
  get hold(): Hold | undefined {
    const own = this.keyHold ?? this.#useHold;
    if (own !== undefined) return own;
    for (const { hold } of this.sides) {
      if (hold === undefined) continue;
      const why =
        'no mirror is asked before it is known how far this region was, because the store is empty';
      return this.isBlind ? { ...hold, message: `${hold.message}; ${why}` } : hold;
    }
    return this.#feed?.hold;
  }

  /** Works off what is due in each target that is in order. */
  async apply(signal: AbortSignal, isRetry = false): Promise<void> {
    const ledger = this.#ledger;
    if (ledger === undefined) return;
    // Also without a key: each object is to say that it lacks one.
    await this.#feed?.run(ledger, signal);
    if (this.keyHold !== undefined) return;
    for (const side of this.sides)
      if (isRetry || side.hold === undefined) await side.run(ledger, signal);
    await this.#noteKeyUse();
  }

  /** Queues what somebody changed in the targets. */
  async findDrift(): Promise<void> {
    for (const side of this.sides) await side.findDrift();
    await this.#feed?.findDrift();
  }

  /** When something is due before the next round, in milliseconds since 1970; undefined where nothing is. */
  dueAt(): number | undefined {
    const due = [this.#feed?.dueAt() ?? []].flat();
    if (this.keyHold === undefined)
      for (const side of this.sides)
        if (side.judgeHold() === undefined) due.push(side.applier.queue.dueAt() ?? Infinity);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /**
   * Asks the mirrors and takes over what is new: in a turn of its own, everything else beside what is applied meanwhile.
   *
   * @param accepted called at once for each snapshot, before the other mirrors are heard
   * @throws as Intake.poll
   */
  async poll(accepted: () => void, signal: AbortSignal): Promise<void> {
    const ledger = this.#ledger;
    if (ledger === undefined) return;
    const take: Take = async (commit) =>
      this.turns.take(async () => {
        if (signal.aborted)
          throw new EdgesealError('input-cancelled', 'the controller is stopping');
        const acceptance = commit();
        if (acceptance === undefined) return;
        const keys = [...acceptance.changed, ...acceptance.removed];
        for (const side of this.sides) await side.accept(ledger, keys);
        accepted();
      }, signal);
    await this.intake.poll({ ledger, highWater: this, take }, signal);
  }

  async close(): Promise<void> {
    await this.intake.close();
    for (const side of this.sides) await side.close();
    await this.#feed?.close();
    this.#ledger?.close();
  }
}
