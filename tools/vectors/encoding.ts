import { writeCases } from './cases.ts';
import type { CaseJson } from './cases.ts';
import { east } from './unseal-case.ts';

/** One case of the suite; `kind` says what is done with the input. */
type EncodingCase = { name: string; why: string; kind: string } & CaseJson;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function read(name: string, why: string, input: string | Uint8Array, ok = false): EncodingCase {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  const expect = ok ? { accept: true } : { refuse: 'canonical' };
  return { name: `canonical-read-${name}`, why, kind: 'canonical-read', bytes: hex(bytes), expect };
}

function write(name: string, why: string, json: string, canonical?: string): EncodingCase {
  const expect = canonical === undefined ? { refuse: 'canonical' } : { canonical };
  return { name: `canonical-write-${name}`, why, kind: 'canonical-write', json, expect };
}

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

const canonical: EncodingCase[] = [
  write(
    'rfc8785',
    'order and escapes of RFC 8785',
    '{"\\u20ac":"$","\\r":"\\u20ac","1":"\\n"}',
    '{"\\r":"€","1":"\\n","€":"$"}',
  ),
  write(
    'utf16-order',
    'U+1F600 sorts before U+FB33: by UTF-16 code unit, not by code point',
    '{"\\ufb33":1,"\\ud83d\\ude00":2}',
    '{"😀":2,"\ufb33":1}',
  ),
  write(
    'escapes',
    'the shortest escapes, lower-case digits, / as itself',
    '"\\u0008\\u0009\\u000a\\u000c\\u000d\\u001f\\u0022\\u005c\\u002f"',
    '"\\b\\t\\n\\f\\r\\u001f\\"\\\\/"',
  ),
  write(
    'html',
    'no escapes for what is special elsewhere: < > & U+007F U+2028',
    '"<>&\\u007f\\u2028"',
    '"<>&\u007f\u2028"',
  ),
  write(
    'proto',
    '__proto__ is a key',
    '{"b":1,"__proto__":{"a":2}}',
    '{"__proto__":{"a":2},"b":1}',
  ),
  write(
    'prefix-order',
    'a key sorts before a longer one that begins with it',
    '{"ab":1,"a":2,"a-":3}',
    '{"a":2,"a-":3,"ab":1}',
  ),
  write(
    'largest-integer',
    '2^53 - 1',
    '[9007199254740991,-9007199254740991]',
    '[9007199254740991,-9007199254740991]',
  ),
  write(
    'empty',
    'empty containers',
    ' { "a" : [ ] , "b" : { } , "c" : "" } ',
    '{"a":[],"b":{},"c":""}',
  ),
  write('literals', 'null and booleans', '[null, true, false]', '[null,true,false]'),
  write('depth-32', '32 arrays inside each other', nested(32), nested(32)),
  write('depth-33', '33 arrays inside each other', nested(33)),
  write('fraction', 'a number that is no integer', '[1.5]'),
  write('too-large-integer', '2^53', '[9007199254740992]'),
  write('lone-surrogate', 'half a surrogate pair', '"\\ud800"'),
  read('accept-object', 'what a writer writes', '{"a":[1,-1,0,null,true,"é"],"b":{}}', true),
  read('accept-proto', '__proto__ is a key', '{"__proto__":1}', true),
  read('accept-del', 'U+007F and U+2028 stand as themselves', '"\u007f\u2028"', true),
  read('accept-scalar', 'a scalar alone is canonical JSON', '7', true),
  read('empty', 'no bytes at all', ''),
  read('not-json', 'not JSON', '{a:1}'),
  read('trailing-comma', 'a trailing comma', '{"a":1,}'),
  read('white-space', 'a space after a colon', '{"a": 1}'),
  read('leading-space', 'a space before', ' {"a":1}'),
  read('final-line-feed', 'a line feed at the end', '{"a":1}\n'),
  read('second-value', 'a second value after the first', '{"a":1}{"a":1}'),
  read('unsorted', 'keys not sorted', '{"b":1,"a":2}'),
  read('code-point-order', 'keys sorted by code point', '{"\ufb33":1,"😀":2}'),
  read('duplicate-key', 'a key twice, with one value', '{"a":1,"a":1}'),
  read('duplicate-key-other-value', 'a key twice, with two values', '{"a":1,"a":2}'),
  read('duplicate-key-escaped', 'a key twice, once as an escape', '{"a":1,"\\u0061":1}'),
  read('byte-order-mark', 'a byte order mark', '\ufeff{"a":1}'),
  read('escaped-slash', 'an escape that is not needed', '"\\/"'),
  read('escaped-letter', 'a letter as an escape', '"\\u0061"'),
  read('upper-case-escape', 'upper-case digits in an escape', '"\\u001F"'),
  read('long-escape', '\\u000a for \\n', '"\\u000a"'),
  read('raw-control', 'a raw control character', '"\u0001"'),
  read('negative-zero', '-0', '[-0]'),
  read('fraction-zero', '1.0', '[1.0]'),
  read('fraction', '0.5', '[0.5]'),
  read('exponent', '1e2', '[1e2]'),
  read('leading-zero', '01', '[01]'),
  read('plus', '+1', '[+1]'),
  read('too-large-integer', '2^53: two integers would read as one float', '[9007199254740992]'),
  read('rounds-to-safe', 'a number that some readers round', '[9007199254740991.1]'),
  read('infinity', 'a number beyond floats', '[1e400]'),
  read('nan', 'NaN', '[NaN]'),
  read('depth-33', '33 arrays inside each other', nested(33)),
  read('depth-5000', 'a reader that recurses must not run out of stack', nested(5000)),
  read('lone-surrogate', 'an escape of half a surrogate pair', '"\\udc00"'),
  read('not-utf8', 'a byte that is not UTF-8', Buffer.from('22ff22', 'hex')),
  read('overlong', 'an overlong form of a slash', Buffer.from('22c0af22', 'hex')),
  read('encoded-surrogate', 'a surrogate in UTF-8', Buffer.from('22eda08022', 'hex')),
];

function base64(name: string, why: string, text: string, bytes?: string): EncodingCase {
  const expect = bytes === undefined ? { refuse: 'base64' } : { bytes };
  return { name: `base64-${name}`, why, kind: 'base64', text, expect };
}

const moreCanonical: EncodingCase[] = [
  read('text-alone', 'a string alone is canonical JSON', '"a"', true),
  read('number-alone', 'a number alone is canonical JSON', '0', true),
  read('null-alone', 'null alone is canonical JSON', 'null', true),
];

const base64Cases: EncodingCase[] = [
  base64('empty', 'no bytes', '', ''),
  base64('one-byte', 'two digits and two =', '/w==', 'ff'),
  base64('two-bytes', 'three digits and one =', '+/8=', 'fbff'),
  base64('three-bytes', 'four digits', 'AAEC', '000102'),
  base64('no-padding', 'no padding', '/w'),
  base64('half-padding', 'one = missing', '/w='),
  base64('extra-padding', 'one = too many', 'AAEC='),
  base64('only-padding', 'padding of nothing', '===='),
  base64('padding-inside', 'padding before the end', '/w==AAEC'),
  base64('trailing-bits-4', 'unused bits not zero, one byte', '/x=='),
  base64('trailing-bits-2', 'unused bits not zero, two bytes', '+/9='),
  base64('one-digit', 'a digit alone', 'A'),
  base64('five-digits', 'five digits', 'AAECA'),
  base64('url-alphabet', 'the URL-safe alphabet', '-_8='),
  base64('space', 'a space inside', 'AA EC'),
  base64('leading-space', 'a space before', ' AAEC'),
  base64('line-feed', 'a line feed at the end', 'AAEC\n'),
  base64('crlf-inside', 'a line break inside', 'AAEC\r\nAAEC'),
  base64('nul', 'a NUL', 'AAE\u0000'),
  base64('not-ascii', 'a digit of another script', 'AAE\u0661'),
  base64('full-width', 'a full-width letter', 'AAE\uff21'),
];

const raw = Buffer.from(east.raw);
const rawText = raw.toString('base64');

function publicKey(name: string, why: string, text: string, refuse?: string): EncodingCase {
  const expect = refuse === undefined ? { sha256: east.sha256, keyId: east.id } : { refuse };
  return { name: `public-key-${name}`, why, kind: 'region-public-key', text, expect };
}

/** The key of us-east with other bytes at an offset. */
function withBytes(offset: number, bytes: string): string {
  const copy = Buffer.from(raw);
  copy.set(Buffer.from(bytes, 'hex'), offset);
  return copy.toString('base64');
}

const point = (name: string, why: string, bytes: string): EncodingCase =>
  publicKey(`x25519-${name}`, why, withBytes(1184, bytes), 'key');

const publicKeys: EncodingCase[] = [
  publicKey('us-east', 'the key of keys/us-east.key', raw.toString('base64')),
  publicKey('short', 'one byte short', raw.subarray(1).toString('base64'), 'key'),
  publicKey(
    'long',
    'one byte more',
    Buffer.concat([raw, Buffer.alloc(1)]).toString('base64'),
    'key',
  ),
  publicKey('empty', 'no bytes', '', 'key'),
  publicKey('line-feed', 'a line feed at the end', `${rawText}\n`, 'base64'),
  publicKey('space', 'a space before', ` ${rawText}`, 'base64'),
  publicKey('no-padding', 'missing padding', raw.toString('base64').replace(/=+$/, ''), 'base64'),
  publicKey(
    'ml-kem-first',
    'the first coefficient is 3329',
    withBytes(0, `01${(0x0d | (raw[1]! & 0xf0)).toString(16).padStart(2, '0')}`),
    'key',
  ),
  publicKey(
    'ml-kem-second',
    'the second coefficient is 4095',
    withBytes(1, `${(0xf0 | (raw[1]! & 0x0f)).toString(16)}ff`),
    'key',
  ),
  publicKey(
    'ml-kem-last',
    'the last coefficient is 4095',
    withBytes(1150, `${(0xf0 | (raw[1150]! & 0x0f)).toString(16)}ff`),
    'key',
  ),
  point('zero', 'u = 0, order 4', '00'.repeat(32)),
  point('one', 'u = 1, order 1 on the curve', `01${'00'.repeat(31)}`),
  point(
    'order-8',
    'a point of order 8',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  ),
  point(
    'order-8-other',
    'the other point of order 8',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  ),
  point('minus-one', 'u = p - 1', `ec${'ff'.repeat(30)}7f`),
  point('p', 'u = p, another spelling of 0', `ed${'ff'.repeat(30)}7f`),
  point('p-plus-1', 'u = p + 1, another spelling of 1', `ee${'ff'.repeat(30)}7f`),
  point('unreduced', 'u = 2^255 - 1, another spelling of 18', `${'ff'.repeat(31)}7f`),
  point(
    'top-bit',
    'the unused top bit set: a second spelling of the same key',
    Buffer.from(raw.subarray(1184, 1215)).toString('hex') + (raw[1215]! | 0x80).toString(16),
  ),
];

function privateKey(name: string, why: string, text: string, refuse = true): EncodingCase {
  const expect = refuse ? { refuse: 'key' } : { keyIds: [zeroSeedId] };
  return { name: `private-key-${name}`, why, kind: 'region-private-key', text, expect };
}

/** The id of the key whose seed is 32 zero bytes. */
const zeroSeedId = '3bb0b003f553f49f';
const line = `edgeseal-region-key-1-${'A'.repeat(43)}`;

const privateKeys: EncodingCase[] = [
  privateKey('line', 'one line; the seed is 32 zero bytes', `${line}\n`, false),
  privateKey('no-line-feed', 'without a line feed', line, false),
  privateKey(
    'comments',
    'comments, empty lines, CRLF, white space around',
    `# made up\r\n\r\n  ${line} \r\n`,
    false,
  ),
  privateKey('none', 'no key at all', '# nothing\n'),
  privateKey('version-2', 'another version', line.replace('key-1', 'key-2')),
  privateKey('short', '31 bytes', `edgeseal-region-key-1-${'A'.repeat(42)}`),
  privateKey('padded', 'padded', `${line}=`),
  privateKey('trailing-bits', 'unused bits not zero', `${line.slice(0, -1)}B`),
  privateKey('standard-alphabet', 'the standard alphabet', `${line.slice(0, -3)}+/A`),
  privateKey('other-line', 'a line that is something else', `${line}\nhello\n`),
  privateKey('tab', 'tabs around', `\t${line}\t\n`, false),
  privateKey('byte-order-mark', 'a byte order mark is no white space', `\ufeff${line}\n`),
  privateKey('wide-space', 'a no-break space is no white space', `${line}\u00a0\n`),
  privateKey('lone-cr', 'a carriage return ends no line', `${line}\r${line}\n`),
  privateKey('two-on-a-line', 'two keys on one line', `${line} ${line}`),
];

/** encoding/cases.json: canonical JSON, base64, region keys. */
export function makeEncodingVectors(): void {
  writeCases('encoding', [
    ...canonical,
    ...base64Cases,
    ...publicKeys,
    ...privateKeys,
    ...moreCanonical,
  ]);
}
