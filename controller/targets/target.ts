import type { Mark } from '../../core/channel/mark.ts';
import type { UnsealedSecret } from '../../core/secret/unseal.ts';

/** Names a secret in maps, logs and status. */
export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** The inverse of {@link keyOf}; neither part can contain a slash. */
export function partsOf(key: string): { namespace: string; name: string } {
  const at = key.indexOf('/');
  return { namespace: key.slice(0, at), name: key.slice(at + 1) };
}

/** A Secret in the target that this controller made, by the binding it carries. */
export interface Owned {
  namespace: string;
  name: string;
  version: number;
  /** SHA-256 of the sealed file that it was made from. */
  sha256: string;
}

/** The EdgeSecret object that a Secret is made from: of the same namespace and name. */
export interface Owner {
  uid: string;
}

/** Deletions of one day, counted from `since` (milliseconds since 1970). */
export interface Pruned {
  since: number;
  count: number;
}

/** What feeds a target: each of the two has a day's share. */
export type TallyPart = 'channel' | 'objects';

/** Where deletions are counted that other controllers have to know of. */
export interface Tally {
  read(): Promise<Pruned | undefined>;
  /** Returns once it outlasts this controller. */
  keep(pruned: Pruned): Promise<void>;
}

/**
 * What the controller writes to. Everything is asked for again after a failure, so each call must leave the
 * old Secret or the new one, whole, and may be repeated.
 */
export interface Target {
  /** For logs and status. */
  readonly description: string;
  /** How many Secrets may be applied at the same time. */
  readonly concurrency: number;
  /**
   * Makes ready and clears what a crash left behind.
   *
   * @param wake to be called when {@link Target.drifted} has news, by a target that is told of changes
   * @throws EdgesealError `store-io` or `target-refused`
   */
  open(wake: () => void): Promise<void>;
  /** What this controller owns there, by {@link keyOf}. */
  inventory(): Promise<Map<string, Owned>>;
  /**
   * Whether the target is known to hold what that sealed file gives, without looking again: it was written by this
   * process or the one before it, and nobody has touched it since. A target that cannot know says no.
   */
  holds(namespace: string, name: string, sha256: string, owner?: Owner): boolean;
  /**
   * Makes one Secret equal to `secret`; content that is equal already is left alone.
   *
   * @param sha256 of the sealed file that it was made from
   * @param owner what it is to be deleted with, in a target that can do so
   * @throws EdgesealError `target-refused` where somebody else's is in the place, `store-full`, `store-io`, `kube-*`
   */
  apply(secret: UnsealedSecret, sha256: string, owner?: Owner): Promise<'applied' | 'unchanged'>;
  /** Removes one that this controller owns; anybody else's is left alone. */
  remove(namespace: string, name: string): Promise<boolean>;
  /** Ends a run: returns once what was done so far outlasts a power cut. What it is told of changes begins with the first. */
  settle(): Promise<void>;
  /**
   * Which of the Secrets applied in this process are no longer what was applied. A target that is told of
   * changes hands out what it was told since the last call; another one looks.
   */
  drifted(): Promise<string[]>;
  /** The high-water mark that the target holds: the second copy, which survives the loss of the store. */
  mark(): Promise<Mark | undefined>;
  raiseMark(mark: Mark): Promise<void>;
  /** Of a target that several controllers write to in turn: their deletions of a day, counted together. */
  tallyOf?(part?: TallyPart): Tally | undefined;
  /** Ends what `open` began. */
  close(): Promise<void>;
}
