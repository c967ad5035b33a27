/** Shorter words are not taken for random ones. */
export const shortestRun = 14;

const isRunByte = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.~%')
  isRunByte[char.charCodeAt(0)] = 1;

/** Stretches of at least 14 bytes that values are written with, in order. */
export class Runs {
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  /** Whether one of them touches a range. A binary search. */
  touches(from: number, to: number): boolean {
    let low = 0;
    let high = this.ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ends[middle] as number) > from) high = middle;
      else low = middle + 1;
    }
    return low < this.starts.length && (this.starts[low] as number) < to;
  }
}

/**
 * Finds stretches of letters, digits and the signs of base64 and URLs that hold a digit or are long. Looks at one byte in
 * fourteen of a text of short words, as Boyer and Moore do: where that one ends a word, nothing before it is long enough.
 */
export function longRuns(bytes: Uint8Array): Runs {
  const runs = new Runs();
  const { length } = bytes;
  let free = 0;
  while (free + shortestRun <= length) {
    let at = free + shortestRun - 1;
    while (at >= free && isRunByte[bytes[at] as number] === 1) at -= 1;
    if (at >= free) {
      free = at + 1;
      continue;
    }
    let end = free + shortestRun;
    while (end < length && isRunByte[bytes[end] as number] === 1) end += 1;
    if (end - free >= 32 || hasDigit(bytes, free, end)) {
      runs.starts.push(free);
      runs.ends.push(end);
    }
    free = end + 1;
  }
  return runs;
}

function hasDigit(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 48 && byte <= 57) return true;
  }
  return false;
}
