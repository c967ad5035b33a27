/** Texts that say of a value that it is none, wherever in it they stand. */
const never =
  /example|changeme|change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|this|with)|placeholder|dummy|redacted|x{4}|\*{3}|\.{3}|<[^>]*>|your[-_a-z]|(?:^|[-_])my[-_]|todo|fixme|insert[-_]|enter[-_]|not[-_]?(?:a[-_]?)?real|invalid|sample|goes[-_]?here|[-_]here$|to[-_]be[-_]|foo[-_]?bar|lorem|fill[-_]?(?:me|in)|not[-_]?set|no[-_]?password|obviously|made[-_]?up|fake|mock/i;

/** Words that are no value, alone or before a number. */
const words = new Set(
  `password passwd passwords passphrase pass pwd secret secrets token tokens key keys apikey credentials credential admin root user
  users username test tests testing tester demo default none null nil undefined true false yes no on off empty blank required
  optional string str text number int integer bool boolean bytes byte object array any unknown value values name field foo bar baz qux quux
  abc abcd asdf aaa bbb xxx zzz hidden masked private public internal external local localhost guest postgres postgresql mysql
  mariadb redis mongo mongodb rabbitmq minio sa oracle base utf ascii sha md oauth argon argon2id bcrypt scrypt pbkdf hmac rsa aes
  ed ecdsa http https bearer basic digest jwt saml openid oidc ldap kerberos plain plaintext file env environment prompt ask
  stdin input hash hashed encrypted unset wrong bad incorrect new old current confirm hello world welcome letmein something
  anything whatever nothing data type id passed auto generated automatic random disabled enabled changed`.split(
    /\s+/,
  ),
);

/** Vendors' own examples, known to everybody. */
const documented = [
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY',
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lI',
  'QWxhZGRpbjpvcGVuIHNlc2FtZQ',
  'QWxhZGRpbjpPcGVuU2VzYW1l',
  'sk_test_4eC39HqLyjWDarjtT1zdp7dc',
  '4eC39HqLyjWDarjtT1zdp7dc',
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq',
  'C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==',
  '2YotnFZFEjr1zCsicMWpAA',
  'gX1fBat3bV',
  'czZCaGRSa3F0MzpnWDFmQmF0M2JW',
  'QWxhZGRpbjp',
  'YWxhZGRpbjp',
  'dXNlcjpwYXNz',
  'YWRtaW46YWRtaW4=',
];

/** Whether a value says of itself, or is known to everybody to be, an example. For a vendor's tokens, too. */
export function isExample(value: string): boolean {
  if (
    /EXAMPLE|example|XXXX|xxxx|\*\*\*|\.\.\.|0{8}|1{8}|12345678|abcdefgh|ABCDEFGH|deadbeef/.test(
      value,
    )
  )
    return true;
  return documented.some((text) => value.startsWith(text));
}

/** Whether a value says that a person is to put another in its place. */
export function saysStandIn(value: string): boolean {
  return never.test(value);
}

/** Whether a value is made of words only that are too common to be one. */
export function isStandIn(value: string): boolean {
  const lower = plain(value.toLowerCase());
  const pieces = lower.split(/[^a-z]+/).filter((word) => word !== '');
  if (pieces.length === 0) return false;
  return pieces.every((word) => words.has(word) || isCompound(word));
}

/** `p@$$w0rd` */
function plain(text: string): string {
  return text.replace(/[@4301$5]/g, (sign, at: number) =>
    // At the end, digits are a number.
    /^[@4301$5]*$/.test(text.slice(at)) ? sign : (leet[sign] ?? sign),
  );
}

const leet: Record<string, string> = { '@': 'a', 4: 'a', 3: 'e', 0: 'o', 1: 'i', $: 's', 5: 's' };

/** `mysecretpassword`, `testtoken` */
function isCompound(word: string): boolean {
  const rest = word
    .replace(/password|passwd|passphrase|secret|token|apikey|credentials?/g, ' ')
    .trim();
  if (rest === word) return false;
  return rest
    .split(/\s+/)
    .every(
      (part) =>
        part.length <= 3 ||
        words.has(part) ||
        /^(?:super|very|some|client|access|user|admin|strong|long|good|wrong|correct|valid|initial|temp|temporary|shared|dev|prod|this|that|with|from|other|another|master|database|vault|github|refresh)s?$/.test(
          part,
        ),
    );
}
