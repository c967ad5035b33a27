import { expect, it } from 'vitest';
import { goRegExp } from '../../../core/scan/own/go-regexp.ts';

/** First match of a pattern of Go in a text. */
const first = (pattern: string, text: string): string | undefined =>
  goRegExp(pattern).exec(text)?.[0];

it.each([
  ['(?i)token', 'a ToKeN', 'ToKeN'],
  ['(?i:to)ken', 'TOken', 'TOken'],
  ['(?i:to)ken', 'TOKEN', undefined],
  ['(?i)to(?-i:ken)', 'TOken', 'TOken'],
  ['(?i)to(?-i:ken)', 'TOKEN', undefined],
  ['(?i)to(?-i)ken', 'TOken', 'TOken'],
  ['(?i)[a-f]+', 'xABcdEFg', 'ABcdEF'],
  ['(?i)[^a-f]+', 'ABxYcd', 'xY'],
  ['(?i)[_a-z0-9]+', 'A_b9Z', 'A_b9Z'],
  ['(?P<name>a+)(?<other>b)', 'xaab', 'aab'],
  ['a.c', 'a\nc', undefined],
  ['(?s)a.c', 'a\nc', 'a\nc'],
  ['(?m)^b$', 'a\nb\nc', 'b'],
  ['^b', 'a\nb', undefined],
  ['a\\z', 'a\na', 'a'],
  ['\\Aa', 'ba', undefined],
  ['[[:alnum:]]+', '--aZ9--', 'aZ9'],
  ['[^[:alnum:]_]+', 'ab-.cd', '-.'],
  ['[[:punct:]]+', 'a!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~b', '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'],
  ['[[:^digit:]]+', '12ab34', 'ab'],
  ['\\Q.*+\\E+', 'a.*++', '.*++'],
  ['\\x41\\x{1F600}', 'A😀', 'A😀'],
  ['\\pL+\\p{Nd}', '9äß7', 'äß7'],
  ['\\p{Greek}+', 'abγδ', 'γδ'],
  ['\\P{L}', 'a1', '1'],
  ['\\s', '\u00a0\v\t', '\t'],
  ['[\\s]', '\u00a0\v\n', '\n'],
  ['{a}', '{a}', '{a}'],
  ['a{2,3}', 'aaaa', 'aaa'],
  ['a{,3}', 'a{,3}', 'a{,3}'],
  ['[]a]+', ']a', ']a'],
  ['[a-]+', 'a-', 'a-'],
  ['[\\]\\-\\[]+', ']-[', ']-['],
  ['[a&&b]+', '&&', '&&'],
  ['\\101', 'A', 'A'],
  ['\\"\\_\\-\\/', '"_-/', '"_-/'],
  ['a+?', 'aaa', 'a'],
  // Of gitleaks' own.
  [
    `(?i)[\\w.-]{0,50}?(?:acme)(?:[ \\t\\w.-]{0,20})[\\s'"]{0,3}(?:=|>|:{1,3}=|\\|\\||:|=>|\\?=|,)[\\x60'"\\s=]{0,5}([a-z0-9]{16})(?:[\\x60'"\\s;]|\\\\[nr]|$)`,
    'ACME_KEY = "0123456789abcdef"',
    'ACME_KEY = "0123456789abcdef"',
  ],
])('%s in %j finds %j', (pattern, text, found) => {
  expect(first(pattern, text)).toBe(found);
});

it.each([
  ['(?=a)b', '(?= is not of Go'],
  ['(?<!a)b', '(?<! is not of Go'],
  ['(a)\\1', '\\1 is not of Go'],
  ['(?U)a', 'the flag U'],
  ['(a', 'a ( is not closed'],
  ['a)', 'a ) has no ('],
  ['[a', 'a [ is not closed'],
  ['[b-a]', 'a range in [ ]'],
  ['\\y', '\\y is not of Go'],
  ['*a', 'it is not a regular expression'],
  ['\\p{Nonsense}', 'it is not a regular expression'],
])('%s is refused: %s', (pattern, why) => {
  expect(() => goRegExp(pattern)).toThrow(why);
});
