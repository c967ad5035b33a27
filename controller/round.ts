import { isEdgesealError } from '../core/errors.ts';
import type { Region, RegionParts } from './region.ts';
import { holdOf } from './status/conditions.ts';
import type { Hold } from './status/conditions.ts';
import { statusOf } from './status/report.ts';
import type { Status } from './status/status.ts';
import type { StatusFile } from './status/status-file.ts';

/** Looking for drift takes at most this share of the time. */
const DRIFT_SHARE = 0.05;

/**
 * One round: keys, store and target, what is in the store already, the mirrors, what is new, deletions, drift,
 * status. A step that fails says why nothing may change, and the status is written all the same.
 */
export class Round {
  readonly #region: Region;
  readonly #parts: RegionParts;
  readonly #file: StatusFile;
  #hold: Hold | undefined = { reason: 'Starting', message: 'the first round is under way' };
  #driftAt = 0;
  #isStatusLost = false;

  constructor(region: Region, parts: RegionParts, file: StatusFile) {
    this.#region = region;
    this.#parts = parts;
    this.#file = file;
  }

  /** The last status; undefined before the first. */
  get status(): Status | undefined {
    return this.#file.current;
  }

  /**
   * Does all of it, once; once `signal` is aborted it ends after the secret that is being applied.
   *
   * @returns the status that it leaves
   */
  async run(signal: AbortSignal): Promise<Status> {
    const began = performance.now();
    const { counters } = this.#parts;
    const hold = await this.#steps(signal);
    // A stop in the middle says nothing about what holds.
    if (!signal.aborted) this.#hold = hold;
    counters.rounds += 1;
    counters.roundSeconds += (performance.now() - began) / 1000;
    return this.publish();
  }

  /** Works off what is due between two rounds: retries, and drift that a target reports. */
  async between(signal: AbortSignal): Promise<Status> {
    await this.#region.apply(signal, true);
    return this.publish();
  }

  /** Makes the status and hands it to the one place that writes it. */
  publish(): Status {
    const { settings, now, log } = this.#parts;
    const region = this.#region;
    const { ledger, intake, keyFault } = region;
    const before = this.status;
    const status = statusOf(
      {
        settings,
        state: ledger?.state,
        root: ledger?.root,
        mark: region.mark,
        mirrors: intake.mirrors,
        hold: this.#hold ?? region.hold,
        keyFault,
        isStandby: region.sides.every(({ isStandby }) => isStandby),
        keys: region.keys.keys,
        faults: region.faults,
        pending: region.pending,
        issuedAt: intake.issuedAt,
        now: now(),
      },
      before,
    );
    for (const { type, status: is, reason, message, since } of status.conditions) {
      const last = before?.conditions.find((one) => one.type === type);
      if (last?.since === since && last.reason === reason) continue;
      log.info('condition', { type, status: is, reason, message });
    }
    this.#parts.publish?.(status);
    try {
      this.#file.publish(status);
      this.#isStatusLost = false;
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      if (!this.#isStatusLost) log.error('status not written', { message: error.message });
      this.#isStatusLost = true;
    }
    return status;
  }

  /** @returns what store or mirrors brought up against us; what a target did, its side knows */
  async #steps(signal: AbortSignal): Promise<Hold | undefined> {
    const region = this.#region;
    await region.refreshKeys();
    try {
      await region.open();
      await region.makeKey();
    } catch (error) {
      return holdOf(error);
    }
    // Before any mirror is asked: what was accepted needs no network.
    await region.apply(signal);
    if (region.hold?.reason === 'FloorNeeded') return undefined;
    let fault: Hold | undefined;
    try {
      await region.poll(signal);
    } catch (error) {
      if (!isEdgesealError(error, 'input-cancelled')) fault = holdOf(error);
    }
    await region.apply(signal);
    await this.#settle(signal);
    return fault;
  }

  async #settle(signal: AbortSignal): Promise<void> {
    const { ledger, sides, keyHold } = this.#region;
    if (ledger === undefined || keyHold !== undefined) return;
    const began = performance.now();
    const isTime = began >= this.#driftAt;
    for (const side of sides) {
      if (signal.aborted || side.hold !== undefined) continue;
      // While two histories are about, nothing is deleted on the word of one.
      if (ledger.state.alarm?.held !== true) await side.prune(ledger, signal);
      if (!isTime) continue;
      await side.findDrift();
      await side.run(ledger, signal);
    }
    if (isTime) this.#driftAt = performance.now() + (performance.now() - began) / DRIFT_SHARE;
  }
}
