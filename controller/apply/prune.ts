import type { State } from '../store/state.ts';
import type { Owned, Pruned } from '../targets/target.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const ALWAYS = 10;
const SHARE = 0.2;

/** What may be deleted now, and what waits for the operator. */
export interface PrunePlan {
  remove: string[];
  /** More than a day's share: a stolen or mistaken publisher must not empty a region in one go. */
  pending: string[];
  pruned: Pruned;
}

/**
 * Plans deletions: what the target holds of ours that the accepted snapshot does not list. More than
 * max(10, 20 %) a day waits until the operator acknowledges the accepted snapshot, or the one that deleted.
 *
 * @param before what was deleted from this target today
 * @param now milliseconds; a clock that is set back begins a new day and frees nothing
 */
export function planPrune(
  owned: ReadonlyMap<string, Owned>,
  mayPrune: (key: string) => boolean,
  state: Readonly<State>,
  before: Pruned,
  acknowledged: string | undefined,
  now: number,
): PrunePlan {
  const gone = [...owned.keys()].filter(
    (key) => state.secrets.get(key)?.listed === undefined && mayPrune(key),
  );
  const { since, count } = before;
  const sameDay = now - since < DAY_MS;
  const used = sameDay ? count : 0;
  const isAcknowledged = (key: string): boolean =>
    acknowledged !== undefined &&
    (acknowledged === state.mark?.sha256 || acknowledged === state.secrets.get(key)?.deleted);
  const free = gone.filter(isAcknowledged);
  const others = gone.filter((key) => !isAcknowledged(key));
  const limit = Math.max(ALWAYS, Math.floor((owned.size + used) * SHARE));
  const allowed = used + others.length <= limit ? others : [];
  const pruned =
    allowed.length === 0 ? before : { since: sameDay ? since : now, count: used + allowed.length };
  return {
    remove: [...free, ...allowed],
    pending: allowed.length === others.length ? [] : others,
    pruned,
  };
}

/** Which of two counts has used up more of today. */
export function moreOf(own: Pruned, other: Pruned | undefined, now: number): Pruned {
  const used = ({ since, count }: Pruned): number => (now - since < DAY_MS ? count : 0);
  return other !== undefined && used(other) > used(own) ? other : own;
}
