import { isEdgesealError } from '../core/errors.ts';
import { holdOf } from './region.ts';
import type { Region, RegionParts } from './region.ts';
import { statusOf } from './status/report.ts';
import type { Status } from './status/status.ts';
import type { StatusFile } from './status/status-file.ts';

/** Looking for drift takes at most this share of the time. */
const DRIFT_SHARE = 0.05;

/**
 * One round: keys, store and target, what is in the store already, the mirrors, what is new, deletions, drift,
 * status. Each step may fail without the next ones being left out where they still make sense.
 */
export class Round {
  readonly #region: Region;
  readonly #parts: RegionParts;
  readonly #file: StatusFile;
  #driftAt = 0;
  #statusFault = false;

  constructor(region: Region, parts: RegionParts, file: StatusFile) {
    this.#region = region;
    this.#parts = parts;
    this.#file = file;
  }

  /** Does all of it, once. @returns the status that it leaves */
  async run(signal: AbortSignal): Promise<Status> {
    const began = performance.now();
    const { counters } = this.#parts;
    try {
      const hold = await this.#steps(signal);
      // A stop in the middle says nothing about what holds.
      if (!signal.aborted) this.#region.hold = hold;
    } finally {
      counters.rounds += 1;
      counters.roundSeconds += (performance.now() - began) / 1000;
    }
    return this.publish();
  }

  /** Works off what is due between two rounds: retries, and drift that a target reports. */
  async between(signal: AbortSignal): Promise<Status> {
    try {
      if (this.#region.judgeHold() === undefined) await this.#apply(signal);
    } catch (error) {
      this.#region.hold = holdOf(error);
    }
    return this.publish();
  }

  /** Makes the status and hands it to the one place that writes it. */
  publish(): Status {
    const { settings, now, log } = this.#parts;
    const { ledger, mark, mirrors, hold, keyFault, applier, contact } = this.#region;
    const before = this.#file.current;
    const status = statusOf(
      {
        settings,
        state: ledger?.state,
        root: ledger?.root,
        mark,
        mirrors,
        hold,
        keyFault,
        faults: applier.faults,
        pending: applier.pending,
        issuedAt: contact.issuedAt,
        now: now(),
      },
      before,
    );
    for (const condition of status.conditions) {
      const { type, status: is, reason, message, since } = condition;
      const last = before?.conditions.find((one) => one.type === type);
      if (last?.since === since && last.reason === reason) continue;
      log.info('condition', { type, status: is, reason, message });
    }
    try {
      this.#file.publish(status);
      this.#statusFault = false;
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      if (!this.#statusFault) log.error('status not written', { message: error.message });
      this.#statusFault = true;
    }
    return status;
  }

  /** @returns why nothing may change, where that is so */
  async #steps(signal: AbortSignal): Promise<Region['hold']> {
    const region = this.#region;
    await region.refreshKeys();
    try {
      await region.open();
      // Before any mirror is asked: what was accepted needs no network.
      if (region.judgeHold() === undefined) await this.#apply(signal);
    } catch (error) {
      return holdOf(error);
    }
    if (signal.aborted) return region.hold;
    if (region.judgeHold()?.reason === 'FloorNeeded') return region.judgeHold();
    let fault: unknown;
    try {
      await region.poll(signal);
    } catch (error) {
      fault = error;
    }
    if (signal.aborted) return region.hold;
    const hold = region.judgeHold();
    try {
      if (hold === undefined) {
        await this.#apply(signal);
        await this.#settle(signal);
      }
    } catch (error) {
      fault ??= error;
    }
    return fault === undefined ? hold : holdOf(fault);
  }

  async #apply(signal: AbortSignal): Promise<void> {
    const { applier, ledger } = this.#region;
    if (ledger === undefined) return;
    await applier.run(ledger, this.#parts.now, signal);
  }

  async #settle(signal: AbortSignal): Promise<void> {
    const { settings, now } = this.#parts;
    const { applier, ledger } = this.#region;
    if (ledger === undefined) return;
    // While two histories are about, nothing is deleted on the word of one.
    if (ledger.state.alarm?.held !== true)
      await applier.prune(ledger, settings.pruneAcknowledged, now(), signal);
    const began = performance.now();
    if (began < this.#driftAt) return;
    await applier.findDrift();
    const took = performance.now() - began;
    this.#driftAt = performance.now() + took / DRIFT_SHARE;
    await applier.run(ledger, now, signal);
  }
}
