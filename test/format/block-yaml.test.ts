import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { emitYaml, parseOwnYaml } from '../../core/format/block-yaml.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { parseYaml } from '../../core/format/yaml.ts';
import { bare, json } from './arbitrary.ts';
import { thrownBy } from './thrown.ts';

const SAMPLE = `apiVersion: edgeseal.dev/v1alpha1
kind: EdgeSecret
metadata:
  name: database-credentials
spec:
  version: 7
  labels: {}
  envelopes:
  - suite: 1
    commitment: "3q2+7w=="
    recipients:
    - region: eu-central
      key: "1e411429"
    exposed: []
    data:
      "yes": "no"
      __proto__: null
    nested:
    - - a
      - b
  signatures:
  - author: author@example.com
    signature: |
      -----BEGIN SSH SIGNATURE-----
      U1NIU0lH

      -----END SSH SIGNATURE-----
`.replace('__proto__', '"__proto__"');

describe('emitYaml', () => {
  it('has the layout of a sealed secret', () => {
    const value = parse(SAMPLE) as Json;
    expect(emitYaml(value)).toBe(SAMPLE);
  });

  it('writes what the yaml library reads as the same value, in version 1.2 and in version 1.1', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = emitYaml(value);
        const options = { uniqueKeys: true, strict: true, logLevel: 'error' } as const;
        expect(bare(parse(text, { ...options, version: '1.2' }))).toStrictEqual(bare(value));
        expect(bare(parse(text, { ...options, version: '1.1' }))).toStrictEqual(bare(value));
      }),
      { numRuns: 1000 },
    );
  });

  it('folds nothing', () => {
    const long = 'Zm9v'.repeat(350_000);
    const spaced = 'word '.repeat(1000) + 'end';
    expect(emitYaml({ long, spaced })).toBe(`long: ${long}\nspaced: "${spaced}"\n`);
  });

  it.each(['0123456789abcdef', 'abcdef0123456789'])('quotes the key id %s', (id) => {
    expect(emitYaml({ id })).toBe(`id: "${id}"\n`);
  });

  it('escapes what would hide or turn text around in a review', () => {
    const hidden = 'a\u202eb\u200bc\ufeffd\u0085e\u00a0f\u2028g';
    const text = emitYaml({ hidden });
    expect(text).toMatch(/^[\n -~]*$/);
    expect(parseOwnYaml(text)).toStrictEqual(bare({ hidden }));
  });

  it.each([
    ['a fraction', 0.5],
    ['minus zero', -0],
    ['an unsafe integer', 2 ** 60],
    ['a lone surrogate', '\udfff'],
    ['undefined', { a: undefined }],
    ['a hole', Array(2)],
    ['a key too long for one line', { ['k'.repeat(1001)]: 1 }],
  ])('refuses %s', (_what, value) => {
    expect(thrownBy(() => emitYaml(value as Json)).code).toBe('format-yaml');
  });

  it('refuses a cycle', () => {
    const cycle: Json[] = [];
    cycle.push(cycle);
    expect(thrownBy(() => emitYaml(cycle)).code).toBe('format-yaml');
  });
});

describe('parseOwnYaml', () => {
  it('is the inverse of emitYaml', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(parseOwnYaml(emitYaml(value))).toStrictEqual(bare(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads a mutilated text as the full parser does, or not at all', () => {
    const edit = fc.record({
      at: fc.nat({ max: SAMPLE.length }),
      cut: fc.nat({ max: 6 }),
      add: fc.string({ unit: fc.constantFrom(...Array.from(' \n:-"|#{}[]a1\\')), maxLength: 4 }),
    });
    fc.assert(
      fc.property(edit, ({ at, cut, add }) => {
        const text = SAMPLE.slice(0, at) + add + SAMPLE.slice(at + cut);
        const own = parseOwnYaml(text);
        // A comment in front sends the text past the fast reader.
        if (own !== undefined) expect(parseYaml(`#\n${text}`).value).toStrictEqual(own);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['a comment', 'a: 1 # one\n'],
    ['flow style', 'a: {b: 1}\n'],
    ['a duplicate key', 'a: 1\na: 1\n'],
    ['single quotes', "a: '1'\n"],
    ['a string that could be plain', 'a: "b"\n'],
    ['another escape', 'a: "\\u0041 "\n'],
    ['an escaped lone surrogate', 'a: "\\ud800"\n'],
    ['a broken escape', 'a: "\\x41"\n'],
    ['an unquoted number', 'a: 1e411429\n'],
    ['an integer beyond 2^53', 'a: 9007199254740993\n'],
    ['minus zero', 'a: -0\n'],
    ['an indented sequence', 'a:\n  - b\n'],
    ['a document marker', '---\na: 1\n'],
    ['no final newline', 'a: 1'],
    ['two final newlines', 'a: 1\n\n'],
    ['CRLF', 'a: 1\r\n'],
    ['numeric keys out of order', '"2": a\n"1": b\n'],
    ['a literal block that keeps more', 'a: |+\n  b\n'],
    ['a key without a value', 'a:\n'],
    ['nothing', ''],
    ['5,000 dashes', `${'- '.repeat(5000)}a\n`],
    ['5,000 brackets', `${'['.repeat(5000)}\n`],
  ])('leaves %s to the full parser', (_what, text) => {
    expect(parseOwnYaml(text)).toBeUndefined();
  });
});
