import { bothItems, changed, east, edited, sealed } from './unseal-case.ts';
import type { UnsealCase } from './unseal-case.ts';
import { to } from './keys.ts';

const refused = (why: string, edit: (text: string) => string, code = 'yaml'): UnsealCase => ({
  why,
  expect: { refuse: code },
  make: edited(edit),
});

const passes = (why: string, edit: (text: string) => string): UnsealCase => ({
  why,
  expect: bothItems,
  make: edited(edit),
});

const labels = (flow: string) => (text: string) => text.replace('labels: {}', `labels: ${flow}`);

/** A label with lists inside each other; the maps around it are five. */
const nested = (levels: number) =>
  labels(`{a: ${'['.repeat(levels - 5)}${']'.repeat(levels - 5)}}`);

/** Where YAML libraries are lenient, each in its own way. */
export const layoutCases: Record<string, UnsealCase> = {
  'yaml-tag-non-specific': refused('the tag ! on a scalar', (t) =>
    t.replace('type: Opaque', 'type: ! Opaque'),
  ),
  'yaml-tag-non-specific-map': refused('the tag ! on a mapping', labels('! {}')),
  'yaml-paragraph-separator': refused(
    'a paragraph separator in a comment',
    (t) => `${t}# \u2029\n`,
  ),
  'yaml-byte-order-mark-inside': refused('a byte order mark in a comment', (t) => `${t}# \ufeff\n`),
  'yaml-two-byte-order-marks': refused('two byte order marks', (t) => `\ufeff\ufeff${t}`),
  'yaml-delete': refused('a raw U+007F in quotes', labels('{a: "\u007f"}')),
  'yaml-c1-control': refused('a raw U+0080 in quotes', labels('{a: "\u0080"}')),
  'yaml-c1-control-last': refused('a raw U+009F in quotes', labels('{a: "\u009f"}')),
  'yaml-not-a-character': refused('a raw U+FFFE in quotes', labels('{a: "\ufffe"}')),
  'yaml-not-a-character-last': refused('a raw U+FFFF in a comment', (t) => `${t}# \uffff\n`),
  'pass-escaped-control': passes(
    'the same characters as escapes, and others raw',
    labels('{a: "\\u0080\\u007f\\ufffe\\ufeff\u00a0\ufffd😀"}'),
  ),
  'yaml-depth-65': refused('65 collections inside each other, the innermost empty', nested(65)),
  'yaml-depth-64': refused('64 collections inside each other are YAML', nested(64), 'schema'),
  'yaml-depth-5000': refused('a reader that recurses must not run out of stack', nested(5000)),
  'yaml-number-below': refused('a number below -(2^53 - 1)', labels('{a: -9007199254740992}')),
  'yaml-number-lowest': refused(
    'the lowest number is YAML, and no label',
    labels('{a: -9007199254740991}'),
    'schema',
  ),
  'yaml-directive-after-end': refused(
    'a %YAML 1.1 directive after the end of no document',
    (t) => `...\n%YAML 1.1\n---\n${t}`,
  ),
  'yaml-only-marker': refused('--- and a comment are no document', () => '---\n# nothing\n'),
  'yaml-explicit-null': refused('an explicit null is a document', () => 'null\n', 'schema'),
  'yaml-comment-without-space': refused('no white space before a comment', (t) =>
    t.replace('kind: EdgeSecret', 'kind: "EdgeSecret"#'),
  ),
  'yaml-quoted-not-indented': refused(
    'a line of a quoted scalar as deep as the block around it',
    (t) => t.replace('labels: {}', 'labels:\n        a: "x\n        y"'),
  ),
  'yaml-flow-not-indented': refused(
    'a line of a flow collection as deep as the block around it',
    labels('{a: x,\n      b: y}'),
  ),
  'yaml-bracket-not-indented': refused(
    'a closing bracket as deep as the block around it',
    labels('{a: x\n      }'),
  ),
  'pass-flow-indented': passes(
    'lines of a flow collection and of a quoted scalar one space deeper than the block around them',
    labels('{a: "x\n       y",\n       b: y\n       }'),
  ),
  'pass-quoted-merge-key': passes('a quoted << is a key like any other', labels('{"<<": x}')),
  'wrap-under-another-id': {
    why: 'a wrap for my key, made for and labelled with another id: only wraps under my ids are tried',
    expect: { refuse: 'no-wrap' },
    make: changed(
      () => undefined,
      async () => sealed([{ ...to('us-east', east), keyId: '0123456789abcdef' }]),
    ),
  },
};
