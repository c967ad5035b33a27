import { join } from 'node:path';
import { compareMarks } from '../core/channel/mark.ts';
import type { Mark } from '../core/channel/mark.ts';
import { EdgesealError, isEdgesealError, messageOf } from '../core/errors.ts';
import { Equivocation } from './accept/offer.ts';
import { lookInto, needsLook } from './accept/look.ts';
import { Applier } from './apply/applier.ts';
import type { Settings } from './config.ts';
import { KeyRing } from './keys.ts';
import { faultOf, Mirror } from './mirrors/mirror.ts';
import type { Answer } from './mirrors/mirror.ts';
import { Poll } from './mirrors/poll.ts';
import type { Hold } from './status/conditions.ts';
import type { Counters } from './status/counters.ts';
import type { Log } from './status/log.ts';
import { holdReasonOf } from './status/reason.ts';
import { ContactFile } from './store/contact.ts';
import { Ledger } from './store/ledger.ts';
import type { Target } from './targets/target.ts';

/** Unreachable mirrors are asked again at most this many intervals later: a network may come back. */
const ASK_CAP = 4;
/** What fails only after a fetch costs traffic each time. */
const FETCH_CAP = 32;

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

/** One region: what was accepted, its mirrors and its target, and the steps that keep them equal. */
export class Region {
  readonly mirrors: Mirror[];
  readonly keys: KeyRing;
  readonly applier: Applier;
  readonly #parts: RegionParts;
  readonly #poll: Poll;
  readonly #contactFile: ContactFile;
  readonly contact;
  #ledger: Ledger | undefined;
  #targetMark: Mark | undefined;
  #isTargetOpen = false;
  #contactSaved = '';
  hold: Hold | undefined = { reason: 'Starting', message: 'the first round is under way' };
  keyFault: string | undefined;

  constructor(parts: RegionParts) {
    const { settings, target, counters, log } = parts;
    this.#parts = parts;
    this.#contactFile = new ContactFile(settings.store);
    this.contact = this.#contactFile.load();
    const cache = join(settings.store, 'mirrors.git');
    this.mirrors = settings.mirrors.map((mirror) => {
      const memory = (this.contact.mirrors[mirror.name] ??= {});
      return new Mirror(mirror, settings, memory, cache);
    });
    this.keys = new KeyRing(settings.keys);
    this.#poll = new Poll(this.mirrors, counters);
    const { repository, region } = settings;
    const opener = (): { repository: string; region: string; keys: KeyRing['keys'] } => ({
      repository,
      region,
      keys: this.keys.keys,
    });
    this.applier = new Applier(target, opener, counters, log);
  }

  get ledger(): Ledger | undefined {
    return this.#ledger;
  }

  /** The higher one of the store's mark and the target's. */
  get mark(): Mark | undefined {
    const stored = this.#ledger?.mark;
    const held = this.#targetMark;
    if (stored === undefined || held === undefined) return stored ?? held;
    return compareMarks(stored, held) >= 0 ? stored : held;
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
      const words = isEdgesealError(error)
        ? `${error.file ?? ''}: ${error.message}`
        : messageOf(error);
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
    const { settings, target, wake } = this.#parts;
    if (this.#ledger === undefined) {
      this.#ledger = await Ledger.open(settings.store, settings);
      // What was seen is worth nothing to a store that was begun anew, or under another root.
      if (this.#ledger.mark === undefined || this.#ledger.repinned) this.contact.known = {};
      this.applier.addAll(this.#ledger);
    }
    if (!this.#isTargetOpen) {
      await this.applier.open(wake);
      this.#isTargetOpen = true;
    }
    this.#acknowledge(this.#ledger);
    this.#targetMark = await target.mark();
    await this.#raiseMark();
  }

  /** Why nothing may be accepted or changed; undefined where all is in order. */
  judgeHold(): Hold | undefined {
    const stored = this.#ledger?.mark;
    const { mark, applier } = this;
    if (mark === undefined) {
      if (applier.owned.size > 0 && this.#parts.settings.floor?.renewed === undefined) {
        const message = `neither the store nor the target knows how far this region was, but ${applier.owned.size} Secrets are there: find the newest snapshot (edgeseal status), then set spec.floor with root, sequence and renewed`;
        return { reason: 'FloorNeeded', message };
      }
      return { reason: 'NoSnapshot', message: 'no snapshot was accepted yet' };
    }
    if (stored?.sha256 !== mark.sha256) {
      const message = `the target has had snapshot ${mark.sequence} of root ${mark.root}, the store is behind it: nothing is changed until a mirror serves that or a later one`;
      return { reason: 'StoreBehind', message };
    }
    return undefined;
  }

  /** Asks the mirrors and accepts what is new. Errors of mirrors end up in their state, those of our disk are thrown. */
  async poll(signal: AbortSignal): Promise<void> {
    const { now, counters } = this.#parts;
    const ledger = this.#ledger;
    if (ledger === undefined) return;
    const known = Object.keys(this.contact.known).filter(
      (oid) => !needsLook(oid, this.contact, ledger, this.mark),
    );
    const asked = await this.#poll.ask(known, this.contact.verified, now(), signal);
    let own: unknown;
    for (const one of asked) {
      const { mirror } = one;
      if ('error' in one) {
        own ??= this.#failed(mirror, one.error, undefined, ASK_CAP);
        continue;
      }
      const { answer } = one;
      counters.lastContact = now();
      mirror.last = answer.oid === undefined ? 'empty' : 'channel';
      mirror.answered();
      if (answer.oid === undefined) {
        mirror.fault = undefined;
        continue;
      }
      try {
        await this.#look(mirror, answer, answer.oid, ledger, signal);
      } catch (error) {
        own ??= this.#failed(mirror, error, answer.oid, FETCH_CAP);
      } finally {
        await answer.session?.close();
      }
    }
    this.#saveContact();
    if (own !== undefined) throw own;
  }

  async close(): Promise<void> {
    await this.#poll.close();
    await this.#parts.target.close();
    this.#ledger?.close();
  }

  async #look(
    mirror: Mirror,
    answer: Answer,
    oid: string,
    ledger: Ledger,
    signal: AbortSignal,
  ): Promise<void> {
    const { settings, counters, log } = this.#parts;
    if (!needsLook(oid, this.contact, ledger, this.mark)) {
      const seen = this.contact.known[oid];
      if (seen !== undefined) mirror.served(oid, seen);
      return;
    }
    // Its bytes are what they were: only another root or mark could make another judgement of them.
    if (mirror.fault?.oid === oid) return;
    const counts = counters.of(mirror.name);
    const began = performance.now();
    counts.fetches += 1;
    let { session } = answer;
    try {
      if (session === undefined) {
        const fetched = await mirror.fetch(this.contact.verified, signal);
        counts.bytes += fetched.moved;
        session = fetched.session;
        oid = fetched.oid;
      }
      const look = await lookInto(mirror, session, oid, ledger, settings, this.mark, this.contact);
      this.#noteHeartbeat(look.mark, look.issuedAt);
      if (look.acceptance === undefined) return;
      const { changed, removed } = look.acceptance;
      const { sequence, root, sha256 } = look.mark;
      log.info('snapshot accepted', {
        mirror: mirror.name,
        sequence,
        root,
        snapshot: sha256,
        changed: changed.length,
        removed: removed.length,
        ms: Math.round(performance.now() - began),
      });
      for (const key of changed) this.applier.queue.add(key);
      for (const other of this.mirrors) if (other.fault?.oid !== undefined) other.fault = undefined;
      await this.#raiseMark();
    } finally {
      counts.seconds += (performance.now() - began) / 1000;
      await session?.close();
    }
  }

  /** @returns the error where it is our own and not the mirror's */
  #failed(mirror: Mirror, error: unknown, oid: string | undefined, cap: number): unknown {
    const { now, log, settings } = this.#parts;
    const fault = faultOf(error, oid);
    if (fault === undefined) return error;
    if (error instanceof Equivocation) this.#raiseAlarm(mirror, error);
    const before = mirror.fault;
    if (before?.state !== fault.state || before.message !== fault.message)
      log.warn('mirror', { mirror: mirror.name, state: fault.state, message: fault.message });
    if (fault.oid === undefined) mirror.failed(fault, now(), cap * settings.intervalMs);
    else mirror.fault = fault;
    return undefined;
  }

  #raiseAlarm(mirror: Mirror, error: Equivocation): void {
    const { now, log, settings } = this.#parts;
    const { snapshot, message } = error;
    if (this.#ledger?.state.alarm?.snapshot === snapshot) return;
    const acknowledged = settings.alarmAcknowledged === snapshot;
    const at = new Date(now()).toISOString();
    log.error('equivocation', { mirror: mirror.name, message, snapshot });
    this.#ledger?.change((state) => {
      state.alarm = { mirror: mirror.name, message, snapshot, at, held: true, acknowledged };
    });
    this.#ledger?.save();
  }

  #acknowledge(ledger: Ledger): void {
    const { alarm } = ledger.state;
    if (alarm === undefined || alarm.acknowledged) return;
    if (this.#parts.settings.alarmAcknowledged !== alarm.snapshot) return;
    this.#parts.log.info('alarm acknowledged', { snapshot: alarm.snapshot });
    ledger.change((state) => {
      state.alarm = alarm.held ? { ...alarm, acknowledged: true } : undefined;
    });
    ledger.save();
  }

  /** The second copy of the mark: what the target has seen outlives the store. */
  async #raiseMark(): Promise<void> {
    const stored = this.#ledger?.mark;
    const held = this.#targetMark;
    if (stored === undefined || (held !== undefined && compareMarks(stored, held) <= 0)) return;
    await this.#parts.target.raiseMark(stored);
    this.#targetMark = stored;
  }

  #noteHeartbeat(mark: Mark, issuedAt: string | undefined): void {
    if (issuedAt === undefined || mark.sha256 !== this.#ledger?.mark?.sha256) return;
    const { issuedAt: before } = this.contact;
    if (before === undefined || issuedAt > before) this.contact.issuedAt = issuedAt;
  }

  #saveContact(): void {
    const { lastContact: _, ...lasting } = this.contact;
    const text = JSON.stringify(lasting);
    if (text === this.#contactSaved) return;
    this.#contactFile.save(this.contact);
    this.#contactSaved = text;
  }
}

/** How a fault of our own disk or target keeps everything as it is. */
export function holdOf(error: unknown): Hold {
  if (!(error instanceof EdgesealError)) throw error;
  const { file, message, hint } = error;
  const words = `${file === undefined ? '' : `${file}: `}${message}${hint === undefined ? '' : ` (${hint})`}`;
  return { reason: holdReasonOf(error.code), message: words };
}
