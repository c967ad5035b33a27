import { edited } from './unseal-case.ts';
import type { UnsealCase } from './unseal-case.ts';

const refused = (why: string, edit: (text: string) => string, code = 'yaml'): UnsealCase => ({
  why,
  expect: { refuse: code },
  make: edited(edit),
});

/** What the YAML reader has to catch: texts that mean different things to different readers. */
export const yamlCases: Record<string, UnsealCase> = {
  'yaml-duplicate-key': refused('the same key twice in one mapping', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 1\n  version: 1'),
  ),
  'yaml-duplicate-key-quoted': refused('the same key in two spellings', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 1\n  "version": 1'),
  ),
  'yaml-duplicate-item': refused('the same item twice', (t) =>
    t.replace(/^( {6}password: .*)$/m, '$1\n$1'),
  ),
  'yaml-anchor': refused('an anchor that nothing uses', (t) =>
    t.replace('kind: EdgeSecret', 'kind: &kind EdgeSecret'),
  ),
  'yaml-alias': refused('an alias', (t) =>
    t
      .replace('name: database-credentials', 'name: &n database-credentials')
      .replace('labels: {}', 'labels: {a: *n}'),
  ),
  'yaml-merge-key': refused('a merge key', (t) => t.replace('labels: {}', 'labels: {<<: {a: b}}')),
  'yaml-tag-application': refused('an application tag', (t) =>
    t.replace('kind: EdgeSecret', 'kind: !kind EdgeSecret'),
  ),
  'yaml-tag-binary': refused('!!binary', (t) =>
    t.replace('labels: {}', 'labels: {a: !!binary bWFkZS11cA==}'),
  ),
  'yaml-several-documents': refused('a second document', (t) => `${t}---\n${t}`),
  'yaml-second-document-first': refused('a document before', (t) => `a: b\n---\n${t}`),
  'yaml-not-utf8': {
    why: 'a byte in a comment that is not UTF-8',
    expect: { refuse: 'yaml' },
    make: async () => {
      const text = await edited((t) => `${t}# ?\n`)();
      return Buffer.from(text.replace('?', '\u00ff'), 'latin1');
    },
  },
  'yaml-empty': refused('no document at all', () => '# nothing\n'),
  'yaml-version-float': refused('a version of 1.0 is a float', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 1.0'),
  ),
  'yaml-version-exponent': refused('a version of 1e0 is a float', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 1e0'),
  ),
  'yaml-version-hexadecimal': refused('a version in hexadecimal', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 0x1'),
  ),
  'yaml-version-octal': refused('a version with a leading zero', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 01'),
  ),
  'yaml-version-plus': refused('a version with a plus sign', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: +1'),
  ),
  'yaml-version-2-53': refused('a version of 2^53', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 9007199254740992'),
  ),
  'yaml-version-2-64-plus-1': refused('a version that wraps around 64 bits', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 18446744073709551617'),
  ),
  'yaml-directive-1.1': refused('a %YAML 1.1 directive', (t) => `%YAML 1.1\n---\n${t}`),
  'yaml-control-character': refused('a NUL in a comment', (t) => `${t}# \u0000\n`),
  'yaml-line-separator': refused('a line separator ends a comment for some readers', (t) =>
    t.replace(/^spec:$/m, '# comment\u2028status: {}\nspec:'),
  ),
  'yaml-next-line': refused('a next-line character in a comment', (t) => `${t}# \u0085a: b\n`),
  'yaml-lone-cr': refused('a lone carriage return in a comment', (t) => `${t}# \ra: b\n`),
  'yaml-tab-indent': refused('a tab as indentation', (t) => t.replace(/^ {2}name: /m, '\tname: ')),
  'yaml-key-not-text': refused('a key that is a number', (t) =>
    t.replace('labels: {}', 'labels: {1: a}'),
  ),
  'yaml-lone-surrogate': refused('an escape of half a surrogate pair', (t) =>
    t.replace('labels: {}', 'labels: {a: "\\ud800"}'),
  ),
  'yaml-label-not-text': refused(
    'a label that is a boolean',
    (t) => t.replace('labels: {}', 'labels: {a: true}'),
    'schema',
  ),
  'yaml-label-null': refused(
    'a label without a value is null',
    (t) => t.replace('labels: {}', 'labels: {a: }'),
    'schema',
  ),
};
