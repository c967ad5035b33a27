import { isEdgesealError } from '../../core/errors.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { matchesNamespace } from '../../core/policy/glob.ts';
import { authorsOfKey } from '../../core/secret/author.ts';
import { statementBytes } from '../../core/secret/statement.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { sshFingerprint } from '../../core/trust/ssh-key.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { isPromptless } from './key-file.ts';
import { findSigningKey, sign } from './signer.ts';
import type { SigningKey } from './signer.ts';

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

/** Somebody's way of signing, found once a command. */
export interface Signer {
  /** Whether it may run in several processes at once: nobody is asked for a passphrase or a touch. */
  promptless: boolean;
  /** Signs those that the person may write to; the others come back as they are, and a warning says why. */
  sign(secrets: EdgeSecret[]): Promise<EdgeSecret[]>;
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
  if (secrets.length === 0) return { secrets, author: undefined };
  const signed = await (await openSigner(io, state, options)).sign(secrets);
  const author = signed.find((secret, i) => secret !== secrets[i])?.spec.signatures.at(-1)?.author;
  return { secrets: signed, author };
}

/**
 * Finds the person's key and what it may sign; {@link signChanges} in two steps, for commands that seal while they sign.
 *
 * @throws EdgesealError `trust-signer` only where a key was named and cannot be used
 */
export async function openSigner(
  io: Io,
  state: RepositoryState,
  options: SignOptions,
): Promise<Signer> {
  const output = new Output(io);
  const nobody: Signer = { promptless: true, sign: (secrets) => Promise.resolve(secrets) };
  const later = 'commit it as it is; a listed author then runs: edgeseal sign --all';
  if (options.sign === false) return nobody;
  let key: SigningKey;
  try {
    key = await findSigningKey({ cwd: io.cwd, env: io.env, keyPath: options.signingKey });
  } catch (error) {
    if (options.signingKey !== undefined || !isEdgesealError(error, 'trust-signer')) throw error;
    output.warn(`not signed: ${error.message}`, error.hint ?? later);
    return nobody;
  }
  const authors = authorsOfKey(key.publicKey, state.root);
  const first = authors[0];
  if (first === undefined) {
    output.warn(
      `not signed: your key ${sshFingerprint(key.publicKey.blob)} is not an author's in trust root ${state.root.number}`,
      later,
    );
    return nobody;
  }
  return {
    promptless: await isPromptless(key),
    async sign(secrets) {
      const mine = new Set<EdgeSecret>();
      for (const secret of secrets) {
        const { namespace, name } = secret.metadata;
        if (authors.some((a) => matchesNamespace(a.namespaces, namespace))) mine.add(secret);
        else {
          output.warn(
            `${namespace}/${name} is not signed: ${first.name} may not write to namespace ${namespace}`,
            later,
          );
        }
      }
      const signatures = await sign({
        key,
        namespace: signatureNamespaces.secret,
        messages: [...mine].map((secret) => statementBytes(state.root.spec.repository, secret)),
        env: io.env,
        cwd: io.cwd,
      });
      return secrets.map((secret) => {
        const signature = mine.has(secret) ? signatures.shift() : undefined;
        return signature === undefined ? secret : withSignature(secret, first.name, signature);
      });
    },
  };
}

function withSignature(secret: EdgeSecret, author: string, signature: string): EdgeSecret {
  const signatures = [...secret.spec.signatures, { author, signature }];
  return { ...secret, spec: { ...secret.spec, signatures } };
}
