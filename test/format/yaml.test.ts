import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitYaml } from '../../core/format/block-yaml.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { decodeUtf8, editYaml, parseYaml, parseYamlDocuments } from '../../core/format/yaml.ts';
import { bare, json } from './arbitrary.ts';
import { thrownBy } from './thrown.ts';

const read = (text: string): Json => parseYaml(text).value;

/** Nested aliases: nine lines that stand for 9^9 values. */
const BOMB = Array.from({ length: 9 }, (_, i) => {
  const items = Array(9).fill(i === 0 ? 'x' : `*a${i - 1}`);
  return `a${i}: &a${i} [${items.join(', ')}]\n`;
}).join('');

describe('parseYaml', () => {
  it('reads what emitYaml writes, on the fast path and on the full one', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = emitYaml(value);
        expect(read(text)).toStrictEqual(bare(value));
        expect(read(`# edited by hand\n${text}`)).toStrictEqual(bare(value));
      }),
      { numRuns: 500 },
    );
  });

  it('reads what people write', () => {
    const text = `\ufeff--- # a ConfigMap
data: {plain: no, 'single': "2", on: true, none: }
folded: >-
    two
    lines
list:
    - 1
    - ~
`;
    expect(read(text)).toStrictEqual(
      bare({
        data: { plain: 'no', single: '2', on: true, none: null },
        folded: 'two lines',
        list: [1, null],
      }),
    );
    expect(read('a: 1\r\nb: |\r\n  c\r\n')).toStrictEqual(bare({ a: 1, b: 'c\n' }));
  });

  it('keeps __proto__ as an ordinary key', () => {
    const value = read('__proto__: {polluted: 1} # by hand\n') as Record<string, Json>;
    expect(Object.keys(value)).toStrictEqual(['__proto__']);
    expect(value['polluted']).toBeUndefined();
  });

  it.each([
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', 3],
    ['a duplicate key in other quotes', 'a: 1\n"a": 2\n', 2],
    ['a duplicate __proto__', '__proto__: 1\n__proto__: 2\n', 2],
    ['an anchor', 'a: &x 1\n', 1],
    ['an alias', 'a: 1\nb: *x\n', 2],
    ['a merge key', 'a:\n  <<: {b: 1}\n', 2],
    ['a tag of an application', 'a: 1\nb: !!js/function x\n', 2],
    ['a local tag', 'a: !secret x\n', 1],
    ['binary', 'a: !!binary YWJj\n', 1],
    ['a tag that does not fit', 'a: !!int x\n', 1],
    ['a tag on a mapping', 'a: !!omap {}\n', 1],
    ['a number as a key', 'a:\n  1: x\n', 2],
    ['a boolean as a key', 'true: x\n', 1],
    ['a null key', 'a: 1\n: x\n', 2],
    ['a mapping as a key', '? {a: 1}\n: x\n', 1],
    ['an id that reads as infinity', 'key: 1e411429\n', 1],
    ['a fraction', 'a: 1\nb: 0.5\n', 2],
    ['infinity', 'a: .inf\n', 1],
    ['hexadecimal', 'a: 0x1f\n', 1],
    ['a leading zero', 'a: 0644\n', 1],
    ['minus zero', 'a: -0\n', 1],
    ['an integer beyond 2^53', 'a: 9007199254740993\n', 1],
    ['several documents', 'a: 1\n---\nb: 2\n', 3],
    ['YAML 1.1', '%YAML 1.1\n---\na: no\n', 2],
    ['NUL', 'a: 1\nb: \0\n', 2],
    ['a lone carriage return', 'a: 1 # b\rc: 2\n', 1],
    ['NEL, a line break to kubectl', 'a: 1 # b\u0085c: 2\n', 1],
    ['U+2028, a line break to kubectl', 'a: 1\n# b\u2028c: 2\n', 2],
    ['a byte order mark inside', 'a: 1\n\ufeffb: 2\n', 2],
    ['half a surrogate pair', 'a: "\\ud800"\n', 1],
    ['a tab as indentation', 'a:\n\tb: 1\n', 2],
    ['a value that is no value', 'a: 1\nb: c: d\n', 2],
    ['5,000 brackets', '['.repeat(5000), 1],
    ['5,000 pairs of brackets', '['.repeat(5000) + ']'.repeat(5000), 1],
    ['5,000 braces', '{a: '.repeat(5000) + '}'.repeat(5000), 1],
    ['5,000 dashes', `${'- '.repeat(5000)}a\n`, 1],
    ['5,000 question marks', `${'? '.repeat(5000)}a\n`, 1],
    [
      '500 levels of indentation',
      Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
      65,
    ],
    ['an alias bomb', BOMB, 1],
  ])('refuses %s and names the line', (_what, text, line) => {
    const error = thrownBy(() => parseYaml(text, { file: 'secrets/a.yaml' }));
    expect(error).toMatchObject({ code: 'format-yaml', line, file: 'secrets/a.yaml' });
  });

  it.each(['', '\n', '---\n', '# a comment\n', '---\n---\n'])(
    'refuses the empty text %j',
    (text) => {
      expect(thrownBy(() => parseYaml(text)).code).toBe('format-yaml');
    },
  );

  it('refuses a text above the limit, in bytes', () => {
    expect(thrownBy(() => parseYaml('a: ééé\n', { maxBytes: 9 })).code).toBe('format-yaml');
    expect(parseYaml('a: ééé\n', { maxBytes: 10 }).value).toStrictEqual(bare({ a: 'ééé' }));
  });

  it('stays fast with many keys, of which the last is a duplicate', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `k${i}: v\n`).join('');
    expect(thrownBy(() => parseYaml(`${text}k0: v\n`)).line).toBe(20_001);
  });

  it.each([
    'p: hunter2: x\n',
    'p: "hunter2\n',
    'p: @hunter2\n',
    'p: %hunter2\n',
    'p: *hunter2\n',
    'p: &hunter2 x\n',
    'p: !hunter2 x\n',
    'p: "\\hunter2"\n',
    'p:\n\thunter2: 1\n',
    'p: [hunter2\n',
    'hunter2: 1\nhunter2: 2\n',
    '? [hunter2]\n: x\n',
    'p: hunter2\n  hunter2: 3\n q\n',
    '%hunter2\n---\na\n---\nhunter2: *hunter2\n',
    'p: |hunter2\n  x\n',
    'p: >9hunter2\n x\n',
  ])('never quotes the content: %j', (text) => {
    const error = thrownBy(() => parseYaml(text));
    const everything = [error.message, error.hint, error.field, error.stack, String(error.cause)];
    expect(everything.join(' ')).not.toContain('hunter2');
    expect(error.cause).toBeUndefined();
  });
});

describe('parseYaml with aliases', () => {
  const expand = (text: string): Json => parseYaml(text, { aliases: true }).value;

  it('expands aliases and merge keys', () => {
    const text = 'base: &b {x: 1, y: 2}\nother: &o {y: 8, z: 9}\nmade:\n  <<: [*b, *o]\n  x: 3\n';
    expect(expand(text)).toMatchObject({ made: { x: 3, y: 2, z: 9 } });
    expect(expand('a: &a {x: 1}\nb: {<<: *a}\n"<<": c\n')).toMatchObject({
      b: { x: 1 },
      '<<': 'c',
    });
  });

  it('takes the anchor that came last before the alias', () => {
    expect(expand('x: &a 1\ny: &b [*a]\nw: &a 2\nz: *b\nq: *a\n')).toStrictEqual(
      bare({ x: 1, y: [1], w: 2, z: [1], q: 2 }),
    );
  });

  it.each([
    ['a bomb', BOMB],
    ['an alias inside of what it stands for', 'a: &a [*a]\n'],
    ['a merge of a mapping into itself', 'a: &a {<<: *a}\n'],
    ['an alias before its anchor', 'a: *x\nb: &x 1\n'],
    ['an alias as a key', 'a: &x k\n*x : 1\n'],
    ['a merge of what is no mapping', 'a: &x 1\nb: {<<: *x}\n'],
  ])('refuses %s', (_what, text) => {
    expect(thrownBy(() => parseYaml(text, { aliases: true })).code).toBe('format-yaml');
  });
});

describe('lineOf', () => {
  it.each([
    ['generated', ''],
    ['edited', '# by hand\n'],
  ])('finds the lines of a %s file', (_what, head) => {
    const shift = head === '' ? 0 : 1;
    const text = emitYaml({ spec: { envelopes: [{ suite: 1 }, { suite: 2, data: { a: 'x' } }] } });
    const { lineOf } = parseYaml(head + text);
    expect(lineOf(['spec', 'envelopes', 1, 'data', 'a'])).toBe(6 + shift);
    expect(lineOf(['spec', 'envelopes', 1])).toBe(4 + shift);
    expect(lineOf(['spec', 'envelopes', 1, 'missing', 'deeper'])).toBe(4 + shift);
    expect(lineOf([])).toBe(1 + shift);
  });
});

describe('parseYamlDocuments', () => {
  it('skips documents without content and knows the lines of the others', () => {
    const documents = parseYamlDocuments('---\n# none\n---\na: 1\n---\n---\nb: 2\n...\n');
    expect(documents.map(({ value }) => value)).toStrictEqual([bare({ a: 1 }), bare({ b: 2 })]);
    expect(documents[1]?.lineOf(['b'])).toBe(7);
    expect(parseYamlDocuments('# none\n')).toStrictEqual([]);
  });

  it('gives the text of binary values, if asked', () => {
    const [document] = parseYamlDocuments('a: !!binary |\n  YWJj\n  ZGVm\n', { binary: true });
    expect(document?.value).toStrictEqual(bare({ a: 'YWJjZGVm' }));
  });

  it('bounds the number of documents', () => {
    expect(thrownBy(() => parseYamlDocuments('---\n'.repeat(10_002))).code).toBe('format-yaml');
  });
});

describe('editYaml', () => {
  const long = 'word '.repeat(40) + 'end';
  const text = `# policy
regions:
- name: us-east  # first
  secrets: [a, {b: c}]

# the long one
note: ${long}
`;

  it('changes what the edit changes and keeps comments, style and long lines', () => {
    const edited = editYaml(text, (document) => document.setIn(['regions', 0, 'name'], 'us-west'));
    expect(edited).toBe(text.replace('us-east  #', 'us-west #'));
  });

  it('keeps indented sequences and CRLF', () => {
    const windows = 'a:\r\n  - b\r\n';
    expect(editYaml(windows, (document) => document.addIn(['a'], 'c'))).toBe(`${windows}  - c\r\n`);
  });

  it('refuses an edit that gives what cannot be read back', () => {
    const edit = () => editYaml('a: 1\n', (document) => document.set('b', 0.5));
    expect(thrownBy(edit).code).toBe('format-yaml');
  });
});

describe('decodeUtf8', () => {
  it('refuses what is not UTF-8, keeps a byte order mark, and names the input', () => {
    const error = thrownBy(() => decodeUtf8(new Uint8Array([0x61, 0xff]), 'the sealed file'));
    expect(error.code).toBe('format-yaml');
    expect(error.message).toBe('the sealed file is not valid UTF-8');
    expect(decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]), 'x')).toBe('\ufeffa');
  });
});
