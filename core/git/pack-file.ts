import { EdgesealError } from '../errors.ts';
import { RegularFile } from './file.ts';
import type { GitLimits } from './limits.ts';
import { checkSize, deflatedBound, inflateExact, PACK_TYPES } from './object.ts';
import type { ObjectType } from './object.ts';

const WINDOW = 512 * 1024;
const HEADER = 12;
const TRAILER = 20;
/** Type and size, and an offset or a base's id: the most bytes before an entry's zlib data. */
const MAX_ENTRY_HEADER = 40;

/** The head of a pack entry. */
export interface PackEntry {
  /** Undefined for a delta. */
  type: ObjectType | undefined;
  /** Inflated bytes: of the object, or of the delta. */
  size: number;
  dataOffset: number;
  /** Offset of an OFS_DELTA's base. */
  baseOffset: number | undefined;
  /** Object id of a REF_DELTA's base, hex. */
  baseOid: string | undefined;
}

/** Reads entries of a pack (gitformat-pack) by their offset. Knows nothing of an index. */
export class PackFile {
  readonly count: number;
  /** Where the entries end and the trailer starts. */
  readonly end: number;
  readonly #file: RegularFile;
  readonly #limits: GitLimits;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #buffer: Buffer | undefined;

  /** @throws EdgesealError `git-object` for a bad header, `git-limit` for too many objects */
  constructor(path: string, limits: GitLimits) {
    this.#file = new RegularFile(path);
    this.#limits = limits;
    this.end = this.#file.size - TRAILER;
    try {
      this.count = packCount(this.#file.read(0, HEADER), limits);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get path(): string {
    return this.#file.path;
  }

  /** The pack's checksum, as it says. */
  trailer(): Buffer {
    return this.#file.read(this.end, TRAILER);
  }

  entry(offset: number): PackEntry {
    if (offset < HEADER || offset >= this.end) throw damaged('an object outside of its pack');
    const bytes = this.#view(offset, MAX_ENTRY_HEADER);
    let at = 0;
    const byte = (): number => {
      const value = bytes[at++];
      if (value === undefined) throw damaged('a truncated pack');
      return value;
    };
    let next = byte();
    const kind = (next >> 4) & 7;
    let size = next & 15;
    for (let shift = 4; (next & 0x80) !== 0; shift += 7) {
      if (shift > 39) throw damaged('an object header that does not end');
      next = byte();
      size += (next & 0x7f) * 2 ** shift;
    }
    const type = PACK_TYPES[kind];
    let baseOffset: number | undefined;
    let baseOid: string | undefined;
    if (kind === 6) {
      next = byte();
      let distance = next & 0x7f;
      while ((next & 0x80) !== 0) {
        next = byte();
        distance = (distance + 1) * 128 + (next & 0x7f);
        if (distance > offset) break;
      }
      // Only backwards: a delta can then never be its own base, at whatever distance.
      if (distance <= 0 || distance > offset - HEADER)
        throw damaged('a delta base outside of its pack');
      baseOffset = offset - distance;
    } else if (kind === 7) {
      if (bytes.length < at + 20) throw damaged('a truncated pack');
      baseOid = bytes.toString('hex', at, at + 20);
      at += 20;
    } else if (type === undefined) {
      throw damaged('an object of unknown type');
    }
    checkSize(type ?? 'tree', size, this.#limits);
    return { type, size, dataOffset: offset + at, baseOffset, baseOid };
  }

  /** The entry's inflated bytes (of the object or the delta) and the offset behind it. */
  inflate(entry: PackEntry): { bytes: Buffer; end: number } {
    const input = this.#view(entry.dataOffset, deflatedBound(entry.size));
    const { bytes, used } = inflateExact(input, entry.size);
    return { bytes, end: entry.dataOffset + used };
  }

  /** Raw bytes from `start` to `end`, for a checksum. */
  raw(start: number, end: number): Buffer {
    return this.#view(start, end - start);
  }

  close(): void {
    this.#file.close();
  }

  /** Up to `length` bytes of entries at `offset`, without a copy; good until the next call. */
  #view(offset: number, length: number): Buffer {
    const wanted = Math.min(length, this.end - offset);
    const at = offset - this.#windowStart;
    if (at >= 0 && at + wanted <= this.#window.length) {
      return this.#window.subarray(at, at + wanted);
    }
    // One buffer for all windows: the garbage of a 35 MB pack would count as memory of the process.
    this.#buffer ??= Buffer.allocUnsafe(WINDOW);
    const span = Math.min(Math.max(wanted, WINDOW), this.end - offset);
    this.#window = this.#file.read(offset, span, this.#buffer);
    this.#windowStart = offset;
    return this.#window.subarray(0, wanted);
  }
}

/** Checks the 12 bytes that a pack starts with; returns its number of objects. */
export function packCount(header: Buffer, limits: GitLimits): number {
  if (header.length < HEADER || header.toString('latin1', 0, 4) !== 'PACK') {
    throw damaged('not a pack');
  }
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw damaged('a pack of unknown version');
  const count = header.readUInt32BE(8);
  if (count > limits.maxObjects) {
    throw new EdgesealError(
      'git-limit',
      `a pack of ${String(count)} objects; at most ${String(limits.maxObjects)}`,
    );
  }
  return count;
}

function damaged(what: string): EdgesealError {
  return new EdgesealError('git-object', what);
}
