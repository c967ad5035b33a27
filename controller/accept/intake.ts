import { basename, join } from 'node:path';
import { isAhead } from '../../core/channel/heartbeat-age.ts';
import type { Mark } from '../../core/channel/mark.ts';
import { isEdgesealError } from '../../core/errors.ts';
import { printable } from '../../core/git/mirror.ts';
import type { Settings } from '../config.ts';
import type { SecretTexts } from '../mirrors/credentials.ts';
import { faultOf, Mirror } from '../mirrors/mirror.ts';
import type { Answer } from '../mirrors/mirror.ts';
import { Poll } from '../mirrors/poll.ts';
import type { Asked } from '../mirrors/poll.ts';
import type { Counters } from '../status/counters.ts';
import type { Log } from '../status/log.ts';
import { ContactFile } from '../store/contact.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Take } from './acceptance.ts';
import { raiseAlarm } from './alarm.ts';
import { hearFolder } from './bundle-folder.ts';
import { lookInto, needsLook } from './look.ts';
import type { Look } from './look.ts';
import { Equivocation } from './offer.ts';

/** Unreachable mirrors are asked again at most this many intervals later: a network may come back. */
const ASK_CAP = 4;
/** What fails only after a fetch costs traffic each time. */
const FETCH_CAP = 32;

/** What an intake works on. */
interface Holdings {
  ledger: Ledger;
  /** Whose mark is the highest one that the store or a target has. */
  highWater: { readonly mark: Mark | undefined };
  take: Take;
}

/** The mirrors of a region, and what comes in from them. */
export class Intake {
  readonly mirrors: readonly Mirror[];
  readonly #settings: Settings;
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #poll: Poll;
  readonly #file: ContactFile;
  readonly #contact;
  #saved = '';

  constructor(parts: {
    settings: Settings;
    counters: Counters;
    log: Log;
    now: () => number;
    secrets?: SecretTexts | undefined;
  }) {
    const { settings, counters } = parts;
    this.#settings = settings;
    this.#counters = counters;
    this.#log = parts.log;
    this.#now = parts.now;
    this.#file = new ContactFile(settings.store);
    this.#contact = this.#file.load();
    const cache = join(settings.store, 'mirrors.git');
    this.mirrors = settings.mirrors.map((mirror) => {
      const memory = (this.#contact.mirrors[mirror.name] ??= {});
      return new Mirror(mirror, settings, memory, cache, parts.secrets);
    });
    this.#poll = new Poll(this.mirrors, counters);
  }

  /** When the newest heartbeat of an accepted snapshot was issued, of those that were not ahead of the clock then. */
  get issuedAt(): string | undefined {
    return this.#contact.issuedAt;
  }

  /** Every commit is looked into again: the store was begun anew, or another root is pinned. */
  forget(): void {
    this.#contact.known = {};
    this.#contact.verified = undefined;
  }

  /**
   * Asks the mirrors, looks into what is new, in the configured order, and accepts what is above the mark.
   *
   * @throws EdgesealError `store-*` and the target's: what is wrong with a mirror ends up in its state
   */
  async poll(holdings: Holdings, signal: AbortSignal): Promise<void> {
    const { ledger, highWater } = holdings;
    const known = Object.keys(this.#contact.known).filter(
      (oid) => !needsLook(oid, this.#contact, ledger, highWater.mark),
    );
    const asked = await this.#poll.ask(known, this.#contact.verified, this.#now(), signal);
    const own: Error[] = [];
    for (const [i, one] of asked.entries()) {
      // One that is slow with its pack must not keep back the news that the others have.
      const isAwaited = asked.slice(i + 1).some((other) => this.#hasNews(other, holdings));
      const error = await this.#hear(one, holdings, isAwaited, signal);
      if (error !== undefined) own.push(error);
    }
    // Also what was seen before: it was ahead of the clock here, and that was put right.
    for (const { memory } of this.mirrors) this.#noteHeartbeat(memory, memory.served, ledger);
    this.#save();
    if (own[0] !== undefined) throw own[0];
  }

  async close(): Promise<void> {
    await this.#poll.close();
  }

  #hasNews(one: Asked, { ledger, highWater }: Holdings): boolean {
    const oid = 'answer' in one ? one.answer.oid : undefined;
    return oid !== undefined && needsLook(oid, this.#contact, ledger, highWater.mark);
  }

  /** @returns the error where it is our own and not the mirror's */
  async #hear(
    one: Asked,
    holdings: Holdings,
    isAwaited: boolean,
    signal: AbortSignal,
  ): Promise<Error | undefined> {
    const { mirror } = one;
    if ('error' in one && signal.aborted) return undefined;
    // A stick is to be seen within an interval once it is there; to look for it costs no traffic.
    const cap = mirror.isHttp ? ASK_CAP : 1;
    if ('error' in one) return this.#failed(mirror, one.error, undefined, cap, holdings);
    const { oid, session, bundles } = one.answer;
    if (signal.aborted) {
      await session?.close();
      return undefined;
    }
    this.#counters.heardFrom(mirror.name, this.#now());
    if (bundles !== undefined) {
      return hearFolder(mirror, bundles, {
        contact: this.#contact,
        ...holdings,
        now: this.#now,
        log: this.#log,
        signal,
        look: (bundle, named) =>
          this.#look(mirror, one.answer, named, holdings, isAwaited, signal, bundle.path),
        failed: (error) => this.#failed(mirror, error, undefined, 0, holdings),
      });
    }
    mirror.last = oid === undefined ? 'empty' : 'channel';
    try {
      if (oid === undefined) mirror.fault = undefined;
      else await this.#look(mirror, one.answer, oid, holdings, isAwaited, signal);
      mirror.answered();
      return undefined;
    } catch (error) {
      return await this.#failed(mirror, error, oid, FETCH_CAP, holdings);
    } finally {
      await session?.close();
    }
  }

  async #look(
    mirror: Mirror,
    answer: Answer,
    named: string,
    { ledger, highWater, take }: Holdings,
    isAwaited: boolean,
    signal: AbortSignal,
    file?: string,
  ): Promise<void> {
    const contact = this.#contact;
    const seen = contact.known[named];
    if (seen !== undefined && !needsLook(named, contact, ledger, highWater.mark)) {
      mirror.served(named, seen, this.#now());
      return;
    }
    // Its bytes are what they were: only another root or mark could make another judgement of them.
    if (mirror.fault?.oid === named) return;
    const counts = this.#counters.of(mirror.name);
    const began = performance.now();
    counts.fetches += 1;
    let oid = named;
    let { session } = answer;
    const fetchAndLook = async (): Promise<Look> => {
      if (session === undefined) {
        const fetched = await mirror.fetch(contact.verified, isAwaited, signal, file);
        counts.bytes += fetched.moved;
        ({ session, oid } = fetched);
      }
      return lookInto(
        mirror,
        session,
        oid,
        ledger,
        this.#settings,
        highWater.mark,
        contact,
        take,
        this.#now(),
      );
    };
    try {
      const look = await fetchAndLook().catch(async (error: unknown) => {
        if (!isEdgesealError(error, 'store-corrupt')) throw error;
        // Somebody, or the disk, was at the cache. It was emptied: what it held comes again.
        await session?.close();
        session = undefined;
        return fetchAndLook();
      });
      const { mark, acceptance } = look;
      this.#noteHeartbeat(look, mark, ledger);
      if (acceptance === undefined) return;
      this.#log.info('snapshot accepted', {
        mirror: mirror.name,
        file: file === undefined ? undefined : printable(basename(file), 100),
        sequence: mark.sequence,
        root: mark.root,
        snapshot: mark.sha256,
        changed: acceptance.changed.length,
        removed: acceptance.removed.length,
        ms: Math.round(performance.now() - began),
      });
      // What was wrong with another one then may be right now: it is said until it was looked at again.
      for (const { fault, shelf } of this.mirrors) {
        if (fault !== undefined) fault.oid = undefined;
        shelf?.retry();
      }
    } finally {
      counts.seconds += (performance.now() - began) / 1000;
      await session?.close();
    }
  }

  async #failed(
    mirror: Mirror,
    error: unknown,
    oid: string | undefined,
    cap: number,
    { ledger, take }: Holdings,
  ): Promise<Error | undefined> {
    const fault = faultOf(error, oid, mirror.memory.best, ledger.mark);
    if (fault === undefined) {
      // Not its fault, but it would send the same again for nothing.
      mirror.delay(this.#now(), ASK_CAP * this.#settings.intervalMs);
      return error instanceof Error ? error : new Error(String(error));
    }
    this.#counters.of(mirror.name).failures += 1;
    mirror.fault = fault;
    // One that comes with another lie each time must not keep us fetching.
    mirror.delay(this.#now(), cap * this.#settings.intervalMs);
    if (!(error instanceof Equivocation)) return undefined;
    const { alarmAcknowledged } = this.#settings;
    try {
      // Deletions under way on the word of one of the two end there.
      await take(() => {
        const { message, snapshot } = error;
        if (raiseAlarm(ledger, mirror.name, error, alarmAcknowledged, this.#now()))
          this.#log.error('equivocation', { mirror: mirror.name, message, snapshot });
        return undefined;
      });
      return undefined;
    } catch (fullDisk) {
      return fullDisk instanceof Error ? fullDisk : undefined;
    }
  }

  /** One that is ahead of the clock counts for nothing: it would be fresh for ever, and keep later ones from counting. */
  #noteHeartbeat(
    { issuedAt }: { issuedAt?: string | undefined },
    mark: Mark | undefined,
    ledger: Ledger,
  ): void {
    const now = this.#now();
    if (issuedAt === undefined || mark?.sha256 !== ledger.mark?.sha256 || isAhead(issuedAt, now))
      return;
    const before = this.#contact.issuedAt;
    // What was noted under a clock that has been set back since gives way, too.
    if (before === undefined || issuedAt > before || isAhead(before, now))
      this.#contact.issuedAt = issuedAt;
  }

  /** Only what is news is written: an idle poll leaves the disk alone. */
  #save(): void {
    const text = JSON.stringify(this.#contact);
    if (text === this.#saved) return;
    this.#file.save(this.#contact);
    this.#saved = text;
  }
}
