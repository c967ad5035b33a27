import { compareMarks } from '../../core/channel/mark.ts';
import type { Mark } from '../../core/channel/mark.ts';
import type { EdgesealError } from '../../core/errors.ts';
import { isEdgesealError } from '../../core/errors.ts';
import type { FoundBundle } from '../../core/git/bundle-folder.ts';
import { readRemoteRef } from '../../core/git/fetch.ts';
import type { GitLimits } from '../../core/git/limits.ts';
import { parseMirror } from '../../core/git/mirror.ts';
import type { MirrorSpec } from '../../core/git/mirror.ts';
import type { MirrorSettings, Settings } from '../config.ts';
import type { MirrorState } from '../status/reason.ts';
import type { MirrorMemory, Seen } from '../store/contact.ts';
import { backoffMs, isOver, restFor } from './backoff.ts';
import type { Rest } from './backoff.ts';
import { completeMirror } from './credentials.ts';
import type { SecretTexts } from './credentials.ts';
import { FetchSession } from './fetch-session.ts';
import { Shelf } from './shelf.ts';

/** What a mirror answered: the commit it is at, and a process that has fetched it where that took one. */
export interface Answer {
  oid: string | undefined;
  moved: number;
  session: FetchSession | undefined;
  /** What lies in a folder of bundles; `oid` is then undefined. */
  bundles?: FoundBundle[] | undefined;
}

/** Why a mirror does not count at present. */
export interface MirrorFault {
  state: Extract<MirrorState, 'Unreachable' | 'Invalid' | 'Equivocation' | 'Behind' | 'Rollback'>;
  message: string;
  /** The commit at fault, where another fetch of it would find the same. */
  oid: string | undefined;
}

/** The advertisement of one ref is small and quick, or the mirror is at fault. */
const ASK_BYTES = 256 * 1024;
const ASK_MS = 30_000;
/** How long a fetch may take while another mirror has news, too; doubled after each failure, for links that are slow. */
const AWAITED_MS = 10_000;
const AWAITED_DOUBLINGS = 4;

/** What is said of one that has no branch for this region. */
export const emptyMirror = 'it has no channel for this region yet';

/** One place that a channel can be had from: how to ask it, and what it did before. */
export class Mirror {
  readonly settings: MirrorSettings;
  readonly memory: MirrorMemory;
  fault: MirrorFault | undefined;
  /** What the last answer was; undefined before the first. */
  last: 'channel' | 'empty' | undefined;
  /** Where it is a folder of bundles: what lies there. */
  shelf: Shelf | undefined;
  readonly #config: Settings;
  readonly #ref: string;
  readonly #cache: string;
  readonly #secrets: SecretTexts | undefined;
  #failures = 0;
  #rest: Rest | undefined;

  /** @param cache the Git directory that all mirrors share: only verified commits count in it */
  constructor(
    settings: MirrorSettings,
    config: Settings,
    memory: MirrorMemory,
    cache: string,
    secrets?: SecretTexts,
  ) {
    this.settings = settings;
    this.#secrets = secrets;
    this.memory = memory;
    this.#config = config;
    this.#ref = `refs/heads/edgeseal/${config.region}`;
    this.#cache = cache;
  }

  get name(): string {
    return this.settings.name;
  }

  /** Whether it may be asked again, after failures only every now and then. */
  isDue(now: number): boolean {
    return isOver(this.#rest, now);
  }

  /**
   * Asks where the branch is. Over HTTP that is one bounded advertisement, so it happens in this process;
   * a directory or a bundle may hang or lie in its format, so a forked one looks at it. A directory with news is opened
   * there at once, because it is read in place; a bundle goes through the cache, which takes one fetch at a time.
   *
   * @param known commits that need not be fetched
   * @throws EdgesealError `git-mirror`, `git-timeout`, `git-limit`, `git-object`; `input-cancelled`
   */
  async ask(known: string[], verified: string | undefined, signal: AbortSignal): Promise<Answer> {
    const spec = await completeMirror(this.settings, this.#secrets);
    if (this.isHttp) {
      const totalTimeoutMs = Math.min(ASK_MS, this.#config.limits.fetchTimeoutMs);
      const limits = { maxAdvertisement: ASK_BYTES, totalTimeoutMs };
      const { oid, moved } = await readRemoteRef(spec, this.#ref, limits, signal);
      return { oid, moved, session: undefined };
    }
    const { fetchTimeoutMs } = this.#config.limits;
    const session = this.#session(signal, fetchTimeoutMs);
    try {
      const request = this.#request(spec, fetchTimeoutMs);
      const { oid, moved, bundles } = await session.ask(request);
      const isOpened =
        oid !== undefined && !known.includes(oid) && parseMirror(spec).kind === 'directory';
      if (isOpened) return { ...(await session.fetch({ request, verified })), session };
      await session.close();
      this.#shelve(bundles);
      return { oid, moved, session: undefined, bundles };
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /**
   * Fetches in a process of its own, which the caller closes.
   *
   * @param isAwaited whether another mirror with news waits for this one
   * @param file one bundle of a folder
   * @throws as {@link Mirror.ask}, and `store-*`
   */
  async fetch(
    verified: string | undefined,
    isAwaited: boolean,
    signal: AbortSignal,
    file?: string,
  ): Promise<{ oid: string; moved: number; session: FetchSession }> {
    const mirror = await completeMirror(this.settings, this.#secrets);
    const spec = file === undefined ? mirror : { ...mirror, url: file };
    const { fetchTimeoutMs } = this.#config.limits;
    const patience = AWAITED_MS * 2 ** Math.min(this.#failures, AWAITED_DOUBLINGS);
    const timeoutMs = isAwaited ? Math.min(patience, fetchTimeoutMs) : fetchTimeoutMs;
    const session = this.#session(signal, timeoutMs);
    try {
      const request = this.#request(spec, timeoutMs);
      const { oid, moved } = await session.fetch({ request, verified });
      return { oid, moved, session };
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** After a failure: it is asked again later each time, up to `capMs`. */
  delay(now: number, capMs: number): void {
    this.#failures += 1;
    this.#rest = restFor(backoffMs(this.#failures, this.#config.intervalMs, capMs), now);
  }

  /** Notes that it answered and what it serves was looked into. */
  answered(): void {
    this.#failures = 0;
    this.#rest = undefined;
  }

  /**
   * Notes a verified snapshot of a commit.
   *
   * @param now milliseconds since 1970
   */
  served(oid: string, { root, sequence, sha256, issuedAt }: Seen, now: number): void {
    const { memory } = this;
    const mark: Mark = { root, sequence, sha256 };
    this.fault = undefined;
    // Not by the commit: a mirror can make as many of one snapshot as it likes. (Nor by a clock that was set back since.)
    const { since } = memory;
    if (memory.served?.sha256 !== sha256 || since === undefined || Date.parse(since) > now)
      memory.since = new Date(now).toISOString();
    memory.oid = oid;
    memory.issuedAt = issuedAt;
    memory.served = mark;
    if (memory.best === undefined || compareMarks(mark, memory.best) > 0) memory.best = mark;
  }

  /** Whether it is asked over a network. */
  get isHttp(): boolean {
    return /^https?:/i.test(this.settings.url);
  }

  /** A stick may be another one the next time: a repository, or gone. */
  #shelve(bundles: FoundBundle[] | undefined): void {
    if (bundles === undefined) this.shelf = undefined;
    else this.shelf ??= new Shelf(this.#config.intervalMs);
  }

  #session(signal: AbortSignal, timeoutMs: number): FetchSession {
    const limits = { timeoutMs, memoryMiB: this.#config.limits.fetchMemoryMiB };
    return new FetchSession(this.name, limits, signal);
  }

  #request(
    spec: MirrorSpec,
    totalTimeoutMs: number,
  ): {
    spec: MirrorSpec;
    ref: string;
    gitdir: string;
    limits: Partial<GitLimits>;
  } {
    const limits = { maxBytes: this.#config.limits.packBytes, totalTimeoutMs };
    return { spec, ref: this.#ref, gitdir: this.#cache, limits };
  }
}

/**
 * What an error of asking, fetching or verifying says of a mirror.
 *
 * @param best the newest snapshot that it has served
 * @param mark the accepted one
 * @returns undefined where it is our own disk, or the operator's wish to stop
 */
export function faultOf(
  error: unknown,
  oid: string | undefined,
  best: Mark | undefined,
  mark: Mark | undefined,
): MirrorFault | undefined {
  if (!isEdgesealError(error)) return undefined;
  const { code, hint } = error;
  if (code === 'input-cancelled' || /^(store|target)-/.test(code)) return undefined;
  const message = `${placeOf(error)}${error.message}${hint === undefined ? '' : ` (${hint})`}`;
  // A Secret with its credentials could not be read: that is no lie of the mirror's either.
  if (code === 'git-mirror' || code === 'git-timeout' || code.startsWith('kube-'))
    return { state: 'Unreachable', message, oid: undefined };
  // A half-received channel may be completed under the same commit; a signed lie stays one. Where our own
  // code fails on what a mirror sent, that mirror does not count, and no other one suffers.
  if (code.startsWith('git-') || code === 'internal')
    return { state: 'Invalid', message, oid: undefined };
  if (code === 'trust-equivocation') return { state: 'Equivocation', message, oid };
  if (code !== 'trust-rollback') return { state: 'Invalid', message, oid };
  // An older root is what a slow mirror has; one that had the newer root already has gone back.
  const wentBack = best !== undefined && mark !== undefined && best.root >= mark.root;
  return { state: wentBack ? 'Rollback' : 'Behind', message, oid };
}

/** The file of the channel that is wrong, where the message does not name it. (Of git's errors it is the mirror's url.) */
function placeOf({ code, file, message }: EdgesealError): string {
  if (file === undefined || code.startsWith('git-') || message.includes(file)) return '';
  return `${file}: `;
}
