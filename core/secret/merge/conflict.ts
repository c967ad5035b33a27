/** What one side did to something, against where the two parted. */
export type Deed = 'added' | 'replaced' | 'removed' | 'kept';

/** Something that both sides changed, so that a person has to say which one counts. Told by name. */
export interface MergeConflict {
  /**
   * `item`: both changed it. `region`: one side gives the item's old value to a region that is new, the other replaced that
   * value. `type`: the item was sealed for another type of Secret than the merged one has, and would not open. `template`: both
   * changed that part. `damaged`: both have the same envelope, with different ciphertext in it. `empty`: nothing is left.
   */
  kind: 'item' | 'region' | 'type' | 'template' | 'damaged' | 'empty';
  /** The item; for `template`: `type`, `immutable`, `label NAME` or `annotation NAME`; empty for `empty`. */
  name: string;
  /** Regions that it is about; empty for templates. */
  regions: string[];
  ours: Deed;
  theirs: Deed;
}

/** Which side counts for what both changed. */
export type Side = 'ours' | 'theirs';

/** What a person has decided. */
export interface Choices {
  /** By the name of the conflict. */
  named: ReadonlyMap<string, Side>;
  /** For what is not named; undefined leaves it a conflict. */
  rest: Side | undefined;
}

/** The side that was chosen for something. */
export function chosen(choices: Choices, name: string): Side | undefined {
  return choices.named.get(name) ?? choices.rest;
}

/** What was done to something, from what it was and what it is. */
export function deedOf<T>(before: T | undefined, now: T | undefined): Deed {
  if (before === now) return 'kept';
  if (before === undefined) return 'added';
  return now === undefined ? 'removed' : 'replaced';
}
