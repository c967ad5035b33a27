import { encodedForms, shortestForm } from './encoded-forms.ts';

/** Where a known value stands. Offsets are bytes of the text that was searched. */
export interface ValueMatch<Label> {
  label: Label;
  offset: number;
  length: number;
}

interface Entry<Label> {
  label: Label;
  form: Buffer;
  /** Where in the form its fingerprinted window begins. */
  at: number;
  isWord: boolean;
}

const window = shortestForm;
const multiplier = 0x01000193;
/** What the byte that leaves the window has been multiplied by. */
const leaving = power(multiplier, window - 1);
const filterBits = 20;
/** Of a form's windows so many are considered: the one that fewest others share is taken. */
const candidates = 24;

/**
 * Finds any of many known values in texts, as they are or encoded, in one pass whatever their number: a rolling hash of six
 * bytes (Rabin-Karp), a filter of a million bits, and then a comparison. Holds the values in memory.
 */
export class ValueIndex<Label> {
  readonly #entries = new Map<number, Entry<Label>[]>();
  readonly #filter = new Uint8Array(1 << (filterBits - 3));

  /** Adds a value; one of less than six bytes is not looked for. @returns whether it is */
  add(value: Uint8Array, label: Label): boolean {
    const forms = encodedForms(value);
    for (const { bytes, isWord } of forms) {
      const { hash, at } = this.#rarest(bytes);
      const known = this.#entries.get(hash) ?? [];
      known.push({ label, form: bytes, at, isWord });
      this.#entries.set(hash, known);
      const bit = hash >>> (32 - filterBits);
      this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
    return forms.length > 0;
  }

  /** All places of all values, in the order in which they begin to be seen. */
  find(text: Uint8Array): ValueMatch<Label>[] {
    const found: ValueMatch<Label>[] = [];
    if (this.#entries.size === 0) return found;
    let hash = 0;
    for (let end = 0; end < text.length; end += 1) {
      if (end >= window) hash -= Math.imul(text[end - window] ?? 0, leaving);
      hash = (Math.imul(hash, multiplier) + (text[end] ?? 0)) | 0;
      if (end < window - 1) continue;
      const bit = mixed(hash) >>> (32 - filterBits);
      if (((this.#filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      for (const entry of this.#entries.get(mixed(hash)) ?? []) {
        const offset = end - window + 1 - entry.at;
        if (stands(text, offset, entry))
          found.push({ label: entry.label, offset, length: entry.form.length });
      }
    }
    return found;
  }

  /** Values that all begin alike (`https://`, a token's prefix) would otherwise be compared one by one at each of them. */
  #rarest(form: Buffer): { hash: number; at: number } {
    let best = { hash: 0, at: 0 };
    let fewest = Infinity;
    const last = Math.min(form.length - window, candidates);
    for (let at = 0; at <= last && fewest > 0; at += 1) {
      const hash = mixed(hashOf(form, at));
      const shared = this.#entries.get(hash)?.length ?? 0;
      if (shared >= fewest) continue;
      fewest = shared;
      best = { hash, at };
    }
    return best;
  }
}

function stands(
  text: Uint8Array,
  offset: number,
  { form, isWord }: Pick<Entry<unknown>, 'form' | 'isWord'>,
): boolean {
  const end = offset + form.length;
  if (offset < 0 || end > text.length) return false;
  if (form.compare(text, offset, end) !== 0) return false;
  return !isWord || (!isLetterOrDigit(text[offset - 1]) && !isLetterOrDigit(text[end]));
}

function isLetterOrDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 48 && byte <= 57) || ((byte | 32) >= 97 && (byte | 32) <= 122);
}

function hashOf(bytes: Uint8Array, from: number): number {
  let hash = 0;
  for (let at = from; at < from + window; at += 1)
    hash = (Math.imul(hash, multiplier) + (bytes[at] ?? 0)) | 0;
  return hash;
}

/** A polynomial of six small numbers leaves the upper bits poor, and the filter takes these. */
function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (half ^ (half >>> 15)) >>> 0;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i += 1) result = Math.imul(result, base);
  return result;
}
