import { EdgesealError, isEdgesealError } from '../errors.ts';
import type { EdgeSecret } from '../format/edge-secret.ts';
import { matchesNamespace } from '../policy/glob.ts';
import type { AcceptedRoot } from '../trust/root-chain.ts';
import { signatureNamespaces } from '../trust/signed-by.ts';
import { parseSshPublicKey, sameSshKey, sshFingerprint } from '../trust/ssh-key.ts';
import type { SshPublicKey } from '../trust/ssh-key.ts';
import { verifySshsig } from '../trust/sshsig.ts';
import { statementBytes } from './statement.ts';

/** What one signature of a sealed secret is worth under a root. */
export interface SignatureVerdict {
  /** `valid`: counts. `stale`: does not fit the statement. Others: a good signature of the wrong person. */
  state: 'valid' | 'stale' | 'unlisted' | 'not-entitled';
  /** Author name in the root; for unlisted keys the name that the file claims. */
  author: string;
  /** SHA256 fingerprint of the key, where the signature fits. */
  fingerprint?: string;
}

/**
 * Judges every signature. The signer is the key; the file's `author` is a hint.
 *
 * @param statement the secret's, where it is at hand already
 * @throws EdgesealError `format-ssh` where a signature is malformed
 */
export function judgeSignatures(
  secret: EdgeSecret,
  root: AcceptedRoot,
  statement?: Uint8Array,
): SignatureVerdict[] {
  if (secret.spec.signatures.length === 0) return [];
  const signed = statement ?? statementBytes(root.spec.repository, secret);
  return secret.spec.signatures.map(({ author, signature }) => {
    const key = verifySshsig(signature, signed, signatureNamespaces.secret);
    return key === undefined ? { state: 'stale', author } : judgeKey(key, author, secret, root);
  });
}

/** Names of the authors whose signature counts; one is enough. */
export function validAuthors(secret: EdgeSecret, root: AcceptedRoot): string[] {
  return judgeSignatures(secret, root)
    .filter((verdict) => verdict.state === 'valid')
    .map((verdict) => verdict.author);
}

/** Whether an author stands for it; nobody does for a malformed signature. */
export function isVouched(secret: EdgeSecret, root: AcceptedRoot): boolean {
  try {
    return validAuthors(secret, root).length > 0;
  } catch (error) {
    if (isEdgesealError(error)) return false;
    throw error;
  }
}

/**
 * Requires one valid, entitled signature.
 *
 * @param statement the secret's, where it is at hand already
 * @throws EdgesealError `trust-author`, saying what each signature lacks
 */
export function requireAuthor(
  secret: EdgeSecret,
  root: AcceptedRoot,
  statement?: Uint8Array,
): string {
  const verdicts = judgeSignatures(secret, root, statement);
  const valid = verdicts.find((verdict) => verdict.state === 'valid');
  if (valid !== undefined) return valid.author;
  const { namespace, name } = secret.metadata;
  throw new EdgesealError(
    'trust-author',
    `${namespace}/${name} ${wordsOf(verdicts, namespace, root.number)}`,
    {
      hint: `a listed author looks at it and runs: edgeseal sign ${namespace}/${name}`,
    },
  );
}

/** The authors whom a key belongs to, whatever they may write. */
export function authorsOfKey(
  key: SshPublicKey,
  root: AcceptedRoot,
): AcceptedRoot['spec']['authors'] {
  return root.spec.authors.filter((author) =>
    keysOf(author.keys).some((listed) => sameSshKey(listed, key)),
  );
}

/** Read once for each root: a region's ten thousand secrets are all held against the same few lines. */
const parsedKeys = new WeakMap<readonly string[], SshPublicKey[]>();

function keysOf(lines: readonly string[]): SshPublicKey[] {
  const known = parsedKeys.get(lines);
  if (known !== undefined) return known;
  const keys = lines.map((line) => parseSshPublicKey(line));
  parsedKeys.set(lines, keys);
  return keys;
}

function judgeKey(
  key: SshPublicKey,
  claimed: string,
  secret: EdgeSecret,
  root: AcceptedRoot,
): SignatureVerdict {
  const fingerprint = sshFingerprint(key.blob);
  const authors = authorsOfKey(key, root);
  const entitled = authors.find((a) => matchesNamespace(a.namespaces, secret.metadata.namespace));
  if (entitled !== undefined) return { state: 'valid', author: entitled.name, fingerprint };
  const listed = authors[0];
  if (listed !== undefined) return { state: 'not-entitled', author: listed.name, fingerprint };
  return { state: 'unlisted', author: claimed, fingerprint };
}

function wordsOf(verdicts: SignatureVerdict[], namespace: string, root: number): string {
  const first = verdicts[0];
  if (first === undefined) return 'is not signed';
  switch (first.state) {
    case 'not-entitled':
      return `is signed by ${first.author}, who may not write to namespace ${namespace}`;
    case 'unlisted':
      return `is signed by a key that trust root ${root} does not list (${first.fingerprint ?? ''})`;
    default:
      return 'was changed after it was signed: no signature fits';
  }
}
