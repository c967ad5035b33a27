/** A part of the report; whole, or not at all. */
export interface Block {
  text: string;
  /** What stands in its place where there is no room; without it the report says that something is missing. */
  short?: string;
}

/**
 * GitHub takes 65,536 characters as a comment and 65,535 as a check's summary; others take less. Counted in bytes, as that is
 * never less.
 */
export const maxReportBytes = 60_000;

/** Puts blocks together, those first that come first, within a bound. */
export function within(blocks: readonly Block[], limit: number, missing: string): string {
  const reserve = Buffer.byteLength(missing) + 2;
  const taken: string[] = [];
  let left = limit - reserve;
  let isWhole = true;
  for (const { text, short } of blocks) {
    const fits = [text, short].find(
      (one) => one !== undefined && Buffer.byteLength(one) + 2 <= left,
    );
    if (fits !== text) isWhole = false;
    if (fits === undefined) continue;
    left -= Buffer.byteLength(fits) + 2;
    taken.push(fits);
  }
  if (!isWhole) taken.push(missing);
  return taken.join('\n\n');
}

/** Rows of a table as far as they fit, and how many do not. */
export function rowsWithin(
  rows: readonly string[],
  limit: number,
): { rows: string[]; left: number } {
  let size = 0;
  const taken: string[] = [];
  for (const row of rows) {
    size += Buffer.byteLength(row) + 1;
    if (size > limit) break;
    taken.push(row);
  }
  return { rows: taken, left: rows.length - taken.length };
}
