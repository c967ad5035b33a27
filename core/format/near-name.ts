/**
 * The one of the known names that somebody who typed another may have meant: at most two letters added, left out,
 * exchanged or swapped, and most of the name right.
 */
export function nearName(typed: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(2, Math.floor(typed.length / 3));
  for (const name of known) {
    const distance = distanceOf(typed, name, least);
    if (distance > least) continue;
    if (best === undefined || distance < least) best = name;
    least = distance;
  }
  return best;
}

/** Edits from one to the other, a swap of neighbours counting as one; anything above `limit` is just more. */
function distanceOf(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let older: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(older, j - 2) + 1);
      next.push(cost);
    }
    older = row;
    row = next;
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
