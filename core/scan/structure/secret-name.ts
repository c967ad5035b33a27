/** What a name promises: a password may be any text, a key or a token looks like one. */
export type SecretName = 'password' | 'token';

const passwords = setOf(`password passwd passwords pwd passphrase passcode pass`);
const tokens = setOf(`
  secret token apikey credential credentials apitoken authtoken secretkey privatekey accesstoken
  clientsecret
`);
/** What makes a key a secret one. */
const keyWords = setOf(`
  api secret private access encryption signing master account storage shared auth session app service
  admin license ssh hmac jwt cookie webhook consumer deploy client aes write ingest root unseal
`);
/** Behind a word that promises a secret, these say that something else is meant: where it lies, how long it is, how it is called. */
const others = setOf(`
  name names hash hashes hashing algo encoder ref refs reference file files filename path paths dir directory folder url uri urls
  endpoint host server port type kind id ids length size ttl expiry expiration expires expire expired
  lifetime duration timeout age min max minimum maximum limit limits policy policies enabled enable
  disabled disable required allowed rotation interval period version count namespace provider store
  storage class mount mounts volume volumes manager engine backend algorithm alg format encoding
  header headers regex pattern prefix suffix field fields label labels description desc title help
  hint text message error placeholder property selector env var variable public pub issuer audience
  aud scope scopes role roles user username owner group source mode method strategy location template
  templates list map spec status state exists from request requests review reviews reset change
  changed forgot confirm strength validator validation check rules rule generator hasher digest
  checksum keys key config configuration options settings params plugin service account controller
  sync annotation annotations provided present created updated at on date time index number bits bytes
  cost iterations salt command cmd script args tool helper access login less free through link button
  page form input visible show hide usage attempts history reuse import image
`);

/** `checksum/secret` and the like. */
const fingerprints = setOf(`checksum checksums digest fingerprint sha`);
/** `existingSecret`, `passwordSecret`: how an object is called. */
const owners = setOf(`existing password credentials tls pull cert certificate ssl`);

const perRequest = setOf(`correlation csrf xsrf`);

/**
 * What a key, a variable or an option promises by its name, in whatever way its words are joined.
 *
 * @returns undefined for a name that promises no secret
 */
export function secretName(name: string): SecretName | undefined {
  if (name.length < 3 || name.length > 120) return undefined;
  const words = wordsOf(name);
  if (words.some((word) => fingerprints.has(word))) return undefined;
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (passwords.has(last) || /(?:password|passwd|passphrase)$/.test(last)) return 'password';
  if (last === 'pw' && words.length > 1) return 'password';
  if (last === 'secret' && owners.has(before)) return undefined;
  // Made anew for each request or page.
  if (last === 'token' && perRequest.has(before)) return undefined;
  if (tokens.has(last)) return isPublic(words) ? undefined : 'token';
  if (/[a-z](?:secret|token|apikey)$/.test(last)) return 'token';
  if (last === 'key' && keyWords.has(before)) return isPublic(words) ? undefined : 'token';
  // SECRET_KEY_BASE, JWT_SECRET_V2, password1, DB_PASSWORD_PROD
  if (last === 'base' && before === 'key') return 'token';
  const index = words.findLastIndex((word) => passwords.has(word) || tokens.has(word));
  if (index < 0) return undefined;
  const behind = words.slice(index + 1);
  if (behind.length === 0 || behind.some((word) => others.has(word))) return undefined;
  if (words[index] === 'pass') return undefined;
  return passwords.has(words[index] ?? '') ? 'password' : 'token';
}

/** Whether a name says that its value is the digest of something, which gives nothing away. */
export function isFingerprint(name: string): boolean {
  return name.length <= 120 && wordsOf(name).some((word) => fingerprints.has(word));
}

function isPublic(words: string[]): boolean {
  return words.some((word) => word === 'public' || word === 'pub' || word === 'publishable');
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}

/** A set of the words of a text. */
export function setOf(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/));
}
