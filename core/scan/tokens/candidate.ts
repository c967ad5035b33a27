import type { TokenRule } from './rule.ts';

/** How sure a rule is of itself: where two find one value, the surer one names it. */
export const ranks = { assignment: 0, generic: 1, named: 2, format: 3 } as const;

/** A rule as far as a finding needs it. */
export type RuleName = Pick<TokenRule, 'id' | 'title' | 'source' | 'remedy' | 'shown'>;

/** A value that a rule has found. Offsets are of bytes. */
export interface Candidate {
  rule: RuleName;
  rank: number;
  /** The rule's number in the list. */
  order: number;
  start: number;
  end: number;
  /** Where it stands encoded, what it is. */
  value?: Buffer;
}

/** Of values that overlap, keeps the one of the surest rule, then the longest, then the one of the earlier rule. */
export function withoutOverlaps(candidates: readonly Candidate[]): Candidate[] {
  const better = (a: Candidate, b: Candidate): number =>
    b.rank - a.rank || b.end - b.start - (a.end - a.start) || a.order - b.order;
  const sorted = [...candidates].sort((a, b) => a.start - b.start || better(a, b));
  const kept: Candidate[] = [];
  for (const candidate of sorted) {
    // Only the last one kept can reach this far; a worse one that it replaces has no other neighbour left.
    const last = kept.at(-1);
    if (last === undefined || last.end <= candidate.start) kept.push(candidate);
    else if (better(candidate, last) < 0) kept[kept.length - 1] = candidate;
  }
  return kept;
}
