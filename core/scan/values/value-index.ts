import { encodedForms } from './encoded-forms.ts';
import { WindowTable, isWordAt } from './window-table.ts';

/** Where a known value stands. Offsets are bytes of the text that was searched. */
export interface ValueMatch<Label> {
  label: Label;
  offset: number;
  length: number;
}

interface Entry<Label> {
  label: Label;
  form: Buffer;
  /** Where in the form its window begins. */
  at: number;
  isWord: boolean;
}

/** Nobody chooses the texts by this: the values are in memory, and each match is compared. */
const multiplier = 0x01000193;

/** Finds any of many known values in texts, as they are or encoded. Holds the values in memory. */
export class ValueIndex<Label> {
  readonly #table = new WindowTable<Entry<Label>>(multiplier);

  /** Adds a value; one of less than six bytes is not looked for. @returns whether it is */
  add(value: Uint8Array, label: Label): boolean {
    const forms = encodedForms(value);
    for (const { bytes, isWord } of forms) {
      const { at, window } = this.#table.rarest(bytes);
      this.#table.add(window, { label, form: bytes, at, isWord });
    }
    return forms.length > 0;
  }

  /** All places of all values, in order. */
  find(text: Uint8Array): ValueMatch<Label>[] {
    const found: ValueMatch<Label>[] = [];
    this.#table.visit(text, ({ label, form, at, isWord }, start) => {
      const offset = start - at;
      const end = offset + form.length;
      if (offset < 0 || end > text.length || form.compare(text, offset, end) !== 0) return;
      if (isWord && !isWordAt(text, offset, end)) return;
      found.push({ label, offset, length: form.length });
    });
    return found.sort((a, b) => a.offset - b.offset);
  }
}
