/** What is to go wrong, for {@link file://./fault-hook.ts}. */
export interface FaultTask {
  /** Only calls on files in its `store` and `unsealed` count. Absolute. */
  root: string;
  /** At which of these calls, from 1; 0: at none. */
  at: number;
  fault: Fault;
  /** Takes `<function> <path>` of each call, a line each. */
  log?: string;
}

export const faults = [
  'before kill',
  'after kill',
  'torn kill',
  'once EIO',
  'once ENOSPC',
  'always EIO',
  'always ENOSPC',
] as const;

/**
 * Killed before, after or in the middle of the call; the call fails once; from there on every call fails that changes
 * something, or needs room.
 */
export type Fault = (typeof faults)[number];

/** A call at which something is to go wrong. */
export interface Point {
  at: number;
  fault: Fault;
  /** Function and path, with random parts taken out. */
  call: string;
}

/** Every fault that makes sense at each of the calls that a clean run made. */
export function pointsOf(calls: readonly string[]): Point[] {
  const points: Point[] = [];
  for (const [i, line] of calls.entries()) {
    const [name = ''] = line.split(' ');
    for (const fault of faults)
      if (makesSense(fault, name, i === calls.length - 1))
        points.push({ at: i + 1, fault, call: anonymous(line) });
  }
  return points;
}

function makesSense(fault: Fault, name: string, isLast: boolean): boolean {
  // Otherwise it is one before the next call.
  if (fault === 'after kill') return isLast;
  const reads = /^(read|openSync\(r\))/.test(name);
  // A kill there is one at the change before or after it.
  if (reads) return fault === 'once EIO';
  if (fault === 'torn kill') return name === 'writeSync' || name === 'rmSync';
  // What only takes away needs no room.
  if (fault === 'once ENOSPC') return !/^(rm|unlink|fch)/.test(name);
  return true;
}

/** Random names and hashes differ from run to run. */
export const anonymous = (path: string): string => path.replace(/[0-9a-f]{8,}/g, '*');

/** So many of them, evenly, and always the first and the last. */
export function sampled<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  const step = (all.length - 1) / Math.max(count - 1, 1);
  return Array.from({ length: count }, (_, i) => all[Math.round(i * step)]!);
}
