import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { EdgesealError } from '../errors.ts';
import { codeOf } from './file.ts';
import type { GitLimits } from './limits.ts';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  type: ObjectType;
  bytes: Buffer;
}

/** Object types by their number in a pack; 6 and 7 are deltas. */
export const PACK_TYPES: readonly (ObjectType | undefined)[] = [
  undefined,
  'commit',
  'tree',
  'blob',
  'tag',
];

/** Git's SHA-1 name of an object: 20 bytes. An address, not a proof: SHA-256 decides about content. */
export function objectId(type: ObjectType, bytes: Uint8Array): Buffer {
  return createHash('sha1')
    .update(`${type} ${String(bytes.length)}\0`)
    .update(bytes)
    .digest();
}

/** Bound on an object's inflated size. */
export function sizeLimit(type: ObjectType, limits: GitLimits): number {
  return type === 'tree' ? limits.maxTree : limits.maxBlob;
}

/** @throws EdgesealError `git-limit` if the object is larger than its type may be */
export function checkSize(type: ObjectType, size: number, limits: GitLimits): void {
  const max = sizeLimit(type, limits);
  if (size > max) {
    throw new EdgesealError(
      'git-limit',
      `a ${type} of ${String(size)} bytes; at most ${String(max)}`,
    );
  }
}

/** Most bytes of zlib data for `size` bytes that we read; an honest deflater needs far fewer. */
export function deflatedBound(size: number): number {
  return 2 * size + 1024;
}

/**
 * Inflates one zlib stream that must hold exactly `size` bytes; what follows it in `input` is ignored.
 *
 * @returns the bytes and how much of `input` the stream took
 * @throws EdgesealError `git-object` if it is damaged, truncated, longer or shorter
 */
export function inflateExact(input: Uint8Array, size: number): { bytes: Buffer; used: number } {
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    // One byte over: a stream that goes on past its size shows, and costs one chunk, not its bomb.
    result = inflateSync(input, {
      info: true,
      chunkSize: Math.max(64, size + 1),
      maxOutputLength: size + 1,
    }) as unknown as typeof result;
  } catch (cause) {
    if (codeOf(cause) === undefined) throw cause;
    throw new EdgesealError('git-object', 'an object is damaged or longer than it says', { cause });
  }
  if (result.buffer.length !== size) {
    throw new EdgesealError('git-object', 'an object is not as long as it says');
  }
  return { bytes: result.buffer, used: result.engine.bytesWritten };
}
