import type { RuleName } from '../candidate.ts';
import type { Detector } from '../detector.ts';
import { hasFewSecrets, isCode, isTest } from './file.ts';
import { nameKind } from './name.ts';
import { givenTo } from './syntax.ts';
import { holdsPair, isPair, looksChosen, looksDrawn } from './value.ts';
import { isUuid } from '../randomness/random.ts';

const remedy =
  'change it where it is used, and take it from the environment, a file or a secret store';

const password: RuleName = {
  id: 'password-assignment',
  title: 'a password that is given to a name',
  source:
    'a name such as password or passphrase, and a value that is no stand-in, reference or code',
  remedy,
};
const key: RuleName = {
  id: 'key-assignment',
  title: 'a key or token that is given to a name',
  source: 'a name such as secret, token or api_key, and a value that looks drawn at random',
  remedy,
};
const authorization: RuleName = {
  id: 'authorization-header',
  title: 'the credentials of an Authorization header',
  source: 'https://www.rfc-editor.org/rfc/rfc9110#section-11.6.2',
  remedy,
};

/** The rules of {@link assignments}. */
export const assignmentRules: readonly RuleName[] = [password, key, authorization];

const longestName = 80;
/** `a.key=b.key=...`: in a value there may be names, and each judges what is left of it. */
const mostSuffixes = 8;
const isNameByte = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.$')
  isNameByte[char.charCodeAt(0)] = 1;
/** `ñ` in UTF-8, for `contraseña`. */
for (const byte of Buffer.from('ñ')) isNameByte[byte] = 1;

/** "API key: ..." in prose: the word before belongs to the name. */
const firstHalf =
  /(?:api|access|secret|client|private|auth|encryption|signing|account|master|bearer|refresh)[ ]$/i;

/** Finds values by the name that they are given to, in whatever language. */
export const assignments: Detector = {
  keywords: [
    'passw',
    'passphrase',
    'passcode',
    'pass',
    'pwd',
    'secret',
    'token',
    'key',
    'credential',
    'creds',
    'auth',
    'motdepasse',
    'contrase',
    'senha',
    'wachtwoord',
    'parola',
    'haslo',
  ],
  on: (source, found) => {
    if (hasFewSecrets(source.path)) return () => undefined;
    const { bytes } = source;
    const code = !source.isDecoded && isCode(source.path);
    const isVectors = isTest(source.path);
    let done = 0;
    let judged = 0;
    let suffixes = 0;
    return (at) => {
      if (at < done) return;
      let start = at;
      while (start > 0 && at - start < longestName && isNameByte[bytes[start - 1] as number] === 1)
        start -= 1;
      let end = at;
      const last = Math.min(bytes.length, at + longestName);
      while (end < last && isNameByte[bytes[end] as number] === 1) end += 1;
      done = end;
      if (end - start > longestName) return;
      while (bytes[end - 1] === 46 || bytes[end - 1] === 45) end -= 1;
      const { text } = source;
      const half =
        bytes[start - 1] === 32
          ? (firstHalf.exec(text.slice(Math.max(0, start - 12), start))?.[0] ?? '')
          : '';
      const kind = nameKind(half + text.slice(start, end));
      if (kind === undefined) return;
      const given = givenTo(text, { start, end });
      if (given === undefined || (code && !given.isText)) return;
      suffixes = given.end === judged ? suffixes + 1 : 0;
      judged = given.end;
      if (suffixes > mostSuffixes) return;
      const { start: from, scheme } = given;
      const value = text.slice(from, given.end);
      const name = text.slice(start, end);
      if (isVectors && isVector(name, value)) return;
      const rule = judge(kind, value, name, scheme);
      if (rule !== undefined) found(rule, from, given.end);
    };
  },
};

function judge(
  kind: NonNullable<ReturnType<typeof nameKind>>,
  value: string,
  name: string,
  scheme: string,
): RuleName | undefined {
  if (value.toLowerCase() === name.toLowerCase()) return undefined;
  switch (kind) {
    case 'password':
      return looksChosen(value) ? password : undefined;
    case 'header':
      if (scheme === 'Basic') return isPair(value) ? authorization : undefined;
      return looksDrawn(value, 16) ? authorization : undefined;
    case 'secret':
      return looksDrawn(value, 10) || isChosenSecret(value) ? key : undefined;
    case 'key':
      if (/auth$/i.test(name) && holdsPair(value)) return isPair(value) ? key : undefined;
      return looksDrawn(value, 14) ? key : undefined;
    case 'bare-key':
      // A cache's key: words, and the digest of what it was made from.
      if (/^(?:[\w.]+-){1,20}[0-9a-f]{64}$/.test(value)) return undefined;
      return !isUuid(value) && !/^[0-9a-f-]+$/i.test(value) && looksDrawn(value, 24)
        ? key
        : undefined;
  }
}

/** In tests of cryptography, keys are what is tested with: long hex, under the names that papers have for it. */
function isVector(name: string, value: string): boolean {
  return (
    /^(?:0x)?[0-9a-f]{32,}$/i.test(value) && !/api|access|auth|token|client|jwt|hook/i.test(name)
  );
}

/** A secret that somebody made up, as passwords are: with capitals, digits and signs. */
function isChosenSecret(value: string): boolean {
  return (
    /[a-z]/.test(value) &&
    /[A-Z]/.test(value) &&
    /[0-9]/.test(value) &&
    /[!@#$%^&*?]/.test(value) &&
    looksChosen(value)
  );
}
