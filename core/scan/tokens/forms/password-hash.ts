import type { TokenRule } from '../rule.ts';
import { isMonotonous } from '../randomness/random.ts';

const crypt = '[./A-Za-z0-9]';
/** Compose files and shells double it. */
const dollar = String.raw`(?:\\{0,2}\$){1,2}`;

const forms = [
  // bcrypt
  `${dollar}2[abxy]${dollar}[0-3][0-9]${dollar}${crypt}{53}(?!${crypt})`,
  // SHA-512, SHA-256, MD5 and Apache's MD5, of crypt(3) and htpasswd
  `${dollar}[56]${dollar}(?:rounds=[0-9]{1,9}${dollar})?${crypt}{1,16}${dollar}(?:${crypt}{86}|${crypt}{43})(?!${crypt})`,
  `${dollar}(?:apr)?1${dollar}${crypt}{4,8}${dollar}${crypt}{22}(?!${crypt})`,
  // yescrypt, scrypt
  `${dollar}(?:g?y|7)${dollar}${crypt}{1,20}${dollar}${crypt}{1,86}${dollar}${crypt}{43}(?!${crypt})`,
  // Argon2, PBKDF2 and scrypt, as PHC strings
  `${dollar}argon2(?:id|i|d)${dollar}(?:v=[0-9]{1,3}${dollar})?m=[0-9]{1,9},t=[0-9]{1,6},p=[0-9]{1,4}${dollar}[A-Za-z0-9+/]{8,100}={0,2}${dollar}[A-Za-z0-9+/]{16,200}`,
  `${dollar}(?:pbkdf2(?:-sha[0-9]{1,3})?|scrypt)${dollar}[a-z0-9=,]{1,40}${dollar}[./A-Za-z0-9+]{8,100}={0,2}${dollar}[./A-Za-z0-9+]{16,200}`,
  // Django, Werkzeug, PostgreSQL
  `pbkdf2_sha(?:256|1)${dollar}[0-9]{1,9}${dollar}[A-Za-z0-9]{6,64}${dollar}[A-Za-z0-9+/]{27,43}=`,
  `(?:pbkdf2:sha[0-9]{1,3}(?::[0-9]{1,9})?|scrypt:[0-9]{1,9}:[0-9]{1,4}:[0-9]{1,4})${dollar}[A-Za-z0-9]{6,32}${dollar}[0-9a-f]{40,128}`,
  `SCRAM-SHA-(?:1|256)${dollar}[0-9]{1,7}:[A-Za-z0-9+/]{16,64}={0,2}${dollar}[A-Za-z0-9+/]{27,43}={0,2}:[A-Za-z0-9+/]{27,43}={0,2}`,
  // LDAP
  `\\{(?:S?SHA(?:256|384|512)?|S?MD5)\\}[A-Za-z0-9+/]{22,140}={0,2}`,
  // WordPress, phpBB, Drupal
  `\\$[PH]\\$[./0-9A-Za-z]{31}(?!${crypt})`,
  `\\$S\\$[./0-9A-Za-z]{52}(?!${crypt})`,
];

/** Passwords as systems keep them: whoever has one can guess at it, without anybody noticing. */
export const passwordHash: TokenRule = {
  id: 'password-hash',
  title: 'the hash of a password',
  source: 'crypt(5), https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md',
  remedy: 'change the password: a hash that is known can be guessed at without limit',
  keywords:
    `2a$ 2b$ 2x$ 2y$ 5$ 6$ $1$ apr1$ y$j $7$ argon2id argon2i$ argon2d$ $pbkdf2 $scrypt$ pbkdf2_sha pbkdf2:sha scrypt:
    scram-sha- {sha {ssha {md5} {smd5} $p$b $h$9 $s$d`
      .split(/\s+/)
      .flatMap((keyword) => (keyword.length < 3 ? [`$${keyword}`, `\\${keyword}`] : [keyword])),
  before: 8,
  generic: true,
  after: 400,
  pattern: new RegExp(forms.join('|'), 'dg'),
  check: (hash) => !isMonotonous(hash.slice(-20)) && !isMonotonous(hash.slice(-36, -14)),
};
