import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import type { AuthorSignature, EdgeSecret } from '../../core/format/edge-secret.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import type { AuditedSecret } from '../../core/repository/secret-audit.ts';
import { judgeSignatures } from '../../core/secret/author.ts';
import type { SignatureVerdict } from '../../core/secret/author.ts';
import { statementDigest } from '../../core/secret/statement.ts';
import type { PastVersion } from '../change/history.ts';
import { ifMeant } from '../past/hold.ts';

/** What one signature that is there already is worth. The author's name is the file's claim where it does not count. */
export interface Claim {
  author: string;
  state: SignatureVerdict['state'] | 'malformed';
  fingerprint: string | undefined;
}

/** A sealed secret that no entitled author stands for, and that may be signed. */
export interface Candidate {
  file: string;
  namespace: string;
  name: string;
  secret: EdgeSecret;
  claims: Claim[];
  /** Signatures that count, which stay. */
  kept: AuthorSignature[];
  /** How the file as it was signed comes back, where somebody changed it after: perhaps nobody meant to. */
  back: string | undefined;
}

/** A sealed secret that may not be signed as it is. */
export interface Refused {
  file: string;
  namespace: string;
  name: string;
  errors: EdgesealError[];
}

/**
 * Looks at a sealed file as the one who is asked to vouch for it.
 *
 * @returns undefined where an author stands for it already
 */
export function lookAt(
  state: RepositoryState,
  audited: AuditedSecret,
): Candidate | Refused | undefined {
  const { file, namespace, name, secret, authors, findings } = audited;
  const isBroken = findings.some(({ error }) => error.code === 'seal-open');
  if (authors.length > 0 && !isBroken) return undefined;
  // What its signatures lack is what is about to be mended.
  const errors = findings
    .filter(({ level, error }) => level === 'error' && !aboutSignature(error))
    .map(({ error }) => error);
  if (secret === undefined || errors.length > 0) return { file, namespace, name, errors };
  const claims = claimsOf(state, secret);
  const kept = secret.spec.signatures.filter((_, index) => claims[index]?.state === 'valid');
  const hint = findings.find(({ error }) => error.code === 'trust-author')?.error.hint;
  const back = hint?.includes(ifMeant) === true ? hint.split(ifMeant)[0] : undefined;
  return { file, namespace, name, secret, claims, kept, back };
}

export function isRefused(looked: Candidate | Refused): looked is Refused {
  return 'errors' in looked;
}

/**
 * Two statements of one version would set clusters against each other: whoever has the one refuses the other.
 *
 * @param base the last version that an author stands for
 */
export function againstBase(
  { file, namespace, name, secret }: Candidate,
  base: PastVersion | undefined,
  repository: string,
): Refused | undefined {
  if (base === undefined || base.version < secret.spec.version) return undefined;
  if (statementDigest(repository, base.secret) === statementDigest(repository, secret))
    return undefined;
  const { version } = secret.spec;
  const message =
    base.version === version
      ? `commit ${base.commit.slice(0, 10)} has another version ${version} of it, which is signed: clusters that have the one refuse the other`
      : `it is version ${version}, and version ${base.version} of it was signed already (commit ${base.commit.slice(0, 10)}): clusters refuse the older one`;
  const error = new EdgesealError('trust-floor', message, {
    file,
    hint: `make the change again on top of that one, where it gets the next version: git checkout ${base.commit.slice(0, 10)} -- ${file}`,
  });
  return { file, namespace, name, errors: [error] };
}

/** What each signature of a secret is worth, in the file's order. A malformed one is no obstacle to judging the others. */
export function claimsOf(state: Pick<RepositoryState, 'root'>, secret: EdgeSecret): Claim[] {
  return secret.spec.signatures.map((signature) => claimOf(secret, signature, state));
}

function claimOf(
  secret: EdgeSecret,
  signature: AuthorSignature,
  state: Pick<RepositoryState, 'root'>,
): Claim {
  const alone = { ...secret, spec: { ...secret.spec, signatures: [signature] } };
  try {
    const [verdict] = judgeSignatures(alone, state.root);
    const { author = signature.author, state: worth = 'stale', fingerprint } = verdict ?? {};
    return { author, state: worth, fingerprint };
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    return { author: signature.author, state: 'malformed', fingerprint: undefined };
  }
}

function aboutSignature(error: EdgesealError): boolean {
  return error.code === 'trust-author' || error.code === 'format-ssh';
}
