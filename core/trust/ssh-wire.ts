import { EdgesealError } from '../errors.ts';

/**
 * The wire encoding that SSH keys and signatures share (RFC 4251, section 5): big-endian uint32 and
 * length-prefixed strings. Every byte read here may come from a mirror that lies, so a length is
 * compared with what is left before anything is sliced, and nothing is ever skipped.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #offset = 0;

  /** `what` names the thing being read in errors, such as `ssh signature`. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /** The next `count` bytes, as a view. Throws `format-ssh` when fewer are left. */
  take(count: number): Uint8Array {
    const end = this.#offset + count;
    if (end > this.#bytes.length) this.fail('is cut short');
    const part = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return part;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  uint32(): number {
    const part = this.take(4);
    return new DataView(part.buffer, part.byteOffset, 4).getUint32(0);
  }

  /** An SSH `string`: a uint32 length and that many bytes, as a view. */
  string(): Uint8Array {
    return this.take(this.uint32());
  }

  /** An SSH `string` that has to be printable ASCII, as all names in the formats here are. */
  text(): string {
    const text = Buffer.from(this.string()).toString('latin1');
    if (!/^[\x20-\x7e]*$/.test(text)) this.fail('has a name that is not printable ASCII');
    return text;
  }

  /** Everything not read yet, as a view. */
  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#offset);
  }

  /** Throws `format-ssh` unless everything was read. */
  end(): void {
    if (this.#offset !== this.#bytes.length) this.fail('has trailing bytes');
  }

  fail(problem: string, hint?: string): never {
    throw new EdgesealError('format-ssh', `${this.#what} ${problem}`, { hint });
  }
}

/** The inverse of {@link WireReader.string}: length and bytes; text is taken as UTF-8. */
export function wireString(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * Decodes base64 (RFC 4648, section 4) of which only the one canonical spelling counts: standard
 * alphabet, padded, unused bits zero. Node's decoder skips what it does not know, so encoding the
 * result again is the check. Throws `format-ssh`.
 */
export function wireBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (text === '' || bytes.toString('base64') !== text) {
    throw new EdgesealError('format-ssh', `${what} is not strict base64`);
  }
  return bytes;
}
