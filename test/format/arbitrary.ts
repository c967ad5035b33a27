import fc from 'fast-check';
import type { Json } from '../../core/format/canonical-json.ts';

/** Strings that a careless writer of YAML gets wrong. */
const AWKWARD = [
  ...['', ' ', '~', 'null', 'yes', 'No', 'ON', 'y', '=', '<<', '-', '- a', '?', ':', 'a:', 'a: b'],
  ...['a #b', '#', '1e411429', '.inf', '-.INF', '.nan', '0x12', '0o17', '017', '12:30:00', '1_000'],
  ...['2024-01-01', '2024-01-01T00:00:00Z', '+1', '-0', '1.5', 'infinity', '__proto__', '{}', '[]'],
  ...['|', '|-', '>', '---', '...', '%YAML 1.1', '&a', '*a', '!!str', '@a', '`a', '"', "'", '\\"'],
  ...[
    'a\n',
    'a\nb',
    'a\nb\n',
    'a\n\nb\n',
    'a\n\n',
    '\na',
    ' a\nb',
    'a \nb',
    'a\n b',
    'a\n\tb',
    '\n',
  ],
  ...['# a\n- b: c\n', '---\n...\n', '\u007f', '\u0085', '\u00a0', '\u2028', '\ufeff', '\u202e'],
  ...['é', '日本', '😀', 'a\r\nb', '\t', 'a\t', '\0', 'author@example.com', '/path', 'a:b', 'a::'],
  ...[
    'e0',
    'E-7',
    '0123456789abcdef',
    'abcdef0123456789',
    '-----BEGIN X-----\nAA==\n-----END X-----\n',
  ],
];

const text = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...Array.from('ab: -#\n"\'|')), maxLength: 10 }),
);

const integer = fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n));

/** Any value that our formats can hold, objects with and without prototype. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json; map: Json; list: Json }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 6, depthSize: 'small' },
      fc.oneof(text, text, integer, fc.boolean(), fc.constant(null)),
      tie('map'),
      tie('list'),
    ),
    map: fc.dictionary(text, tie('value'), { maxKeys: 5 }),
    list: fc.array(tie('value'), { maxLength: 5 }),
  }),
).value;

/** A deep copy without prototypes: the form in which everything of ours is read. */
export function bare(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(bare);
  const copy = Object.create(null) as { [key: string]: Json };
  for (const key of Object.keys(value)) copy[key] = bare(value[key] as Json);
  return copy;
}
