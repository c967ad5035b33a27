const shown = '[secret]';
/** A webhook may answer with a whole object; no message needs more than this. */
const MESSAGE = 4096;
/** Any run of this many characters that is part of a value counts as a part of it. */
const GRAM = 8;
/** Shorter values are taken out only where they stand alone: else `1` would take every digit with it. */
const SHORT = 4;

/**
 * Takes values, and pieces of them, out of what an API server says: admission policies and webhooks see the
 * object, and may quote it. A value counts as it is, in base64, in hex, and as JSON and URLs write it.
 */
export function redact(message: string, values: Iterable<Uint8Array>): string {
  const text = message.slice(0, MESSAGE);
  const hidden = new Uint8Array(text.length);
  const grams = new Map<string, number[]>();
  for (let i = 0; i + GRAM <= text.length; i += 1) {
    const gram = text.slice(i, i + GRAM);
    const places = grams.get(gram);
    if (places === undefined) grams.set(gram, [i]);
    else places.push(i);
  }
  for (const value of values) {
    for (const form of formsOf(value)) {
      if (form.length < GRAM) hideShort(text, form, hidden);
      else
        for (let i = 0; i + GRAM <= form.length; i += 1)
          for (const at of grams.get(form.slice(i, i + GRAM)) ?? []) hidden.fill(1, at, at + GRAM);
    }
  }
  return render(text, hidden);
}

function formsOf(value: Uint8Array): Set<string> {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  const text = bytes.toString('utf8');
  const json = JSON.stringify(text).slice(1, -1);
  const forms = [text, text.trim(), json, bytes.toString('base64'), bytes.toString('hex')];
  forms.push(encodeURIComponent(text.toWellFormed()));
  return new Set(forms.filter((form) => form !== ''));
}

function hideShort(text: string, form: string, hidden: Uint8Array): void {
  const isWord = (character: string | undefined): boolean => /[\p{L}\p{N}]/u.test(character ?? '');
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
    const end = at + form.length;
    if (form.length < SHORT && (isWord(text[at - 1]) || isWord(text[end]))) continue;
    hidden.fill(1, at, end);
  }
}

function render(text: string, hidden: Uint8Array): string {
  let out = '';
  for (let i = 0; i < text.length; i += 1) {
    if (hidden[i] === 0) out += text.charAt(i);
    else if (hidden[i - 1] !== 1) out += shown;
  }
  return out;
}
