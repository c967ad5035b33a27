import type { ScanFinding } from '../finding.ts';
import { encodedForms } from '../values/encoded-forms.ts';
import type { Fingerprint, KnownEntry, KnownPart } from './known-file.ts';
import { windowBytes } from './known-key.ts';
import type { KnownKey } from './known-key.ts';
import { worthKnowing } from './worth-knowing.ts';

const filterBits = 20;
/** Of a form's windows so many are considered. */
const candidates = 40;

/** Finds values again that were sealed here, by their fingerprints: it never has the values. */
export class KnownValues {
  readonly #key: KnownKey;
  readonly #filter = new Uint8Array(1 << (filterBits - 3));
  readonly #byWindow = new Map<number, (Fingerprint & { of: KnownEntry })[]>();
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
    return this.#byWindow.size === 0;
  }

  /**
   * Takes the fingerprints of a sealed item's value, and finds it from now on.
   *
   * @returns what is to be kept; nothing for what is known already, short or common
   */
  learn(secret: string, item: string, value: Uint8Array): KnownEntry[] {
    const learnt: KnownEntry[] = [];
    for (const part of worthKnowing(item, value)) {
      const entry: KnownEntry = {
        secret,
        item,
        value: this.#key.mac(part).toString('base64'),
        fingerprints: [],
      };
      if (this.#values.has(nameOf(entry))) continue;
      entry.fingerprints = encodedForms(part).map(({ bytes, isWord }) => ({
        ...this.#rarest(bytes),
        tail: this.#key.window(bytes, bytes.length - windowBytes),
        length: bytes.length,
        isWord,
        mac: this.#key.mac(bytes),
      }));
      this.#values.add(nameOf(entry));
      this.#add(entry);
      learnt.push(entry);
    }
    return learnt;
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
      for (const one of this.#byWindow.get(hash) ?? []) {
        const at = end - windowBytes + 1 - one.at;
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
      const { window } = fingerprint;
      const known = this.#byWindow.get(window) ?? [];
      known.push({ ...fingerprint, of: entry });
      this.#byWindow.set(window, known);
      const bit = mixed(window) >>> (32 - filterBits);
      this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }

  /** The window that fewest others have: values that all begin alike would be tried one by one wherever that stands. */
  #rarest(form: Buffer): { at: number; window: number } {
    const last = Math.min(form.length - windowBytes, candidates);
    let best = { at: 0, window: 0 };
    let fewest = Infinity;
    for (let at = 0; at <= last && fewest > 0; at += 1) {
      const window = this.#key.window(form, at);
      const shared = this.#byWindow.get(window)?.length ?? 0;
      if (shared >= fewest) continue;
      fewest = shared;
      best = { at, window };
    }
    return best;
  }

  #stands(text: Uint8Array, at: number, { length, tail, isWord, mac }: Fingerprint): boolean {
    const end = at + length;
    if (at < 0 || end > text.length) return false;
    if (this.#key.window(text, end - windowBytes) !== tail) return false;
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
