import { bigrams } from './bigrams.ts';
import { classes, classOf, sizeOf } from './character.ts';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Bits that a character costs after another one, in words and names as people write them. */
let costs: Float32Array | undefined;

function costTable(): Float32Array {
  const table = new Float32Array(classes * classes);
  for (let at = 0; at < table.length; at += 1)
    table[at] = digits.indexOf(bigrams.charAt(at)) / 4 + Math.log2(sizeOf(at % classes));
  return table;
}

/**
 * How much better a text is explained by dice than by a person, in bits a character: the logarithm of the likelihood of
 * its pairs of characters if they are drawn evenly from its alphabet, less that in words and names (`bigrams`).
 *
 * Random values of 16 characters have a median of 1.8 (hex) to 2.5 (letters), and 99 of 100 are above 0.5; of 5,300 names,
 * paths and words of at least 16 characters in a part of Kubernetes that the table was not made from, half are below -1.1
 * and 99 of 100 below 0.6 (0.03 from 20 characters on), and what lies above are addresses, digests and numbers.
 */
export function randomness(text: string): number {
  if (text.length < 2) return 0;
  costs ??= costTable();
  const fair = Math.log2(alphabetSize(text));
  let sum = 0;
  let before = classOf(text.charCodeAt(0));
  for (let at = 1; at < text.length; at += 1) {
    const after = classOf(text.charCodeAt(at));
    sum += (costs[before * classes + after] as number) - fair;
    before = after;
  }
  return sum / (text.length - 1);
}

/** Between the two populations that {@link randomness} speaks of. */
const randomFrom = 0.5;

/** A part of a value that is random makes it so: `live_3f9a...`, `user:3f9a...`. */
const longParts = /[0-9a-f]{24,}|[0-9A-F]{24,}|[A-Za-z0-9+=]{16,}/g;

/**
 * Whether a value looks drawn at random: not as words are, not repeated, not counted up.
 *
 * @param value ASCII; padding (`=`) and the dashes of a UUID count for nothing
 */
export function looksRandom(value: string): boolean {
  const text = bare(value);
  if (isRandomPart(text)) return true;
  const parts = text.match(longParts) ?? [];
  return parts.some((part) => part.length < text.length && isRandomPart(part));
}

function isRandomPart(text: string): boolean {
  if (text.length < 10 || /^[0-9]+$/.test(text)) return false;
  return !isMonotonous(text) && randomness(text) >= randomFrom;
}

function bare(value: string): string {
  const text = value.replace(/=+$/, '');
  return isUuid(text) ? text.replaceAll('-', '') : text;
}

/** RFC 9562, in either case. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}

/**
 * Whether a text is made of few characters, of neighbours (`abcdef`, `4321`, `000`), or of one piece again and again.
 * Of random hex of 16 digits, two of a thousand are taken for that.
 */
export function isMonotonous(text: string): boolean {
  let neighbours = 0;
  for (let at = 1; at < text.length; at += 1) {
    if (Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) <= 1) neighbours += 1;
  }
  if (neighbours * 2 > text.length - 1) return true;
  const distinct = new Set(text).size;
  if (distinct < Math.min(7, text.length / 2)) return true;
  return hasPeriod(text);
}

/** Whether the text is a piece, said at least twice. By the lengths of borders (Knuth, Morris and Pratt), linear. */
function hasPeriod(text: string): boolean {
  const borders = new Uint32Array(text.length);
  let border = 0;
  for (let at = 1; at < text.length; at += 1) {
    while (border > 0 && text.charCodeAt(at) !== text.charCodeAt(border))
      border = borders[border - 1] as number;
    if (text.charCodeAt(at) === text.charCodeAt(border)) border += 1;
    borders[at] = border;
  }
  return (text.length - border) * 2 <= text.length;
}

function alphabetSize(text: string): number {
  if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(text)) return 16;
  let size = 0;
  if (/[a-z]/.test(text)) size += 26;
  if (/[A-Z]/.test(text)) size += 26;
  if (/[0-9]/.test(text)) size += 10;
  if (/[^A-Za-z0-9]/.test(text)) size += 4;
  return Math.max(size, 10);
}
