import { isPlaceholder } from './placeholder.ts';
import { setOf } from './secret-name.ts';
import type { SecretName } from './secret-name.ts';

/** Words that stand where a value would, in documentation, in schemas and in forms. */
const words = setOf(`
  password passwd pass pwd secret token key value string text none null nil undefined true false yes
  no on off enabled disabled required optional default auto example sample test testing dummy fake
  mock foo bar baz user username name any all object number integer boolean array bearer basic plain
  random generated unset empty n/a get list create update opaque data env file vault readonly inherit
  write read id-token
`);
const switches =
  /^(?:true|false|yes|no|on|off|none|null|nil|undefined|enabled?|disabled?|required|optional|~)$/i;
const path = /^(?:~|\.{1,2}|[A-Za-z]:)?[/\\](?:[\w.@%+{}$-]+[/\\]?){1,20}$/;

/** How sure one can be that a name means what it says. */
export type Strictness = 'variable' | 'field';

/**
 * Whether what stands beside a secret's name is a secret.
 *
 * @param strictness `variable`: of an environment, where whatever is set is used; `field`: of any other data, where the name may
 *   mean something else, and so the value must look like one
 */
export function isSecretValue(value: string, name: SecretName, strictness: Strictness): boolean {
  const text = value.trim();
  if (text.length < 3 || text.length > 20_000 || isPlaceholder(text)) return false;
  if (switches.test(text) || path.test(text)) return false;
  if (/^[a-z][a-z0-9+.-]*:\/\/[^@\s]*$/i.test(text)) return false;
  if (name === 'token' && /^[\d.,]+(?:ms|[smhdwy]|[kmg]i?b?)?$/i.test(text)) return false;
  if (text.includes('PUBLIC KEY-') || text.includes('BEGIN CERTIFICATE')) return false;
  if (strictness === 'variable') return !/\s\S+\s/.test(text) || text.includes('-----BEGIN');
  return isFieldValue(text, name);
}

function isFieldValue(text: string, name: SecretName): boolean {
  // Prose, also in scripts that put no spaces between words.
  if (/[\s\u3000-\u9fff\uac00-\ud7af]/.test(text) || words.has(text.toLowerCase())) return false;
  if (text.length < (name === 'password' ? 4 : 8)) return false;
  // An expression, a call, a type, markup.
  if (/^[\w.]+\(|[<>()[\]{}]$|^[{[(<]|=>|\|\||&&/.test(text)) return false;
  const isWords = /^[A-Za-z]+(?:[-_. /:][A-Za-z]+)*$/.test(text);
  if (name === 'password') return !isWords || isUsedAsPassword(text);
  if (isWords)
    return (
      /^[A-Za-z]{24,}$/.test(text) &&
      /[A-Z]/.test(text.slice(1)) &&
      !/^[A-Z]?[a-z]+(?:[A-Z][a-z]+)+$/.test(text)
    );
  // my-app-token-v2, keys/prod.json
  if (/^(?:[a-z]+\d{0,3}[-_./:])*[a-z]+\d{0,3}(?:\.[a-z]{2,5})?$/i.test(text)) return false;
  return /\d/.test(text) && /[A-Za-z]/.test(text) ? true : /[^\w\s]/.test(text) && text.length >= 8;
}

/** Words alone may be a password where they are one that is well known as such, or not in plain lower case. */
function isUsedAsPassword(text: string): boolean {
  if (
    /^(?:change[-_ ]?(?:me|it|this|now)|letmein|hunter|prom-operator|swordfish|postgres|rabbitmq|admin|root|guest|welcome|qwerty)$/i.test(
      text,
    )
  )
    return true;
  return /^[a-z]+[A-Z][A-Za-z]*$/.test(text) ? false : /^[a-z]+(?:-[a-z]+){3,}$/.test(text);
}

/** Whether a text is a word that stands where a value would, as in `password: string`. */
export function isCommonWord(text: string): boolean {
  return words.has(text.toLowerCase());
}

const certificate =
  /^\s*(?:Bag Attributes[^]{0,2000}?)?-----BEGIN (?:TRUSTED |X509 )?(?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY|X509 CRL|EC PARAMETERS|DH PARAMETERS)/;

/** Certificates and public keys are no secret, wherever they stand. */
export function isPublicText(text: string): boolean {
  if (
    /^\s*(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S{1,20}|sk-\S{1,60}) AAAA[A-Za-z0-9+/=]+(?: [^\n]*)?\s*$/.test(
      text,
    )
  )
    return true;
  return certificate.test(text) && !text.includes('PRIVATE');
}
