import { describe, expect, it } from 'vitest';
import { TokenScanner } from '../../../core/scan/tokens/token-scanner.ts';
import { KeywordAutomaton } from '../../../core/scan/tokens/keyword-automaton.ts';
import type { TokenRule } from '../../../core/scan/tokens/rule.ts';

// All values here are made up.
const rule = (
  id: string,
  keywords: string[],
  pattern: RegExp,
  more: Partial<TokenRule> = {},
): TokenRule => ({ id, title: `a ${id}`, source: 'this test', keywords, pattern, ...more });
const acme = rule('acme-token', ['acme_'], /\bacme_[a-z]{4}\b/dg, { shown: 5 });
const scan = (text: string, rules: TokenRule[], exempt: { start: number; end: number }[] = []) =>
  new TokenScanner(rules).scan(Buffer.from(text), { path: 'a.txt', exempt });
const places = (text: string, rules: TokenRule[]): string[] =>
  scan(text, rules).map(({ rule: id, line, column }) => `${line}:${column} ${id}`);

describe('keywords', () => {
  const occurrences = (keywords: string[], text: string): string[] => {
    const found: string[] = [];
    new KeywordAutomaton(keywords).scan(Buffer.from(text, 'latin1'), (keyword, end) =>
      found.push(`${keywords[keyword] ?? ''}@${end}`),
    );
    return found;
  };

  it('are found where plain search finds them, whatever overlaps', () => {
    const keywords = ['she', 'he', 'hers', 'his', 'rsh', 'sh', 'e', 'hershe', '://', '_k-'];
    const text = 'USHERshe ahishershers://x_K-_k- héhe \xe9she';
    const expected = keywords
      .flatMap((keyword) =>
        Array.from(text, (_, at) => at).flatMap((at) =>
          text.slice(at, at + keyword.length).toLowerCase() === keyword
            ? [`${keyword}@${at + keyword.length}`]
            : [],
        ),
      )
      .sort();
    expect(occurrences(keywords, text).sort()).toEqual(expected);
  });

  it('are found past the first thousand hits', () => {
    expect(occurrences(['ab'], 'ab'.repeat(5000))).toHaveLength(5000);
    expect(occurrences(['aa', 'aaa'], 'a'.repeat(3000))).toHaveLength(2999 + 2998);
  });

  it('must be lower-case ASCII', () => {
    expect(() => new KeywordAutomaton(['Abc'])).toThrow(TypeError);
    expect(() => new KeywordAutomaton(['aA'])).toThrow(TypeError);
    expect(() => new KeywordAutomaton(['naïf'])).toThrow(TypeError);
  });
});

describe('a finding', () => {
  it('has its line and column in UTF-16 units', () => {
    expect(places('ä €\n😀 acme_abcd\r\n  acme_efgh acme_ijkl', [acme])).toEqual([
      '2:4 acme-token',
      '3:3 acme-token',
      '3:13 acme-token',
    ]);
  });

  it('shows the public prefix only, and gives the digest of the value', () => {
    const scanner = new TokenScanner([acme]);
    const digest = (value: string | Uint8Array): string => Buffer.from(value).toString('hex');
    const [found] = scanner.scan(Buffer.from('x acme_abcd'), { path: '', digest });
    expect(found).toEqual({
      rule: 'acme-token',
      line: 1,
      column: 3,
      message: 'a acme-token',
      masked: 'acme_****',
      digest: Buffer.from('acme_abcd').toString('hex'),
      start: 2,
      end: 11,
    });
  });

  it('lies at the group named secret', () => {
    const key = rule('key', ['key='], /key=(?<secret>[a-z]{4})/dg);
    expect(places('key=abcd', [key])).toEqual(['1:5 key']);
  });

  it('is dropped where its check says no', () => {
    const checked = { ...acme, check: (secret: string) => secret.endsWith('d') };
    expect(places('acme_abcd acme_abcx', [checked])).toEqual(['1:1 acme-token']);
  });

  it('does not begin in an exempt range', () => {
    const text = 'acme_abcd acme_efgh acme_ijkl';
    const exempt = [
      { start: 20, end: 21 },
      { start: 0, end: 10 },
    ];
    expect(scan(text, [acme], exempt).map(({ column }) => column)).toEqual([11]);
  });

  it('is one a place: the surest rule names it, then the longest value, then the first rule', () => {
    const named = rule('named', ['acme'], /acme_abcd acme_k4x9q2w7/dg, { random: true });
    const long = rule('long', ['acme'], /acme_[a-z]{4} x/dg);
    const twin = { ...acme, id: 'twin' };
    expect(places('acme_abcd x', [twin, acme])).toEqual(['1:1 twin']);
    expect(places('acme_abcd x', [twin, acme, long])).toEqual(['1:1 long']);
    expect(places('acme_abcd acme_abcd', [named, acme])).toEqual([
      '1:1 acme-token',
      '1:11 acme-token',
    ]);
  });
});

describe('a window', () => {
  it('reaches as far as its rule says, and sees what stands before it', () => {
    const tail = rule('tail', ['tail'], /\b[a-z]{4}-tail/dg, { before: 5, after: 0 });
    expect(places('x abcd-tail', [tail])).toEqual(['1:3 tail']);
    expect(places('xabcd-tail', [tail])).toEqual([]);
    const far = rule('far', ['near'], /near-+far/dg, { after: 10 });
    expect(places(`near${'-'.repeat(7)}far near${'-'.repeat(8)}far`, [far])).toEqual(['1:1 far']);
  });

  it('of a rule is one where windows overlap: the pattern passes once over a text full of keywords', () => {
    let calls = 0;
    const counted = rule('counted', ['acme'], /acme/dg, {
      check: () => {
        calls += 1;
        return false;
      },
    });
    scan('acme'.repeat(2000), [counted]);
    expect(calls).toBe(2000);
  });
});
