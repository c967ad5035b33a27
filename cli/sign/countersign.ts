import { EdgesealError } from '../../core/errors.ts';
import { formatEdgeSecret, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { matchesNamespace } from '../../core/policy/glob.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { authorsOfKey } from '../../core/secret/author.ts';
import { statementBytes } from '../../core/secret/statement.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { sshFingerprint } from '../../core/trust/ssh-key.ts';
import type { Io } from '../terminal/io.ts';
import { findSigningKey, sign } from '../signer/signer.ts';
import type { SigningKey } from '../signer/signer.ts';
import type { FileChange } from '../change/staged-files.ts';
import type { OpenRepository } from '../repository.ts';
import type { Candidate } from './candidate.ts';
import type { Shown } from './look.ts';

/** Somebody who signs for others. */
export interface Countersigner {
  author: string;
  key: SigningKey;
  mayWrite(namespace: string): boolean;
}

/**
 * The person's key, which has to be a listed author's: here they asked to sign, so that there is none is an error.
 *
 * @throws EdgesealError `trust-signer`
 */
export async function findCountersigner(
  io: Io,
  state: RepositoryState,
  keyPath: string | undefined,
): Promise<Countersigner> {
  const key = await findSigningKey({ cwd: io.cwd, env: io.env, keyPath });
  const authors = authorsOfKey(key.publicKey, state.root);
  const [first] = authors;
  if (first === undefined) {
    throw new EdgesealError(
      'trust-signer',
      `your key ${sshFingerprint(key.publicKey.blob)} is not an author's in trust root ${state.root.number}: nothing was signed`,
      {
        file: key.path,
        hint: 'name another key of yours with --signing-key FILE, or have it listed: edgeseal trust add-author YOUR-NAME --key YOUR-KEY.pub',
      },
    );
  }
  return {
    author: first.name,
    key,
    mayWrite: (namespace) => authors.some((a) => matchesNamespace(a.namespaces, namespace)),
  };
}

/** A secret that was shown, and as it is once it is signed. */
export interface Signed extends Shown {
  after: EdgeSecret;
}

/**
 * Signs what was shown; nothing is written.
 *
 * @throws EdgesealError `git-dirty` where a file changed since
 */
export async function countersignAll(
  io: Io,
  repository: OpenRepository,
  signer: Countersigner,
  shown: readonly Shown[],
): Promise<Signed[]> {
  const candidates = shown.map(({ candidate }) => candidate);
  const secrets = await countersign(io, repository.state, signer, candidates);
  await requireUnchanged(repository, candidates);
  return shown.flatMap((one, index) => {
    const after = secrets[index];
    return after === undefined ? [] : [{ ...one, after }];
  });
}

/** The file that a signed secret is written to. */
export function fileOf({ candidate: { file }, after }: Signed): FileChange {
  return { file, content: formatEdgeSecret(after) };
}

/** Somebody may think for minutes before they say yes; a pull meanwhile must neither be signed unseen nor be undone. */
async function requireUnchanged(
  { state }: OpenRepository,
  candidates: readonly Candidate[],
): Promise<void> {
  for (const { file, secret } of candidates) {
    const bytes = await state.view.read(file);
    const now = bytes === undefined ? '' : formatEdgeSecret(parseEdgeSecret(bytes, file));
    if (now === formatEdgeSecret(secret)) continue;
    throw new EdgesealError('git-dirty', 'it changed while you looked at it: nothing was signed', {
      file,
      hint: 'run the command again',
    });
  }
}

/** The same secrets with one more signature each, those that do not count dropped. All in one go of ssh-keygen. */
async function countersign(
  io: Io,
  state: RepositoryState,
  { author, key }: Countersigner,
  candidates: readonly Candidate[],
): Promise<EdgeSecret[]> {
  const signatures = await sign({
    key,
    namespace: signatureNamespaces.secret,
    messages: candidates.map(({ secret }) => statementBytes(state.root.spec.repository, secret)),
    env: io.env,
    cwd: io.cwd,
  });
  return candidates.map(({ secret, kept }, index) => {
    const added = { author, signature: signatures[index] ?? '' };
    return { ...secret, spec: { ...secret.spec, signatures: [...kept, added] } };
  });
}
