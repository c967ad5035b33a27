import { describe, expect, it } from 'vitest';
import { assignments } from '../../../core/scan/tokens/assignments/assignments.ts';
import { encodedPieces } from '../../../core/scan/tokens/encoded/pieces.ts';
import { TokenSource } from '../../../core/scan/tokens/source.ts';
import { TokenScanner } from '../../../core/scan/tokens/token-scanner.ts';

// All values here are made up.
const acme = {
  id: 'acme-token',
  title: 'an acme token',
  source: 'this test',
  keywords: ['acme_'],
  pattern: /\bacme_[a-z0-9]{16}\b/dg,
  shown: 5,
};
const scanner = new TokenScanner([acme], [assignments]);
const secret = 'acme_k4x9q2w7zp5m8r3t';
const config = `server: example\nacme: ${secret}\n`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const hex = (text: string): string => Buffer.from(text).toString('hex');
const percent = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const wrapped = (text: string): string => (base64(text).match(/.{1,64}/g) ?? []).join('\n    ');

describe('a token is found in', () => {
  it.each([
    ['base64', base64],
    ['base64url', base64url],
    ['hex', hex],
    ['hex in capitals', (text: string): string => hex(text).toUpperCase()],
    ['percent encoding', percent],
    ['a URL', encodeURIComponent],
    ['base64 of base64', (text: string): string => base64(base64(text))],
    ['hex of base64', (text: string): string => hex(base64(text))],
    ['base64 of hex', (text: string): string => base64(hex(text))],
    ['base64 in a URL', (text: string): string => encodeURIComponent(base64(text))],
    ['base64 in lines', (text: string): string => wrapped(`${'# made up\n'.repeat(20)}${text}`)],
    ['UTF-16', (text: string): string => Buffer.from(text, 'utf16le').toString('base64')],
  ])('%s', (_, encode) => {
    const text = `x:\n  data: "${encode(config)}"\n`;
    const [found, ...others] = scanner.scan(text, {
      path: 'a.yaml',
      digest: (value) => Buffer.from(value).toString(),
    });
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      rule: 'acme-token',
      line: 2,
      masked: 'acme_****',
      digest: secret,
    });
  });

  it('the places that they stand in, each', () => {
    const text = `a: ${base64(config)}\nb: ${base64('nothing to be found in here')}\nc: ${hex(config)} ${secret}`;
    const found = scanner.scan(text, { path: '' });
    expect(found.map(({ line, column }) => `${line}:${column}`)).toEqual(['1:4', '3:4', '3:93']);
    expect(text.slice(found[0]!.start, found[0]!.end)).toBe(base64(config).replace(/=+$/, ''));
  });
});

it('a password is found in what is encoded', () => {
  const found = scanner.scan(`x: ${base64('user=app\npassword=Gr4nite!Kettle7\n')}`, {
    path: 'a.go',
  });
  expect(found).toMatchObject([{ rule: 'password-assignment', line: 1, column: 4 }]);
});

it('three encodings deep is too deep', () => {
  expect(scanner.scan(base64(base64(base64(config))), { path: '' })).toEqual([]);
});

it('what is decoded is not longer than what it was decoded from, for each encoding', () => {
  const texts = [
    base64('text '.repeat(5000)),
    hex('text '.repeat(5000)),
    percent('text '.repeat(5000)),
    `${base64('text of some length, ')}.`.repeat(2000),
    `${base64('x'.repeat(60))}\n`.repeat(800),
    `${hex('some text of letters')} `.repeat(1000),
  ];
  for (const text of texts) {
    const pieces = encodedPieces(new TokenSource(Buffer.from(text), ''));
    const total = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(total).toBeLessThanOrEqual(2 * text.length);
    expect(total).toBeGreaterThan(0);
  }
});
