/** Texts of 64 KiB that are made to cost a scanner time: what a rule looks for, again and again, and never quite. */
import type { TokenRule } from '../../core/scan/tokens/rule.ts';
import { readCases } from '../../test/scan/tokens/cases.ts';

export interface Hostile {
  name: string;
  text: string;
}

const size = 65_536;

/** A piece, repeated to 64 KiB. */
function fill(piece: string): string {
  return piece === '' ? '' : piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
}

/** Of each rule: its keywords close together, and its samples cut, spoilt and chained. */
export function* hostileTo(rule: TokenRule, samples: readonly string[]): Generator<Hostile> {
  const [keyword = ''] = rule.keywords;
  const all = rule.keywords.slice(0, 12);
  for (const gap of ['', ' ', '\n', '=', '="', '.', '-', '\\n', ': ', '/'])
    yield { name: `keywords joined by ${JSON.stringify(gap)}`, text: fill(all.join(gap) + gap) };
  for (const filler of ['a', 'A', '0', '-', ' ', '.', '/', 'aA0', '\n', 'key', '_key='])
    yield {
      name: `a keyword, and ${JSON.stringify(filler)}`,
      text: fill(keyword + fill(filler).slice(0, 700)),
    };
  for (const filler of ['a', '0', 'F', '=', ' '])
    yield {
      name: `a keyword, and only ${JSON.stringify(filler)}`,
      text: keyword + fill(filler).slice(keyword.length),
    };
  for (const sample of samples) {
    for (const part of [0.3, 0.6, 0.9]) {
      const cut = sample.slice(0, Math.ceil(sample.length * part));
      yield { name: `a sample's first ${part}`, text: fill(cut) };
      yield { name: `a sample's first ${part}, in lines`, text: fill(`${cut}\n`) };
    }
    yield { name: 'a sample without its end', text: fill(`${sample.slice(0, -1)} `) };
    yield { name: 'a sample with a strange end', text: fill(`${sample.slice(0, -1)}\x7f`) };
    yield { name: 'samples, chained', text: fill(sample) };
    yield { name: 'samples, chained by letters', text: fill(`${sample}Zz9`) };
  }
}

/** Of no rule: what a detector that knows names, or an encoding, has most to do with. */
export function* hostileToAll(rules: readonly TokenRule[]): Generator<Hostile> {
  const keywords = [...new Set(rules.flatMap((rule) => rule.keywords))];
  yield { name: 'every keyword', text: fill(keywords.join(' ')) };
  yield {
    name: 'every keyword, given something',
    text: fill(keywords.map((word) => `${word}="x`).join('')),
  };
  const pieces = [
    'a',
    '0',
    '=',
    '%',
    '%4',
    '%41',
    '"',
    "'",
    '\\',
    '\\"',
    '{',
    '[',
    '(',
    '<',
    '>',
    '-',
    '--',
    ':',
    '://',
    '$',
    '${',
    '\n',
    '\t',
    ' ',
    'password',
    'password=',
    'password="',
    'password: ',
    'password="a',
    'passwordpassword',
    '--password ',
    'key=',
    `${'key='.repeat(90)}\n`,
    'api_key = "',
    'token:',
    '<password>',
    '<password>a',
    'password,"',
    'password(',
    'password:-',
    'password", value',
    'secret\n value: ',
    'pass ',
    'Authorization: Bearer ',
    'eyJ',
    'eyJhbGciOi',
    'eyJ.',
    '.eyJ',
    'eyJhbGciOiJIUzI1NiJ9.eyJ',
    'LS0tLS1CRUdJTi',
    '-----BEGIN ',
    '-----BEGIN RSA PRIVATE KEY-----\n',
    '$2a$10$',
    '$6$',
    '$argon2id$',
    'cGFzc3dvcmQ9',
    'cGFzc3dvcmQ9\n',
    '70617373776f72643d',
    '%70%61%73%73',
    'QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB',
    'UTBGV1EwRldRMEZXUTBGV1EwRldRMEZX',
    '414141414141',
    '\u00e9',
    '\u{1f600}',
    'a:b@',
    '://a:',
    'http://a:b',
    '://a:b@',
    'curl -u a:',
    'mysql -p',
    'kind: Secret\n',
    'kind: Secret\ndata:\n',
    'a: |\n',
    '- - - ',
    'a: {',
    '&a [*a',
    'x: "\\',
    '- name: PASSWORD\n  value: ',
    'sops:\n',
    'ENC[AES256_GCM,data:',
  ];
  for (const piece of pieces)
    yield { name: `only ${JSON.stringify(piece.slice(0, 40))}`, text: fill(piece) };
}

/** The texts that rules are tested with, by rule: two of each. */
export function samplesByRule(): Map<string, string[]> {
  const samples = new Map<string, string[]>();
  for (const { rule, ok, text } of readCases()) {
    const known = samples.get(rule) ?? [];
    if (ok && known.length < 2) samples.set(rule, [...known, text]);
  }
  return samples;
}
