/** A part of a file, and how many lines lie before it. */
export interface Window {
  bytes: Buffer;
  lines: number;
  /** Whether it goes on from the file's part before it, a piece of which it has again. */
  isLater: boolean;
}

const windowBytes = 8 * 1024 * 1024;
/** What lies across a cut (a private key of many lines) is whole in one of both parts. */
const overlapBytes = 64 * 1024;

/**
 * {@link windowsOf} for a file that is too large for memory: `read` fills a buffer from where it was, and says how far.
 *
 * @yields parts in memory that is used again for the next one
 */
export async function* windowsOfFile(
  read: (into: Buffer) => Promise<number>,
): AsyncGenerator<Window> {
  const buffer = Buffer.alloc(windowBytes + overlapBytes);
  let kept = 0;
  let lines = 0;
  for (let isLater = false; ; isLater = true) {
    let length = kept;
    while (length < buffer.length) {
      const count = await read(buffer.subarray(length));
      if (count === 0) break;
      length += count;
    }
    if (isLater && length === kept) return;
    yield { bytes: buffer.subarray(0, length), lines, isLater };
    if (length < buffer.length) return;
    const next = lineStart(buffer, length - overlapBytes, length) ?? length - overlapBytes;
    lines += countLines(buffer, 0, next);
    kept = length - next;
    buffer.copyWithin(0, next, length);
  }
}

/** A large file in parts, cut at line ends where there are any, so that memory and time do not grow faster than the file. */
export function* windowsOf(bytes: Buffer): Generator<Window> {
  let start = 0;
  let lines = 0;
  for (;;) {
    const isLast = bytes.length - start <= windowBytes + overlapBytes;
    const end = isLast ? bytes.length : start + windowBytes;
    yield { bytes: bytes.subarray(start, end), lines, isLater: start > 0 };
    if (isLast) return;
    const next = lineStart(bytes, end - overlapBytes, end) ?? end - overlapBytes;
    lines += countLines(bytes, start, next);
    start = next;
  }
}

function lineStart(bytes: Buffer, from: number, to: number): number | undefined {
  const at = bytes.indexOf(10, from);
  return at >= 0 && at + 1 < to ? at + 1 : undefined;
}

/** Line ends in a part of a file. */
export function countLines(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(10, from); at >= 0 && at < to; at = bytes.indexOf(10, at + 1)) {
    count += 1;
  }
  return count;
}
