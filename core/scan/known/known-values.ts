import type { ScanFinding } from '../finding.ts';
import { Places } from '../place.ts';
import { encodedForms } from '../values/encoded-forms.ts';
import { WindowTable, isWordAt, windowBytes } from '../values/window-table.ts';
import type { Fingerprint, KnownEntry, KnownPart } from './known-file.ts';
import type { KnownKey } from './known-key.ts';
import { worthKnowing } from './worth-knowing.ts';

/** Finds values again that were sealed here, by their fingerprints: it never has the values. */
export class KnownValues {
  readonly #key: KnownKey;
  readonly #table: WindowTable<Fingerprint & { of: KnownEntry }>;
  readonly #values = new Set<string>();

  constructor(key: KnownKey, parts: readonly KnownPart[]) {
    this.#key = key;
    this.#table = new WindowTable(key.multiplier);
    const forgotten = new Set(parts.flatMap((part) => part.forgotten));
    for (const entry of parts.flatMap(({ entries }) => entries)) {
      this.#values.add(nameOf(entry));
      if (!forgotten.has(entry.value)) this.#add(entry);
    }
  }

  /** Whether nothing is there to be found. */
  get isEmpty(): boolean {
    return this.#table.isEmpty;
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
        ...this.#table.rarest(bytes),
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

  /** Every known value in a file, once for each line. */
  find(text: Uint8Array): ScanFinding[] {
    const matches: { at: number; of: KnownEntry }[] = [];
    this.#table.visit(text, (one, start) => {
      const at = start - one.at;
      if (this.#stands(text, at, one)) matches.push({ at, of: one.of });
    });
    const found = new Map<string, ScanFinding>();
    const places = new Places(text);
    // The windows that were seen stand at different places of what they are of.
    for (const { at, of } of matches.sort((a, b) => a.at - b.at)) {
      const { line, column } = places.of(at);
      const id = `${line} ${of.secret} ${of.item}`;
      if (!found.has(id)) found.set(id, findingOf(of, line, column));
    }
    return [...found.values()];
  }

  #add(entry: KnownEntry): void {
    for (const fingerprint of entry.fingerprints)
      this.#table.add(fingerprint.window, { ...fingerprint, of: entry });
  }

  #stands(text: Uint8Array, at: number, { length, tail, isWord, mac }: Fingerprint): boolean {
    const end = at + length;
    if (at < 0 || end > text.length) return false;
    if (this.#key.window(text, end - windowBytes) !== tail) return false;
    if (isWord && !isWordAt(text, at, end)) return false;
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
