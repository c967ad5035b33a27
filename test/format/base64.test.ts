import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBase64,
  decodeBase64Url,
  encodeBase64,
  encodeBase64Url,
} from '../../core/format/base64.ts';
import { isHex, toHex } from '../../core/format/hex.ts';
import { thrownBy } from './thrown.ts';

describe('base64', () => {
  // RFC 4648 section 10.
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foobar', 'Zm9vYmFy'],
  ])('knows the test vector %j', (plain, encoded) => {
    expect(encodeBase64(new TextEncoder().encode(plain))).toBe(encoded);
    expect(new TextDecoder().decode(decodeBase64(encoded, 'vector'))).toBe(plain);
  });

  it('gives every byte string back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeBase64(encodeBase64(bytes), 'bytes')).toStrictEqual(bytes);
        expect(decodeBase64Url(encodeBase64Url(bytes), 'bytes')).toStrictEqual(bytes);
      }),
    );
  });

  it('accepts a text only if it is the encoding of what it decodes to', () => {
    const text = fc.string({
      unit: fc.constantFrom(...Array.from('AZaz09+/-_=\n é')),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, (candidate) => {
        let bytes: Uint8Array;
        try {
          bytes = decodeBase64(candidate, 'text');
        } catch {
          return;
        }
        expect(encodeBase64(bytes)).toBe(candidate);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['no padding', 'Zg'],
    ['half the padding', 'Zg='],
    ['too much padding', 'Zm9v===='],
    ['padding inside', 'Zg==Zg=='],
    ['unused bits set', 'Zh=='],
    ['the alphabet for URLs', 'u-_7'],
    ['a line break at the end', 'Zm9v\n'],
    ['a space', 'Zm 9v'],
    ['a character beyond ASCII', 'Zm9é'],
    ['a character whose low byte is a digit of base64', 'Zm9\u0176'],
    ['one digit', 'Z'],
  ])('refuses %s', (_what, text) => {
    const error = thrownBy(() => decodeBase64(text, 'spec.data.password'));
    expect(error.code).toBe('format-base64');
    expect(error.message).toContain('spec.data.password');
    expect(error.message).not.toContain(text);
  });

  it.each([
    ['padding', 'Zg=='],
    ['the standard alphabet', 'u+/7'],
    ['unused bits set', 'Zh'],
  ])('refuses %s in the form for URLs', (_what, text) => {
    expect(thrownBy(() => decodeBase64Url(text, 'key')).code).toBe('format-base64');
  });

  it('returns memory that nobody shares', () => {
    const bytes = decodeBase64('Zm9vYmFy', 'value');
    expect(bytes.buffer.byteLength).toBe(6);
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  });
});

describe('hex', () => {
  it('is lower case and of the length asked for', () => {
    expect(toHex(new Uint8Array([0, 171, 255]))).toBe('00abff');
    expect(isHex('00abff', 6)).toBe(true);
    for (const wrong of ['00ABFF', '00abf', '00abfff', '00abfg', '00abf\n']) {
      expect(isHex(wrong, 6)).toBe(false);
    }
  });

  it('encodes a view, not the buffer behind it', () => {
    expect(toHex(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe('0203');
    expect(encodeBase64(new Uint8Array([0, 102, 0]).subarray(1, 2))).toBe('Zg==');
  });
});
