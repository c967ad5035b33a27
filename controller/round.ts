import { isEdgesealError } from '../core/errors.ts';
import { quietMirrorStates } from '../core/format/status.ts';
import type { Region, RegionParts } from './region.ts';
import { holdOf } from './status/conditions.ts';
import type { Hold } from './status/conditions.ts';
import { statusOf } from './status/report.ts';
import type { MirrorState } from './status/reason.ts';
import type { MirrorStatus, Status } from './status/status.ts';
import type { StatusFile } from './status/status-file.ts';

const isFault = (state: MirrorState): boolean => !quietMirrorStates.includes(state);
/** Those whose words differ from one snapshot to the next. */
const isCounting = (state: MirrorState): boolean => ['Rollback', 'Stale', 'Ahead'].includes(state);

/** Looking for drift takes at most this share of the time. */
const DRIFT_SHARE = 0.05;

/**
 * The steps of a round: keys, store and targets; what is accepted, deletions, drift; the mirrors; the status. A step
 * that fails says why nothing may change, and the status is written all the same.
 */
export class Round {
  readonly #region: Region;
  readonly #parts: RegionParts;
  readonly #file: StatusFile;
  /** What was said of each mirror last, since the start. */
  readonly #told = new Map<string, Pick<MirrorStatus, 'state' | 'message'>>();
  #openFault: Hold | undefined;
  #pollFault: Hold | undefined;
  /** Until the targets were gone through once, and until mirrors were. */
  #isStarting = true;
  #isAsked = false;
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
    await this.open(signal);
    // Before any mirror is asked: what was accepted needs no network.
    await this.#work(signal);
    await this.#ask(() => undefined, signal);
    await this.#work(signal);
    this.#count(began);
    return this.publish();
  }

  /** Reads keys, and opens store and targets where that has not succeeded yet. */
  async open(signal: AbortSignal): Promise<void> {
    const region = this.#region;
    await region.refreshKeys();
    await region.turns.take(async () => {
      try {
        await region.open();
        await region.makeKey();
        this.#openFault = undefined;
      } catch (error) {
        this.#openFault = holdOf(error);
      }
    }, signal);
  }

  /** Brings the targets in line with what is accepted: what is new, deletions, drift; then the status. */
  async tend(signal: AbortSignal): Promise<void> {
    const began = performance.now();
    await this.#work(signal, () => this.publish());
    this.#count(began);
  }

  /**
   * Asks the mirrors, beside whatever is done to the targets.
   *
   * @param accepted called at once for what is then to be applied
   */
  async poll(accepted: () => void, signal: AbortSignal): Promise<void> {
    await this.#ask(accepted, signal);
    // What is about to be applied is said once it is.
    if ((this.#region.dueAt() ?? Infinity) > this.#parts.now()) this.publish();
  }

  /** Works off what is due between two rounds: retries, and drift that a target reports. */
  async between(signal: AbortSignal): Promise<void> {
    await this.#region.turns.take(async (handOver) => {
      await this.#region.apply(handOver, true);
      this.publish();
    }, signal);
  }

  #count(began: number): void {
    const { counters } = this.#parts;
    counters.rounds += 1;
    counters.roundSeconds += (performance.now() - began) / 1000;
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
        hold: this.#hold,
        keyFault,
        isStandby: region.isStandby,
        keys: region.keys.keys,
        faults: region.faults,
        holds: (key) => region.holds(key),
        pending: region.pending,
        objects: region.objects,
        issuedAt: intake.issuedAt,
        now: now(),
      },
      before,
    );
    for (const { type, status: is, reason, message, since } of status.conditions) {
      const last = before?.conditions.find((one) => one.type === type);
      if (last?.since === since && last.reason === reason) continue;
      const isBad = is === (type === 'Degraded' ? 'True' : 'False') && reason !== 'Starting';
      const level = isBad ? (type === 'Verified' ? 'error' : 'warn') : 'info';
      log[level]('condition', { type, status: is, reason, message });
    }
    this.#tellMirrors(status.mirrors);
    try {
      this.#file.publish(status);
      this.#isStatusLost = false;
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      if (!this.#isStatusLost) log.error('status not written', { message: error.message });
      this.#isStatusLost = true;
    }
    this.#parts.publish?.(status);
    return status;
  }

  /** Names each mirror that is no longer in order, and each that is again. */
  #tellMirrors(mirrors: MirrorStatus[]): void {
    for (const { name, state, message } of mirrors) {
      const { state: was = 'Unknown', message: said } = this.#told.get(name) ?? {};
      this.#told.set(name, { state, message });
      const isNews = was !== state || (message !== said && !isCounting(state));
      if (isFault(state) && isNews)
        this.#parts.log.warn('mirror', { mirror: name, state, message });
      else if (isFault(was) && (state === 'Ok' || state === 'Behind'))
        this.#parts.log.info('mirror', {
          mirror: name,
          state,
          message: message ?? 'in order again',
        });
    }
  }

  /** What is due in the targets. Begun again where somebody else had to have a turn in between. */
  async #work(signal: AbortSignal, done: () => void = () => undefined): Promise<void> {
    const region = this.#region;
    if (this.#openFault !== undefined) {
      done();
      return;
    }
    const turn = async (handOver: AbortSignal): Promise<boolean> => {
      await region.apply(handOver);
      await this.#settle(handOver);
      if (handOver.aborted) return false;
      this.#isStarting = false;
      // Before anybody else has a turn: it is about what was applied, not about what is accepted next.
      done();
      return true;
    };
    while (!signal.aborted) {
      if (await region.turns.take(turn, signal)) return;
    }
  }

  async #ask(accepted: () => void, signal: AbortSignal): Promise<void> {
    const region = this.#region;
    if (this.#openFault !== undefined || region.hold?.reason === 'FloorNeeded') return;
    if (region.isBlind) {
      // On purpose: it is not its first round any more.
      this.#isAsked ||= !this.#isStarting;
      return;
    }
    try {
      await region.poll(accepted, signal);
      this.#pollFault = undefined;
      this.#isAsked ||= !signal.aborted;
    } catch (error) {
      if (!isEdgesealError(error, 'input-cancelled')) this.#pollFault = holdOf(error);
    }
  }

  /** What store or mirrors brought up against us; what a target did, its side knows. */
  get #hold(): Hold | undefined {
    const fault = this.#openFault ?? this.#pollFault;
    if (fault !== undefined) return fault;
    const { hold } = this.#region;
    const isEarly = this.#isStarting || (hold?.reason === 'NoSnapshot' && !this.#isAsked);
    return isEarly ? { reason: 'Starting', message: 'the first round is under way' } : hold;
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
    if (isTime && !signal.aborted)
      this.#driftAt = performance.now() + (performance.now() - began) / DRIFT_SHARE;
  }
}
