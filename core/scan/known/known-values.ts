import type { ScanFinding } from '../finding.ts';
import { encodedForms } from '../values/encoded-forms.ts';
import type { Fingerprint, KnownEntry, KnownPart } from './known-file.ts';
import { windowBytes } from './known-key.ts';
import type { KnownKey } from './known-key.ts';
import { worthKnowing } from './worth-knowing.ts';

const filterBits = 20;

/** Entries of one sealed item, by the key: what is kept so that its value is known again. None for what is short or common. */
export function entriesOf(
  key: KnownKey,
  secret: string,
  item: string,
  value: Uint8Array,
): KnownEntry[] {
  return worthKnowing(item, value).map((part) => ({
    secret,
    item,
    value: key.mac(part).toString('base64'),
    fingerprints: encodedForms(part).map(({ bytes, isWord }) => ({
      head: key.window(bytes, 0),
      tail: key.window(bytes, bytes.length - windowBytes),
      length: bytes.length,
      isWord,
      mac: key.mac(bytes),
    })),
  }));
}

/** Finds values again that were sealed here, by their fingerprints: it never has the values. */
export class KnownValues {
  readonly #key: KnownKey;
  readonly #filter = new Uint8Array(1 << (filterBits - 3));
  readonly #byHead = new Map<number, (Fingerprint & { of: KnownEntry })[]>();
  readonly #values = new Set<string>();
  /** For each byte, what it contributed once it leaves the window. */
  readonly #leaving = new Int32Array(256);

  constructor(key: KnownKey, parts: readonly KnownPart[]) {
    this.#key = key;
    const forgotten = new Set(parts.flatMap((part) => part.forgotten));
    for (const entry of parts.flatMap(({ entries }) => entries)) {
      this.#values.add(nameOf(entry));
      if (!forgotten.has(entry.value)) this.#add(entry);
    }
    let power = 1;
    for (let i = 0; i < windowBytes; i += 1) power = Math.imul(power, key.multiplier);
    for (let byte = 0; byte < 256; byte += 1) this.#leaving[byte] = Math.imul(power, byte);
  }

  /** Whether nothing is there to be found. */
  get isEmpty(): boolean {
    return this.#byHead.size === 0;
  }

  /** Whether the value of this item is known already. */
  has(entry: KnownEntry): boolean {
    return this.#values.has(nameOf(entry));
  }

  /** Every known value in a file, once for each line. Linear in the length: a hash that rolls, and a filter before all else. */
  find(text: Uint8Array): ScanFinding[] {
    const found = new Map<string, ScanFinding>();
    const lines = new Lines(text);
    const { multiplier } = this.#key;
    const filter = this.#filter;
    let hash = 0;
    for (let end = 0; end < text.length; end += 1) {
      hash = (Math.imul(hash, multiplier) + (text[end] ?? 0)) | 0;
      if (end >= windowBytes)
        hash = (hash - (this.#leaving[text[end - windowBytes] ?? 0] ?? 0)) | 0;
      if (end < windowBytes - 1) continue;
      const bit = mixed(hash) >>> (32 - filterBits);
      if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      const at = end - windowBytes + 1;
      for (const one of this.#byHead.get(hash) ?? []) {
        if (!this.#stands(text, at, one)) continue;
        const { line, column } = lines.place(at);
        const id = `${line} ${one.of.secret} ${one.of.item}`;
        if (!found.has(id)) found.set(id, findingOf(one.of, line, column));
      }
    }
    return [...found.values()];
  }

  #add(entry: KnownEntry): void {
    for (const fingerprint of entry.fingerprints) {
      const { head } = fingerprint;
      const known = this.#byHead.get(head) ?? [];
      known.push({ ...fingerprint, of: entry });
      this.#byHead.set(head, known);
      const bit = mixed(head) >>> (32 - filterBits);
      this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }

  #stands(text: Uint8Array, at: number, { length, tail, isWord, mac }: Fingerprint): boolean {
    const end = at + length;
    if (end > text.length || this.#key.window(text, end - windowBytes) !== tail) return false;
    if (isWord && (isLetterOrDigit(text[at - 1]) || isLetterOrDigit(text[end]))) return false;
    return this.#key.mac(text.subarray(at, end)).equals(mac);
  }
}

function nameOf({ secret, item, value }: KnownEntry): string {
  return `${secret} ${item} ${value}`;
}

function findingOf({ secret, item, value }: KnownEntry, line: number, column: number): ScanFinding {
  const message = `the value of ${item} in ${secret}, which is sealed in this repository`;
  return { rule: 'known-value', line, column, message, masked: '****', digest: `known:${value}` };
}

function isLetterOrDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 48 && byte <= 57) || ((byte | 32) >= 97 && (byte | 32) <= 122);
}

/** A polynomial leaves the upper bits poor, and the filter takes these. */
function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (half ^ (half >>> 15)) >>> 0;
}

/** Lines and columns of places that are asked for from the first to the last. */
class Lines {
  readonly #text: Buffer;
  #line = 1;
  #start = 0;

  constructor(text: Uint8Array) {
    this.#text = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  }

  place(at: number): { line: number; column: number } {
    for (let end = this.#text.indexOf(10, this.#start); end >= 0 && end < at;) {
      this.#line += 1;
      this.#start = end + 1;
      end = this.#text.indexOf(10, this.#start);
    }
    // In UTF-16 code units.
    return { line: this.#line, column: this.#text.toString('utf8', this.#start, at).length + 1 };
  }
}
