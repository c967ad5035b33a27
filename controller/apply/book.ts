import type { Mark } from '../../core/channel/mark.ts';
import type { Floor } from '../../core/channel/secret-check.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { State } from '../store/state.ts';

/** What is to be applied, and what was accepted so far: a channel's ledger, or what is known of objects. */
export interface Book {
  readonly state: Readonly<State>;
  readonly mark: Mark | undefined;
  readonly root: AcceptedRoot | undefined;
  /** A sealed file's bytes. @throws EdgesealError `store-corrupt` */
  read(sha256: string): Buffer;
  /** Notes a change that is to be saved with the next {@link Book.save}. */
  change(edit: (state: State) => void): void;
  /** @throws EdgesealError `store-full`, `store-io` */
  save(): void;
  /**
   * Makes a floor outlast this process, before the secret that sets it is written. A channel's mark does that for all
   * of its secrets at once.
   *
   * @throws EdgesealError `trust-floor` where another controller has accepted something else, `kube-*`
   */
  raise?(key: string, floor: Floor): Promise<void>;
  /** Whether it may be deleted now that it is no longer listed; default: yes. */
  mayPrune?(key: string): boolean;
  /** Told of each secret that was looked at, however that ended. */
  worked?(key: string): void;
}
