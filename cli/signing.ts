import { isEdgesealError } from '../core/errors.ts';
import type { EdgeSecret } from '../core/format/edge-secret.ts';
import type { RepositoryState } from '../core/repository/repository-state.ts';
import { matchesNamespace } from '../core/policy/glob.ts';
import { authorsOfKey } from '../core/secret/author.ts';
import { statementBytes } from '../core/secret/statement.ts';
import { signatureNamespaces } from '../core/trust/signed-by.ts';
import { sshFingerprint } from '../core/trust/ssh-key.ts';
import type { Io } from './io.ts';
import { Output } from './output.ts';
import { findSigningKey, sign } from './signer.ts';

export interface SignOptions {
  /** `--signing-key`. */
  signingKey?: string;
  /** False with `--no-sign`. */
  sign?: boolean;
}

/** A secret, signed where that was possible. */
export interface SignResult {
  secrets: EdgeSecret[];
  /** The author who signed; absent where nobody did. */
  author: string | undefined;
}

/**
 * Signs changed secrets with the person's own key, all in one go. Somebody who is not in the root, or has no
 * key here, is no obstacle: the secrets stay unsigned, a warning says who has to do what.
 *
 * @throws EdgesealError `trust-signer` only where a key was named and cannot be used
 */
export async function signChanges(
  io: Io,
  state: RepositoryState,
  secrets: EdgeSecret[],
  options: SignOptions,
): Promise<SignResult> {
  const output = new Output(io);
  const unsigned = { secrets, author: undefined };
  const later = 'commit it as it is; a listed author then runs: edgeseal sign --all';
  if (options.sign === false || secrets.length === 0) return unsigned;
  let key;
  try {
    key = await findSigningKey({ cwd: io.cwd, env: io.env, keyPath: options.signingKey });
  } catch (error) {
    if (options.signingKey !== undefined || !isEdgesealError(error, 'trust-signer')) throw error;
    output.warn(`not signed: ${error.message}`, error.hint ?? later);
    return unsigned;
  }
  const authors = authorsOfKey(key.publicKey, state.root);
  const first = authors[0];
  if (first === undefined) {
    output.warn(
      `not signed: your key ${sshFingerprint(key.publicKey.blob)} is not an author's in trust root ${state.root.number}`,
      later,
    );
    return unsigned;
  }
  const mayWrite = (secret: EdgeSecret): boolean =>
    authors.some((a) => matchesNamespace(a.namespaces, secret.metadata.namespace));
  const mine = secrets.filter(mayWrite);
  for (const secret of secrets) {
    if (mine.includes(secret)) continue;
    output.warn(
      `${secret.metadata.namespace}/${secret.metadata.name} is not signed: ${first.name} may not write to namespace ${secret.metadata.namespace}`,
      later,
    );
  }
  const messages = mine.map((secret) => statementBytes(state.root.spec.repository, secret));
  const signatures = await sign({
    key,
    namespace: signatureNamespaces.secret,
    messages,
    env: io.env,
    cwd: io.cwd,
  });
  const signed = new Map<EdgeSecret, EdgeSecret>();
  for (const [index, secret] of mine.entries()) {
    const signature = signatures[index];
    if (signature === undefined) continue;
    const entry = { author: first.name, signature };
    signed.set(secret, {
      ...secret,
      spec: { ...secret.spec, signatures: [...secret.spec.signatures, entry] },
    });
  }
  return { secrets: secrets.map((secret) => signed.get(secret) ?? secret), author: first.name };
}
