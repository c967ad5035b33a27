import { createHash } from 'node:crypto';
import type { Mark } from '../../core/channel/mark.ts';
import type { Floor } from '../../core/channel/secret-check.ts';
import { EdgesealError } from '../../core/errors.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { Book } from '../apply/book.ts';
import type { Ledger } from '../store/ledger.ts';
import { emptyState } from '../store/state.ts';
import type { State, Version } from '../store/state.ts';
import { partsOf } from '../targets/target.ts';
import type { Floors } from './floors.ts';

interface Scope {
  repository: string;
  region: string;
  root: string;
}

/**
 * What objects ask for, in the words in which a channel's ledger says it. It lives in memory: the objects lie in the
 * cluster, and so do the floors. Only how much was deleted today is kept in the store.
 */
export class ObjectBook implements Book {
  readonly state: State;
  readonly mark: Mark | undefined = undefined;
  root: AcceptedRoot | undefined;
  readonly #floors: Floors;
  readonly #files = new Map<string, Buffer>();
  /** SHA-256 of the files that are there for each secret. */
  readonly #held = new Map<string, string[]>();
  #ledger: Ledger | undefined;
  readonly #worked: (key: string) => void;
  /** Objects that no longer name this region, by the word of an author. */
  readonly released = new Set<string>();

  /** @param worked told of each secret that was looked at */
  constructor(scope: Scope, floors: Floors, worked: (key: string) => void) {
    this.state = emptyState(scope);
    this.#floors = floors;
    this.#worked = worked;
  }

  /** Takes the store along: of what the channel has accepted, the floors hold for objects too. */
  open(ledger: Ledger): void {
    this.#ledger = ledger;
    const { prunedByObjects } = ledger.state;
    if (prunedByObjects !== undefined) this.state.pruned = prunedByObjects;
  }

  /** What was accepted is judged again, by the floors as they were just read. */
  reopen(): void {
    for (const [key, { listed }] of this.state.secrets)
      if (listed !== undefined) this.state.secrets.set(key, { listed, floor: this.floorOf(key) });
  }

  /** Lists a secret, by the file that a channel would carry for it. */
  list(key: string, listed: Version, bytes: Buffer): void {
    const before = this.state.secrets.get(key);
    this.#files.set(listed.sha256, bytes);
    this.#held.set(key, [...(this.#held.get(key) ?? []), listed.sha256]);
    this.released.delete(key);
    this.state.secrets.set(key, { listed, good: before?.good, floor: this.floorOf(key) });
    this.#tidy(key);
  }

  /** No longer lists it. */
  drop(key: string): void {
    this.state.secrets.set(key, { floor: this.floorOf(key) });
    this.#tidy(key);
  }

  /** The floor by what is in the cluster, or by what the channel had accepted before objects fed this namespace. */
  floorOf(key: string): Floor | undefined {
    const { namespace, name } = partsOf(key);
    const kept = this.#floors.of(namespace).get(name);
    const before = this.#ledger?.state.secrets.get(key)?.floor;
    if (kept === undefined || (before !== undefined && before.version > kept.version))
      return before;
    const { version, statement } = kept;
    return statement === undefined ? { version } : { version, statement };
  }

  read(sha256: string): Buffer {
    const bytes = this.#files.get(sha256);
    if (bytes !== undefined) return bytes;
    throw new EdgesealError('store-corrupt', 'the last good version of this object is not known', {
      hint: 'apply it again',
    });
  }

  /** How many objects are meant for this region, and how many Secrets are as they say. */
  counts(faults: ReadonlyMap<string, unknown>): { listed: number; applied: number } {
    let listed = 0;
    let applied = 0;
    for (const [key, record] of this.state.secrets) {
      if (record.listed === undefined) continue;
      listed += 1;
      if (record.good?.sha256 === record.listed.sha256 && !faults.has(key)) applied += 1;
    }
    return { listed, applied };
  }

  change(edit: (state: State) => void): void {
    edit(this.state);
  }

  save(): void {
    const { pruned } = this.state;
    const ledger = this.#ledger;
    if (ledger === undefined || pruned.since === 0 || ledger.state.prunedByObjects === pruned)
      return;
    ledger.change((state) => (state.prunedByObjects = pruned));
    ledger.save();
  }

  async raise(key: string, floor: Floor): Promise<void> {
    const { namespace, name } = partsOf(key);
    const map = this.#floors.of(namespace);
    map.root = Math.max(map.root, this.root?.number ?? 0);
    await map.raise(name, floor);
  }

  /** Only what an author or an operator has withdrawn: an object that is merely not there has said nothing. */
  mayPrune(key: string): boolean {
    if (this.released.has(key)) return true;
    const { namespace, name } = partsOf(key);
    const kept = this.#floors.of(namespace).entries.get(name);
    return kept !== undefined && kept.statement === undefined;
  }

  worked(key: string): void {
    this.#tidy(key);
    this.#worked(key);
  }

  /**
   * Names the deletions that are due, so that an operator can say which ones were looked at.
   *
   * @param owned what there is in the target
   * @returns what spec.prune.acknowledged has to become; undefined where there are none
   */
  nameDeletions(owned: Iterable<string>): string | undefined {
    const gone = [...owned].filter(
      (key) => this.state.secrets.get(key)?.listed === undefined && this.mayPrune(key),
    );
    if (gone.length === 0) return undefined;
    const sha256 = createHash('sha256').update(gone.sort().join('\n')).digest('hex');
    for (const key of gone) {
      const record = this.state.secrets.get(key);
      this.state.secrets.set(key, { ...record, deleted: sha256 });
    }
    return sha256;
  }

  /** Keeps the files of the listed and of the last good version, and no others. */
  #tidy(key: string): void {
    const { listed, good } = this.state.secrets.get(key) ?? {};
    const wanted = new Set([listed?.sha256, good?.sha256]);
    const held = new Set(this.#held.get(key));
    for (const sha256 of held) {
      if (wanted.has(sha256)) continue;
      held.delete(sha256);
      this.#files.delete(sha256);
    }
    if (held.size === 0) this.#held.delete(key);
    else this.#held.set(key, [...held]);
  }
}
