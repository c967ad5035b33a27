/**
 * What the value of a name is expected to be: something a person chose (`password`), something drawn at random (`secret`, `key`),
 * or a header's whole value.
 */
export type NameKind = 'password' | 'secret' | 'key' | 'bare-key' | 'header';

/** What a name may end in without being another name: `API_KEY_PROD`, `passwordValue`. */
const endings = new Set(
  `value val string str text plain plaintext raw cleartext prod production dev devel development staging stage test testing qa uat
  local default new old current prev previous primary secondary live sandbox env environment base base64 b64 encoded main app
  us eu east west`.split(/\s+/),
);

const passwords = new Set(
  `password passwd passphrase passcode pwd pass passw pw psw pswd masterauth passwort motdepasse contrasena senha wachtwoord
  parola haslo`.split(/\s+/),
);
const passwordEnd =
  /(?:passwords?|passwd|passphrase|(?:db|user|my|root|admin|ssh|ftp|smtp|mail|pg|sql|login|store|key|redis|rabbit|mongo|ldap|proxy|http|require)(?:pass|pwd|pw))$/;

const keyEnd =
  /(?:api|access|secret|private|auth|master|account|licen[cs]e|encryption|signing|client|service|shared|app|admin)key$/;
const tokenEnd =
  /(?:auth|access|api|bearer|refresh|bot|session|secret|user|app|deploy|client|jwt|id|private|personal)token$/;
const secretEnd =
  /(?:client|app|api|shared|consumer|jwt|webhook|oauth2?|aws|session|cookie|signing|master|hmac)secret$/;

/** What a key is for, where the value is secret. */
const keyQualifiers = new Set(
  `api access secret private auth authentication authorization master account license licence encryption encrypt crypt crypto
  cipher signing sign signature client service shared app application admin subscription storage write read session server root jwt
  hmac aes des rsa webhook deploy integration functions function host ingest ingestion project team org user vault unseal
  wrapping data sdk rest connection primary secondary security cookie csrf token oauth sas feed push tls ssl ssh db database
  rails django flask laravel consumer developer dev merchant partner personal backend cloud`.split(
    /\s+/,
  ),
);

/** What makes of a key or a token something public, or no key at all. */
const harmless = new Set(
  `public pub correlation foreign partition sort cache index lookup hash idempotency dedup object map row group column field label annotation
  selector translation i18n l10n locale msg message lang hot short press event query next page pagination continuation cursor
  sync bookmark csrf xsrf crumb nonce fingerprint checksum digest sha sha1 sha256 sha512 md5 etag commit revision version id ids uuid
  recaptcha site publishable routing composite unique natural surrogate lex lexer parser syntax symbol start end stop eof
  anti blob forgery verification verifier verify integrity known host hosts`.split(/\s+/),
);

const cache = new Map<string, NameKind | undefined>();
const cacheSize = 5000;

/**
 * Judges a name (`dbPassword`, `X-Api-Key`, `spring.datasource.password`) by its last words.
 *
 * @param name letters, digits and what joins them
 * @returns undefined where its value is nothing to hide, or another thing than the secret itself (`passwordField`)
 */
export function nameKind(name: string): NameKind | undefined {
  const known = cache.get(name);
  if (known !== undefined || cache.has(name)) return known;
  if (cache.size >= cacheSize) cache.clear();
  const kind = judge(wordsOf(name));
  cache.set(name, kind);
  return kind;
}

/** The words of a name in lower case: `dbPassword`, `DB_PASSWORD`, `db-password`; `ñ`, which is UTF-8 read as Latin-1, counts as `n`. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/\u00c3\u00b1/g, 'n')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

function judge(words: string[]): NameKind | undefined {
  while (words.length > 1 && isEnding(words.at(-1) ?? '')) words.pop();
  const last = (words.pop() ?? '').replace(/(?<=[a-z])[0-9]{1,2}$/, '');
  if (last === 'passe' && words.slice(-2).join(' ') === 'mot de') return 'password';
  if (passwords.has(last) || passwordEnd.test(last)) return 'password';
  if (last === 'authorization') return 'header';
  const others = words.join(' ');
  if (words.some((word) => harmless.has(word)) && !/\bsecret\b|\bprivate\b/.test(others))
    return undefined;
  if (last === 'secret' || secretEnd.test(last)) return 'secret';
  if (/^(?:token|tokens|credentials?|creds?|auth)$/.test(last) || tokenEnd.test(last)) return 'key';
  if (keyEnd.test(last)) return 'key';
  if (last !== 'key') return undefined;
  if (words.length === 0) return 'bare-key';
  return words.some((word) => keyQualifiers.has(word)) ? 'key' : 'bare-key';
}

function isEnding(word: string): boolean {
  return endings.has(word) || /^v?[0-9]{1,2}$/.test(word);
}
