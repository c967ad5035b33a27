import { rank } from '../report.ts';
import type { Report } from '../report.ts';
import type { Source } from '../structure/source.ts';

const begin = '-----BEGIN ';
const label = /-----BEGIN ((?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?)-----/y;
const longest = 24_000;

/** `-----BEGIN ` in base64, once and twice: what `data` of a Secret, or a variable of a build, is made of. */
const encoded = ['LS0tLS1CRUdJTi', 'TFMwdExTMUNSVWRKVGlC'];

/** Finds private keys in armour: PKCS#1, PKCS#8, SEC 1, DSA, OpenSSH, PGP, PuTTY and age, also escaped or in base64. */
export function findPrivateKeys(source: Source, report: Report): void {
  const { text } = source;
  if (text.includes(begin)) findArmoured(source, report);
  for (const needle of encoded) if (text.includes(needle)) findEncoded(source, needle, report);
  if (text.includes('AGE-SECRET-KEY-')) findAge(source, report);
  if (text.includes('PuTTY-User-Key-File-')) findPutty(source, report);
}

function findArmoured(source: Source, report: Report): void {
  const { text } = source;
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at + begin.length)) {
    label.lastIndex = at;
    const name = label.exec(text)?.[1];
    if (name === undefined) continue;
    const start = at + begin.length + name.length + 5;
    const stop = text.indexOf('-----', start);
    const end = stop < 0 ? Math.min(text.length, start + longest) : Math.min(stop, start + longest);
    const body = text.slice(start, end);
    if (!hasKey(body)) continue;
    const isSealed = name.startsWith('ENCRYPTED') || /Proc-Type: 4,ENCRYPTED/.test(body);
    report.hit(source, at, end, {
      rule: name.includes('PGP') ? 'pgp-private-key' : 'private-key',
      rank: rank.structure,
      message: `${isSealed ? 'an encrypted' : 'a'} private key (${name})`,
      masked: `${begin}${name}-----****`,
      value: text.slice(at, end),
    });
  }
}

/** What a file may put between the lines of a key: escapes, quotes, signs that join strings, marks of comments. */
const between = /(?:\\[nrt]|[\s"'`+|>,;*#/\\-]){1,200}/y;
const keyHeader =
  /(?:Proc-Type|DEK-Info|Comment|Version|Hash|Charset|Subject|X-[A-Za-z-]{1,30}): [^\n\\]{0,200}/y;

/** Base64 right behind the first line; a few words or dots in its place are an example. */
function hasKey(body: string): boolean {
  let at = 0;
  for (let headers = 0; headers < 8; headers += 1) {
    between.lastIndex = at;
    if (between.test(body)) at = between.lastIndex;
    keyHeader.lastIndex = at;
    if (!keyHeader.test(body)) break;
    at = keyHeader.lastIndex;
  }
  const first = /[A-Za-z0-9+/=]{16,}/y;
  first.lastIndex = at;
  const [line] = first.exec(body) ?? [];
  if (line === undefined || /^[A-Za-z]{0,24}$/.test(line)) return false;
  const rest = body.slice(at, at + 4000).match(/[A-Za-z0-9+/=]{12,}/g) ?? [];
  const joined = rest.join('');
  return joined.length >= 32 && new Set(joined.slice(0, 200)).size >= 10;
}

function findEncoded(source: Source, needle: string, report: Report): void {
  const { text } = source;
  for (let at = text.indexOf(needle); at >= 0;) {
    const run = /[A-Za-z0-9+/=]{1,40000}/y;
    run.lastIndex = at;
    const [found = ''] = run.exec(text) ?? [];
    const end = at + Math.max(found.length, needle.length);
    const decoded = decode(found);
    const twice = needle === encoded[1] ? decode(decoded) : decoded;
    const [, name] =
      /-----BEGIN ((?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?)-----/.exec(twice) ?? [];
    if (name !== undefined) {
      report.hit(source, at, end, {
        rule: name.includes('PGP') ? 'pgp-private-key' : 'private-key',
        rank: rank.structure,
        message: `a private key in base64 (${name})`,
        value: twice,
      });
    }
    at = text.indexOf(needle, end);
  }
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

/** https://github.com/C2SP/C2SP/blob/main/age.md: Bech32, in upper case. */
const age = /AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{50,3000}/g;

function findAge(source: Source, report: Report): void {
  for (const { 0: key, index } of source.text.matchAll(age)) {
    if (new Set(key.slice(17)).size < 10) continue;
    report.hit(source, index, index + key.length, {
      rule: 'age-secret-key',
      rank: rank.token,
      message: 'a secret key of age',
      masked: 'AGE-SECRET-KEY-****',
      value: key,
    });
  }
}

function findPutty(source: Source, report: Report): void {
  const { text } = source;
  const at = text.indexOf('PuTTY-User-Key-File-');
  const lines = text.indexOf('Private-Lines:', at);
  if (lines < 0 || !hasKey(text.slice(lines + 14, lines + 4000).replace(/^[^\n]*\n/, ''))) return;
  const mac = text.indexOf('Private-MAC:', lines);
  const end = mac < 0 ? Math.min(text.length, lines + longest) : mac;
  const isSealed = !/^Encryption: none/m.test(text.slice(at, lines));
  report.hit(source, at, end, {
    rule: 'private-key',
    rank: rank.structure,
    message: `${isSealed ? 'an encrypted' : 'a'} private key of PuTTY`,
    masked: 'PuTTY-User-Key-File-****',
    value: text.slice(at, end),
  });
}
