/** How far ahead of a reader's clock a heartbeat may be dated and still count, in minutes (FORMAT.md, section 10.7). */
export const maxAheadMinutes = 10;

/**
 * Whether a heartbeat is dated so far ahead of the clock here that its age says nothing: one of the two clocks is wrong, or
 * somebody with the heartbeat's key wants a frozen region to look fresh for ever.
 *
 * @param issuedAt UTC time, as a heartbeat has it
 * @param now milliseconds since 1970
 */
export function isAhead(issuedAt: string, now: number): boolean {
  return Date.parse(issuedAt) - now > maxAheadMinutes * 60_000;
}
