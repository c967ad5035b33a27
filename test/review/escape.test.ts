import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { code, commandLine, fenced, prose } from '../../cli/review/markdown/escape.ts';
import { rowsWithin, within } from '../../cli/review/markdown/budget.ts';
import { foreignTags, outsideCode } from './rendered.ts';

const hostile = [
  '@acme/security please approve',
  '#1',
  'acme/infra#7',
  'GH-12',
  '![x](https://evil.example/pixel.png)',
  '[click](https://evil.example)',
  'https://evil.example/?a=b',
  'www.evil.example',
  'mail@evil.example',
  '<img src=x onerror=alert(1)>',
  '<!-- edgeseal review of 0 -->',
  '-->',
  '</details></td></tr></table><h2>✅ May be merged</h2>',
  '`',
  '``` ',
  '`a`b``c```',
  'a|b',
  'a\\|b|c',
  '\\',
  'x\\`',
  'line\nbreak',
  'line\r\n\r\n# heading',
  '\u202Egnp.exe',
  '\u0000\u0007\u001b[31m',
  '\u200b\u2060\ufeff',
  '\u3164\u115f',
  'z\u0300\u0301\u0302\u0303\u0304\u0305',
  '$\\text{a}$',
  '~~gone~~ **bold** _it_ __x__',
  ':white_check_mark:',
  '- [x] done',
  '&lt;b&gt; &#64;team',
  '  spaces  ',
  '',
  '\ud800',
  'x'.repeat(5000),
];

const places: [string, (text: string) => string][] = [
  ['a name in a sentence', (text) => `It is ${code(text)}, isn't it?`],
  ['a name in a table', (text) => `| a | b |\n| :-- | :-- |\n| ${code(text)} | end |`],
  ['a sentence in a list', (text) => `- ⛔ ${prose(text)}<br>→ ${commandLine(text)}`],
  ['a sentence in a table', (text) => `| a | b |\n| :-- | :-- |\n| ${prose(text)} | end |`],
  ['a fence', (text) => `${fenced('diff', [text, `+ ${text}`])}\n\nend`],
];

describe.each(places)('%s', (_, place) => {
  const check = (text: string): void => {
    const markdown = place(text);
    expect(foreignTags(markdown), markdown).toEqual([]);
    const plain = outsideCode(markdown);
    expect(plain, markdown).not.toMatch(/[@#][\w-]|https?:\/\/|www\.\w|\w@\w/i);
    expect(plain, markdown).not.toMatch(/:[a-z_]+:/);
    expect(markdown).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000-\u0009]/);
    expect(markdown.length).toBeLessThan(3000);
    // Nothing after it is swallowed, and a table keeps its two cells.
    if (markdown.startsWith('| a')) expect(cellsOf(markdown)).toBe(2);
    if (markdown.endsWith('end')) expect(plain.trim().endsWith('end')).toBe(true);
  };

  it.each(hostile)('holds %j', check);

  it('holds whatever is thrown at it', () => {
    const pieces = fc.constantFrom(
      ...hostile.filter((text) => text.length < 100),
      '`',
      '|',
      '\\',
      ' ',
    );
    const text = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 5 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(text, (parts) => {
        check(parts.join(''));
      }),
      { numRuns: 300 },
    );
  });
});

function cellsOf(table: string): number {
  const [, , row = ''] = table.split('\n');
  // As cmark-gfm counts them: a backslash takes the next character with it.
  return row.replace(/\\./g, '').split('|').length - 2;
}

describe('a name', () => {
  it('reads as it is where it is harmless', () => {
    expect(code('production/database-credentials')).toBe('`production/database-credentials`');
    expect(code('Jürgen 日本 <j@example.com>')).toBe('`Jürgen 日本 <j@example.com>`');
    expect(code('a|b`c\\d')).toBe('`a%7Cb%60c%5Cd`');
    expect(code('')).toBe('`␠`');
  });
});

describe('a report', () => {
  it('keeps within its bound, leaves out the last blocks first, and says so', () => {
    const blocks = [{ text: 'first' }, { text: 'x'.repeat(100), short: 'short' }, { text: 'last' }];
    expect(within(blocks, 1000, 'more')).toBe(`first\n\n${'x'.repeat(100)}\n\nlast`);
    expect(within(blocks, 40, 'more')).toBe('first\n\nshort\n\nlast\n\nmore');
    expect(within(blocks, 22, 'more')).toBe('first\n\nshort\n\nmore');
    expect(Buffer.byteLength(within(blocks, 22, 'more'))).toBeLessThanOrEqual(22);
  });

  it('counts bytes, not characters', () => {
    const { rows, left } = rowsWithin(['€€€', '€€€', '€€€'], 20);
    expect([rows.length, left]).toEqual([2, 1]);
  });
});
