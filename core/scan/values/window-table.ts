import { shortestForm } from './encoded-forms.ts';

/** Bytes of a window: what a value is looked for by, before anything slower is done. */
export const windowBytes = shortestForm;
const filterBits = 20;
/** Of a text's windows so many are considered. */
const candidates = 40;

/** The rolling hash (Rabin-Karp, a polynomial) of the window that begins at `at`. */
export function windowHash(bytes: Uint8Array, at: number, multiplier: number): number {
  let hash = 0;
  for (let i = at; i < at + windowBytes; i += 1)
    hash = (Math.imul(hash, multiplier) + (bytes[i] ?? 0)) | 0;
  return hash;
}

/**
 * What is looked for, by the hash of one of its windows: found in one pass over a text whatever its number, by a hash that
 * rolls and a filter of a million bits.
 */
export class WindowTable<Entry> {
  readonly #multiplier: number;
  readonly #entries = new Map<number, Entry[]>();
  readonly #filter = new Uint8Array(1 << (filterBits - 3));
  /** For each byte, what it contributed once it leaves the window. */
  readonly #leaving = new Int32Array(256);

  /** @param multiplier odd */
  constructor(multiplier: number) {
    this.#multiplier = multiplier;
    let power = 1;
    for (let i = 0; i < windowBytes; i += 1) power = Math.imul(power, multiplier);
    for (let byte = 0; byte < 256; byte += 1) this.#leaving[byte] = Math.imul(power, byte);
  }

  /** Whether nothing is there to be found. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  add(window: number, entry: Entry): void {
    const known = this.#entries.get(window) ?? [];
    known.push(entry);
    this.#entries.set(window, known);
    const bit = mixed(window) >>> (32 - filterBits);
    this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }

  /** The window that fewest others have: texts that all begin alike would be tried one by one wherever that stands. */
  rarest(text: Uint8Array): { at: number; window: number } {
    const last = Math.min(text.length - windowBytes, candidates);
    let best = { at: 0, window: 0 };
    let fewest = Infinity;
    for (let at = 0; at <= last && fewest > 0; at += 1) {
      const window = windowHash(text, at, this.#multiplier);
      const shared = this.#entries.get(window)?.length ?? 0;
      if (shared >= fewest) continue;
      fewest = shared;
      best = { at, window };
    }
    return best;
  }

  /** Calls `seen` with every entry whose window stands in a text, and where that begins. Linear in the length. */
  visit(text: Uint8Array, seen: (entry: Entry, at: number) => void): void {
    if (this.isEmpty) return;
    const multiplier = this.#multiplier;
    const filter = this.#filter;
    let hash = 0;
    for (let end = 0; end < text.length; end += 1) {
      hash = (Math.imul(hash, multiplier) + (text[end] ?? 0)) | 0;
      if (end >= windowBytes)
        hash = (hash - (this.#leaving[text[end - windowBytes] ?? 0] ?? 0)) | 0;
      if (end < windowBytes - 1) continue;
      const bit = mixed(hash) >>> (32 - filterBits);
      if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      for (const entry of this.#entries.get(hash) ?? []) seen(entry, end - windowBytes + 1);
    }
  }
}

/** Whether a part of a text is a word of its own: neither a letter nor a digit stands before or behind it. */
export function isWordAt(text: Uint8Array, start: number, end: number): boolean {
  return !isLetterOrDigit(text[start - 1]) && !isLetterOrDigit(text[end]);
}

function isLetterOrDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 48 && byte <= 57) || ((byte | 32) >= 97 && (byte | 32) <= 122);
}

/** A polynomial of a few small numbers leaves the upper bits poor, and the filter takes these. */
function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (half ^ (half >>> 15)) >>> 0;
}
