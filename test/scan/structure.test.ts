import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { readDocuments } from '../../core/scan/structure/read.ts';
import { scalarSource, wholeSource } from '../../core/scan/structure/source.ts';
import type { Node, ScalarNode } from '../../core/scan/structure/node.ts';

type Plain = string | Plain[] | { [key: string]: Plain };

const plain = (node: Node): Plain => {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'seq') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
};
const read = (text: string): Plain[] => Array.from(readDocuments(text), ({ root }) => plain(root));
const reference = (text: string): unknown[] =>
  parseAllDocuments(text, {
    schema: 'failsafe',
    merge: true,
    uniqueKeys: false,
    version: '1.2',
  }).map((document) => document.toJS({ maxAliasCount: -1 }) as unknown);
function* scalars(node: Node): Generator<ScalarNode> {
  if (node.kind === 'scalar') yield node;
  else if (node.kind === 'seq') for (const item of node.items) yield* scalars(item);
  else for (const { value } of node.entries) yield* scalars(value);
}

describe('what is well formed', () => {
  const texts: Record<string, string> = {
    'maps and lists': 'a: b\nc:\n  d: e\n  f:\n  - g\n  - h: i\n    j: k\n  - - l\n    - m\n',
    quotes:
      'a: "x\\n\\u0041\\x42\\U0001f600 \\"q\\""\n\'b c\': \'it\'\'s\'\n"d": "over\n  lines\n\n  two"\n',
    'plain text over lines': 'a: b\n  c d\n  e\nf: http://x:1/#y\ng: a#b # c\n',
    'block literals': 'a: |\n  b\n    c\n\n  d\ne: |2\n    f\ng:\n- |\n  h\n- i\n',
    'flow collections': 'a: {b: c, "d": [e, {f: g}], h: , i}\nj: [\n  k, # l\n  "m"\n]\n',
    JSON: '{"a":{"b":["c",{"d":"e"}]},"f":"g\\/h"}',
    'anchors and aliases': 'a: &x b\nc: *x\nd: &y {e: f}\ng: *y\nh: &z\n  i: j\nk: [*z, *x]\n',
    'merge keys': 'a: &x {b: c, d: e}\nf:\n  <<: *x\n  d: g\n',
    tags: 'a: !!str b\nc: !x\n  d: e\ng: !y [h]\n',
    'several documents': '# c\n---\na: b\n---\n- c\n...\n---\nd\n',
    'explicit keys': '? a\n: b\n? c\n: - d\n  - e\n',
    'a list at the indentation of its key': 'a:\n- b\n- c:\n  - d\ne: f\n',
    comments: '# a\nb: c # d\n# e\nf: # g\n  # h\n  i: j\n',
    'CRLF and a mark': '\ufeffa: b\r\nc:\r\n  - d\r\n',
  };
  for (const [what, text] of Object.entries(texts)) {
    it(`is read as the yaml library reads it: ${what}`, () => {
      expect(read(text).map(asText)).toEqual(reference(text).map(asText));
    });
  }

  it('is read as the yaml library reads it, whatever it is and however it is written', () => {
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
        fc.string({
          maxLength: 200,
          unit: fc.constantFrom(
            'a',
            'b',
            ' ',
            '\n',
            ':',
            '#',
            '-',
            '"',
            "'",
            '{',
            ',',
            '|',
            '\\',
            'é',
          ),
        }),
        fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_. -]{0,12}$/), tie('value'), {
          minKeys: 1,
          maxKeys: 4,
          noNullPrototype: true,
        }),
      ),
    }));
    const options = fc.record({
      indent: fc.constantFrom(2, 4),
      indentSeq: fc.boolean(),
      lineWidth: fc.constantFrom(0, 40),
      collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
      defaultStringType: fc.constantFrom(
        'PLAIN' as const,
        'QUOTE_DOUBLE' as const,
        'QUOTE_SINGLE' as const,
      ),
      blockQuote: fc.constantFrom('literal' as const, false),
    });
    fc.assert(
      fc.property(value, options, (data, style) => {
        const text = stringify({ data }, { ...style, aliasDuplicateObjects: false });
        // Its own quirks (a text that begins with a colon and a line break) what a template would fill in, and comments of JSON.
        fc.pre(!/\{\{|\{%|<%|\/\//.test(text));
        fc.pre(JSON.stringify(reference(text).map(asText)) === JSON.stringify([asText({ data })]));
        expect(read(text).map(asText)).toEqual(reference(text).map(asText));
        expect([...readDocuments(text)][0]?.fault).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
  });

  it('knows where each character of a value stands', () => {
    const text =
      "a: \"x\\n\\u0041\\\"y\"\nb: 'it''s me'\nc: |\n    one\n      two\n\n    three\nd:\r\n  - >-\r\n    four\r\n    five\r\n";
    const source = wholeSource(text);
    for (const { root } of readDocuments(text)) {
      for (const scalar of scalars(root)) {
        const inner = scalarSource(source, scalar);
        for (const [index, char] of Array.from(scalar.value.trimEnd()).entries()) {
          if (!/[a-z ]/.test(char)) continue;
          expect([scalar.value, index, text[inner.outer(index)]]).toEqual([
            scalar.value,
            index,
            char,
          ]);
        }
      }
    }
  });
});

/** The library leaves a document without content as null, and an empty value too. */
function asText(value: unknown): unknown {
  if (value === null || value === undefined) return '';
  // How lines are folded says nothing here.
  if (typeof value === 'string') return value.trim().replace(/\s*\n\s*/g, ' ');
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asText(inner)]));
}

describe('what is not well formed', () => {
  const texts: Record<string, [text: string, read: Plain[]]> = {
    'a tab': ['a:\n  b: c\n\td: e\nf: g\n', [{ a: { b: 'c', d: 'e' }, f: 'g' }]],
    'slipped indentation': ['a:\n    b: c\n  d: e\nf: g\n', [{ a: { b: 'c', d: 'e' }, f: 'g' }]],
    'a missing bracket': ['a: [b, c\nd: e\n', [{ a: ['b', 'c'], d: 'e' }]],
    'a missing quote': ['a: "b\nc: "d"\n', [{ a: '"b', c: 'd' }]],
    'a template': [
      'a:\n  {{- if .x }}\n  b: {{ .y }}\n  {{- end }}\n  c: d\n',
      [{ a: { b: '\ue000'.repeat(8), c: 'd' } }],
    ],
    'JSON with a comma too much': ['{"a":["b",],,"c":"d",}', [{ a: ['b'], c: 'd' }]],
    'JSON of which the begin was cut off': [
      'e":"x"},"d":{"a":"b"}},{"c":"d","e":[1]}]',
      ['e":"x"},"d":{"a":"b"}},{"c":"d","e":[1]}]', { a: 'b' }, { c: 'd', e: ['1'] }],
    ],
    'a line that is nothing': [
      'a: b\n<<<<<<< HEAD\nc: d\n=======\ne: f\n',
      [{ a: 'b', c: 'd', e: 'f' }],
    ],
  };
  for (const [what, [text, expected]] of Object.entries(texts)) {
    it(`is read all the same: ${what}`, () => {
      expect(read(text)).toEqual(expected);
    });
  }
});
