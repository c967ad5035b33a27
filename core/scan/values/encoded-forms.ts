/** One way in which a value may stand in a text. */
export interface EncodedForm {
  bytes: Buffer;
  /** Whether it only counts between characters that are neither letters nor digits: short, and as it is. */
  isWord: boolean;
}

/** Shorter texts stand everywhere by chance. In bytes. */
export const shortestForm = 6;
const shortestEncoded = 8;
/** A value this long is no word of some other text. */
const longWord = 16;

/**
 * The ways in which a value is met outside of its Secret: as it is, escaped for JSON or YAML, percent-encoded, in hex,
 * and in base64 at each of the three places where it can begin inside of a longer encoded text (RFC 4648).
 *
 * @returns forms of at least 6 bytes, each once; none for a shorter value
 */
export function encodedForms(value: Uint8Array): EncodedForm[] {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.length < shortestForm) return [];
  const forms = new Map<string, EncodedForm>();
  const add = (form: Buffer, isWord: boolean): void => {
    if (form.length >= shortestForm) forms.set(form.toString('latin1'), { bytes: form, isWord });
  };
  const text = asText(bytes);
  if (text !== undefined) {
    for (const written of [
      JSON.stringify(text).slice(1, -1),
      text.replaceAll("'", "''"),
      percentEncoded(text),
    ])
      add(Buffer.from(written), bytes.length < longWord);
  }
  add(Buffer.from(bytes.toString('hex')), false);
  add(Buffer.from(bytes.toString('hex').toUpperCase()), false);
  for (const shift of [0, 1, 2]) {
    const form = base64Inside(bytes, shift);
    if (form.length < shortestEncoded) continue;
    add(Buffer.from(form), false);
    add(Buffer.from(form.replaceAll('+', '-').replaceAll('/', '_')), false);
  }
  // Last, so that a form which is the same as the bare value has the bare value's rule.
  add(bytes, bytes.length < longWord);
  return [...forms.values()];
}

/** Only the characters of base64 that the value alone decides, when it begins `shift` bytes into a group of three. */
function base64Inside(value: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), value]).toString('base64');
  return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + value.length) * 8) / 6));
}

function asText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function percentEncoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half of a surrogate pair: no percent encoding has it.
    return text;
  }
}
