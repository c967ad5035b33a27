import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueIndex } from '../../../core/scan/values/value-index.ts';

const value = 'made-up/Kn0wn+Value "x"';

function found(text: string | Buffer, ...values: string[]): string[] {
  const index = new ValueIndex<string>();
  for (const one of values) index.add(Buffer.from(one), one);
  return index.find(Buffer.from(text)).map(({ label }) => label);
}

describe('a known value', () => {
  it.each([
    ['as it is', `x ${value} y`],
    ['at the very end', `x ${value}`],
    ['as the whole text', value],
    ['escaped for JSON', JSON.stringify({ a: value })],
    ['percent-encoded', `https://example.com/?q=${encodeURIComponent(value)}&r=1`],
    ['in hex', Buffer.from(value).toString('hex')],
    ['in capital hex', Buffer.from(value).toString('hex').toUpperCase()],
    ['in base64', Buffer.from(value).toString('base64')],
    ['in base64url', Buffer.from(value).toString('base64url')],
  ])('is found %s', (_name, text) => {
    expect(found(text, value)).toContain(value);
  });

  it.each([0, 1, 2, 3, 4, 5])('is found in base64 behind %i other bytes', (count) => {
    const inside = Buffer.concat([randomBytes(count), Buffer.from(value), randomBytes(7)]);
    expect(found(inside.toString('base64'), value)).toContain(value);
  });

  it('is not found with one character changed, wherever that is', () => {
    for (let at = 0; at < value.length; at += 1) {
      const other = `${value.slice(0, at)}#${value.slice(at + 1)}`;
      expect(found(`a ${other} b`, value)).toEqual([]);
    }
  });

  it('is no part of a longer word while it is short', () => {
    expect(found('the password is shortpw1, see', 'shortpw1')).toEqual(['shortpw1']);
    expect(found('notshortpw1 shortpw12', 'shortpw1')).toEqual([]);
  });

  it('of fewer than six bytes is not looked for', () => {
    expect(new ValueIndex().add(Buffer.from('12345'), 'x')).toBe(false);
    expect(found('12345', '12345')).toEqual([]);
  });

  it('is found among thousands that begin alike, each by its own name', () => {
    const values = Array.from({ length: 3000 }, (_, i) => `https://hooks.example/made-up/${i}/end`);
    const text = `${values[17] ?? ''}\n${values[2999] ?? ''}\n`;
    expect(found(text, ...values)).toEqual([values[17], values[2999]]);
  });

  it('is found in random bytes wherever it stands, with the right offset', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 60 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 200 }),
        (secret, before, after) => {
          const index = new ValueIndex<number>();
          index.add(secret, 1);
          const text = Buffer.concat([before, secret, after]);
          expect(index.find(text).map(({ offset }) => offset)).toContain(before.length);
        },
      ),
    );
  });
});
