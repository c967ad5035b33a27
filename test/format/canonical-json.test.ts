import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalBytes,
  canonicalJson,
  parseCanonicalJson,
} from '../../core/format/canonical-json.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { bare, json } from './arbitrary.ts';
import { thrownBy } from './thrown.ts';

const parse = (text: string): Json => parseCanonicalJson(new TextEncoder().encode(text), 'index');

describe('canonicalJson', () => {
  it('sorts keys by UTF-16 code units, as the example of RFC 8785 section 3.2.3 does', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(canonicalJson(value)) as object)).toStrictEqual([
      'One',
      'Carriage Return',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('sorts numeric keys as strings', () => {
    expect(canonicalJson({ 9: 1, 10: 2 })).toBe('{"10":2,"9":1}');
  });

  it('escapes as RFC 8785 section 3.2.2.2 does', () => {
    expect(canonicalJson('€$\u000f\nA\'B"\\/\u007f\u2028')).toBe(
      '"€$\\u000f\\nA\'B\\"\\\\/\u007f\u2028"',
    );
  });

  it.each([
    ['a fraction', 1.5],
    ['minus zero', -0],
    ['infinity', Infinity],
    ['not a number', NaN],
    ['an unsafe integer', 2 ** 53],
    ['a lone surrogate', 'a\ud800'],
    ['a lone surrogate as a key', { '\udc00': 1 }],
    ['undefined', undefined],
    ['undefined in a map', { a: undefined }],
    ['a hole', Array(1)],
    ['a Date', new Date(0)],
    ['bytes', new Uint8Array(2)],
    ['a function', () => 1],
    ['a bigint', 1n],
  ])('refuses %s', (_what, value) => {
    expect(thrownBy(() => canonicalJson(value as Json)).code).toBe('format-canonical');
  });

  it('refuses a cycle', () => {
    const cycle: Json[] = [];
    cycle.push(cycle);
    expect(thrownBy(() => canonicalJson(cycle)).code).toBe('format-canonical');
  });
});

describe('parseCanonicalJson', () => {
  it('gives back what was written, without prototypes', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(parseCanonicalJson(canonicalBytes(value), 'value')).toStrictEqual(bare(value));
      }),
    );
  });

  it('keeps __proto__ as an ordinary key', () => {
    const value = parse('{"__proto__":{"polluted":1}}') as Record<string, Json>;
    expect(Object.keys(value)).toStrictEqual(['__proto__']);
    expect(value['polluted']).toBeUndefined();
  });

  it.each([
    ['whitespace', '{"a": 1}'],
    ['a final newline', '{"a":1}\n'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['keys out of order', '{"b":1,"a":2}'],
    ['a duplicate key', '{"a":1,"a":1}'],
    ['a duplicate __proto__', '{"__proto__":1,"__proto__":1}'],
    ['an exponent', '{"a":1e2}'],
    ['a fraction', '{"a":1.0}'],
    ['minus zero', '{"a":-0}'],
    ['a number beyond 2^53', '{"a":9007199254740993}'],
    ['infinity', '{"a":1e400}'],
    ['a needless escape', '{"\\u0061":1}'],
    ['an escaped slash', '{"a":"\\/"}'],
    ['upper-case hexadecimal', '{"a":"\\u000F"}'],
    ['an escaped lone surrogate', '{"a":"\\ud800"}'],
    ['something after the value', '{"a":1}{}'],
    ['nothing', ''],
    ['what is not JSON', '{"password":hunter2}'],
    ['depth', '['.repeat(33) + ']'.repeat(33)],
    ['depth that would end the stack', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['open depth', '['.repeat(200_000)],
  ])('refuses %s', (_what, text) => {
    const error = thrownBy(() => parse(text));
    expect(error.code).toBe('format-canonical');
    expect(error.message).toContain('index');
    expect(`${error.message} ${error.hint ?? ''} ${String(error.cause)}`).not.toContain('hunter2');
  });

  it.each([
    ['a byte of Latin-1', [0x22, 0xe9, 0x22]],
    ['an overlong form', [0x22, 0xc1, 0xa1, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut sequence', [0x22, 0xe2, 0x82]],
  ])('refuses %s', (_what, bytes) => {
    const error = thrownBy(() => parseCanonicalJson(new Uint8Array(bytes), 'index'));
    expect(error.code).toBe('format-canonical');
    expect(error.message).toContain('UTF-8');
  });

  it('accepts 32 levels', () => {
    const text = '['.repeat(32) + ']'.repeat(32);
    expect(canonicalJson(parse(text))).toBe(text);
  });
});
