import { EdgesealError } from '../errors.ts';
import { decodeUtf8 } from './utf8.ts';

/** What all our formats are made of. Numbers are safe integers; see {@link canonicalJson}. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Our deepest format nests 7 levels; the bound keeps recursion far from the end of the stack. */
const MAX_DEPTH = 32;

const encoder = new TextEncoder();

/**
 * Serialises a value as canonical JSON (RFC 8785): keys in UTF-16 code unit order, no whitespace, the shortest
 * escapes. Two narrowings that make other implementations easy: numbers must be safe integers other than -0
 * (so no float formatting is needed), and nesting is at most 32 levels. Every other value is as in RFC 8785.
 *
 * @throws EdgesealError `format-canonical` for other numbers, `undefined`, lone surrogates, objects that are not
 *   plain, and nesting deeper than 32 levels (which a cycle is, too)
 */
export function canonicalJson(value: Json): string {
  return serialize(value, 0);
}

/** The UTF-8 bytes of {@link canonicalJson}: what is signed, hashed, or given as additional data to an AEAD. */
export function canonicalBytes(value: Json): Uint8Array {
  return encoder.encode(canonicalJson(value));
}

/**
 * Reads bytes that must be canonical JSON as {@link canonicalJson} writes it, and nothing else: one value has one
 * encoding, so that a hash of the bytes is a hash of the value. Duplicate keys, whitespace, other orders, other
 * spellings of a number or a string, and a byte order mark are all refused by comparing with what we would write.
 *
 * The caller bounds the size. Objects in the result have no prototype: `__proto__` is an ordinary key.
 *
 * @param what names the input in errors, such as `snapshot`; the content never appears there
 * @throws EdgesealError `format-canonical`
 */
export function parseCanonicalJson(bytes: Uint8Array, what: string): Json {
  const text = decodeUtf8(bytes, what, 'format-canonical');
  let parsed: unknown;
  try {
    // V8 parses JSON without recursion; depth is bounded where our own recursion begins.
    parsed = JSON.parse(text);
  } catch {
    // The engine's message quotes the input, so it is not passed on.
    throw new EdgesealError('format-canonical', `${what} is not JSON`);
  }
  let value: Json;
  let again: string;
  try {
    value = withoutPrototypes(parsed as Json, 0);
    again = canonicalJson(value);
  } catch (error) {
    if (!(error instanceof EdgesealError)) throw error;
    throw new EdgesealError('format-canonical', `${what}: ${error.message}`);
  }
  if (again !== text) {
    throw new EdgesealError('format-canonical', `${what} is JSON, but not in canonical form`, {
      hint: 'it must be RFC 8785: sorted unique keys, no whitespace, no final newline',
    });
  }
  return value;
}

function withoutPrototypes(value: Json, depth: number): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) throw tooDeep();
  if (Array.isArray(value)) return value.map((item) => withoutPrototypes(item, depth + 1));
  const copy = Object.create(null) as { [key: string]: Json };
  for (const key of Object.keys(value))
    copy[key] = withoutPrototypes(value[key] as Json, depth + 1);
  return copy;
}

function serialize(value: Json | undefined, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
        throw new EdgesealError('format-canonical', 'a number is not a safe integer');
      }
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth >= MAX_DEPTH) throw tooDeep();
      return Array.isArray(value) ? serializeArray(value, depth) : serializeObject(value, depth);
    default:
      throw new EdgesealError('format-canonical', `a value of type ${typeof value} is not JSON`);
  }
}

function serializeArray(items: Json[], depth: number): string {
  let text = '[';
  // By index: iteration methods skip holes, and a hole is not JSON.
  for (let i = 0; i < items.length; i += 1) {
    if (i > 0) text += ',';
    text += serialize(items[i], depth + 1);
  }
  return `${text}]`;
}

function serializeObject(object: { [key: string]: Json }, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new EdgesealError('format-canonical', 'an object that is not a plain map is not JSON');
  }
  let text = '{';
  // The default order of sort is the one RFC 8785 section 3.2.3 asks for: by UTF-16 code units.
  for (const key of Object.keys(object).sort()) {
    if (text.length > 1) text += ',';
    text += `${quote(key)}:${serialize(object[key], depth + 1)}`;
  }
  return `${text}}`;
}

function quote(text: string): string {
  // JSON.stringify would turn a lone surrogate into an escape; RFC 8785 section 3.2.2.2 wants an error.
  if (!text.isWellFormed()) {
    throw new EdgesealError('format-canonical', 'a string holds a lone surrogate');
  }
  // Else JSON.stringify escapes exactly as RFC 8785 section 3.2.2.2 prescribes.
  return JSON.stringify(text);
}

function tooDeep(): EdgesealError {
  return new EdgesealError('format-canonical', `nested deeper than ${String(MAX_DEPTH)} levels`);
}
