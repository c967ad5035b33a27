import type { Mark } from '../../core/channel/mark.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { BlobStore } from './blob-store.ts';
import type { Blob, PackWriter } from './blob-store.ts';
import { StateFile, emptyState } from './state.ts';
import type { State } from './state.ts';
import type { StoreKey } from './store-key.ts';

interface Scope {
  repository: string;
  region: string;
  /** SHA-256 of the pinned root. */
  root: string;
  storeKey: StoreKey;
}

/**
 * What was accepted, on disk and in memory: the state and the files that it speaks of. Memory never says
 * more than the disk, except which secrets have been applied since.
 */
export class Ledger {
  readonly #scope: Scope;
  readonly #blobs: BlobStore;
  readonly #file: StateFile;
  #state: State;
  #root: AcceptedRoot | undefined;
  #rootDamaged = false;
  #dirty = false;
  /** SHA-256 of files that the store has lost: the mirrors have them still. */
  readonly damaged = new Set<string>();

  private constructor(store: string, scope: Scope) {
    this.#scope = scope;
    this.#file = new StateFile(store, scope.storeKey);
    this.#state = this.#file.load(scope) ?? emptyState(scope);
    this.#dirty = this.#file.isOfOtherKey;
    this.#blobs = new BlobStore(store);
  }

  /**
   * Loads what was accepted before.
   *
   * @throws EdgesealError `store-corrupt` for a damaged state, `store-key` for one that is not ours, `store-io`
   */
  static async open(store: string, scope: Scope): Promise<Ledger> {
    const ledger = new Ledger(store, scope);
    await ledger.#loadRoot();
    return ledger;
  }

  get state(): Readonly<State> {
    return this.#state;
  }

  get mark(): Mark | undefined {
    return this.#state.mark;
  }

  /** The accepted root; undefined before the first one, after another was pinned, and where its file is lost. */
  get root(): AcceptedRoot | undefined {
    return this.#root;
  }

  /** Whether the operator has pinned another root than the one that all this was reached from. */
  get repinned(): boolean {
    const { pinned, root } = this.#state;
    return pinned !== this.#scope.root && root?.sha256 !== this.#scope.root;
  }

  /** What a mirror has to lead to where the accepted root's own file is lost. */
  get rootWanted(): State['root'] {
    return this.repinned ? undefined : this.#state.root;
  }

  /** Whether something has to be read from a mirror again though nothing is new there. */
  get incomplete(): boolean {
    return this.damaged.size > 0 || this.#rootDamaged || this.repinned;
  }

  has(sha256: string): boolean {
    return this.#state.blobs.has(sha256) && !this.damaged.has(sha256);
  }

  sizeOf(sha256: string): number | undefined {
    return this.#state.blobs.get(sha256)?.size;
  }

  /**
   * A file's bytes.
   *
   * @throws EdgesealError `store-corrupt` where they are damaged; it is then in {@link Ledger.damaged}
   */
  read(sha256: string): Buffer {
    const blob = this.#state.blobs.get(sha256);
    try {
      if (blob !== undefined) return this.#blobs.read(blob);
    } catch (error) {
      if (isEdgesealError(error, 'store-corrupt')) this.damaged.add(sha256);
      throw error;
    }
    this.damaged.add(sha256);
    throw new EdgesealError('store-corrupt', 'a stored file is missing', {
      hint: 'it is fetched again from the mirrors',
    });
  }

  /** Where verified files are put until {@link Ledger.commit}. */
  begin(): PackWriter {
    return this.#blobs.begin();
  }

  /**
   * Makes `next` what is accepted: files first, then the state. Nothing of it holds before both are on disk.
   *
   * @param root the root that `next` names, with its bytes where the store does not have them yet
   * @throws EdgesealError `store-full`, `store-io`; all is then as it was
   */
  commit(
    next: State,
    writer: PackWriter,
    root: { root: AcceptedRoot; bytes: Uint8Array | undefined },
  ): void {
    let fresh: Map<string, Blob>;
    try {
      if (root.bytes !== undefined) writer.add(root.bytes, root.root.sha256);
      this.#gather(next, writer);
      fresh = writer.finish();
    } catch (error) {
      writer.abandon();
      throw error;
    }
    const live = liveIn(next);
    next.pinned = this.#scope.root;
    next.blobs = new Map([...this.#state.blobs, ...fresh].filter(([sha256]) => live.has(sha256)));
    this.#save(next);
    this.#root = root.root;
    this.#rootDamaged = false;
    for (const sha256 of this.damaged)
      if (fresh.has(sha256) || !live.has(sha256)) this.damaged.delete(sha256);
  }

  /** Notes a change of the state that is to be saved with the next {@link Ledger.save}. */
  change(edit: (state: State) => void): void {
    edit(this.#state);
    this.#dirty = true;
  }

  /** Writes what {@link Ledger.change} changed, if anything. @throws EdgesealError `store-full`, `store-io` */
  save(): void {
    if (!this.#dirty) return;
    const live = liveIn(this.#state);
    for (const sha256 of this.#state.blobs.keys()) {
      if (!live.has(sha256)) this.#state.blobs.delete(sha256);
    }
    this.#save(this.#state);
  }

  close(): void {
    this.#blobs.close();
  }

  #save(state: State): void {
    this.#file.save(state);
    this.#state = state;
    this.#dirty = false;
    this.#blobs.removeUnused(state.blobs.values());
  }

  /** Writes anew what would leave the store in many pieces. */
  #gather(next: State, writer: PackWriter): void {
    const live = liveIn(next);
    const blobs = [...this.#state.blobs.values()].filter(({ sha256 }) => live.has(sha256));
    for (const blob of this.#blobs.scattered(blobs)) {
      try {
        writer.add(this.#blobs.read(blob), blob.sha256);
      } catch (error) {
        if (!isEdgesealError(error, 'store-corrupt')) throw error;
        this.damaged.add(blob.sha256);
      }
    }
  }

  async #loadRoot(): Promise<void> {
    const { root } = this.#state;
    if (root === undefined || this.repinned) return;
    try {
      const bytes = this.read(root.sha256);
      const { parseTrustRoot } = await import('../../core/format/trust-root.ts');
      const { spec } = parseTrustRoot(bytes, `trust root ${root.number}`);
      this.#root = { ...root, spec };
    } catch (error) {
      if (!isEdgesealError(error, 'store-corrupt')) throw error;
      this.damaged.delete(root.sha256);
      this.#rootDamaged = true;
    }
  }
}

/** SHA-256 of the files that a state needs. */
function liveIn(state: State): Set<string> {
  const live = new Set<string>();
  if (state.root !== undefined) live.add(state.root.sha256);
  for (const { listed, good } of state.secrets.values()) {
    if (listed !== undefined) live.add(listed.sha256);
    if (good !== undefined) live.add(good.sha256);
  }
  return live;
}
