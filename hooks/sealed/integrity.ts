import { EdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { parseSecretPath, secretPath } from '../../core/format/names.ts';
import { brokenError, floorError } from '../../core/repository/past-errors.ts';
import { Past } from '../../core/repository/past.ts';
import { fileLogArgs, loggedSteps } from '../../core/repository/raw-log.ts';
import { auditRepository } from '../../core/repository/repository-audit.ts';
import { loadRepository } from '../../core/repository/repository-state.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { auditSecret, secretFiles } from '../../core/repository/secret-audit.ts';
import type { AuditedSecret } from '../../core/repository/secret-audit.ts';
import type { RepositoryView } from '../../core/repository/view.ts';
import { gitOutput } from '../git/process.ts';
import type { HookIo } from '../git/process.ts';
import type { Tree } from './tree.ts';

/** What changes in one secrets repository, and what it is judged by. */
export interface SealedChange {
  tree: Tree;
  /** The repository's folder from the top: `''` or `some/folder/`. */
  prefix: string;
  /** Paths below that which change and are there afterwards. */
  changed: ReadonlySet<string>;
  /** SHA-256 of the trust root that is believed. */
  pinned: string;
  /** History is read from these. */
  commits: readonly string[];
  /** Where the change is no commit yet: commits that it goes on from. */
  heads?: readonly string[];
  /** Whether a file that nobody has signed is refused, too. */
  needsSignature: boolean;
}

/** Something said of a file. */
export interface SealedFinding {
  level: 'error' | 'warning';
  /** Below the repository's folder; undefined where it is no one file's matter. */
  file: string | undefined;
  line: number;
  message: string;
  /** The command that mends it; undefined where a good file has to be taken back. */
  hint: string | undefined;
}

/** Judges sealed files and settings by all that needs no private key. */
export async function judgeChange(io: HookIo, change: SealedChange): Promise<SealedFinding[]> {
  const { tree, prefix, changed, pinned } = change;
  const view = tree.view(prefix);
  let state: RepositoryState;
  try {
    state = await loadRepository(view, pinned);
  } catch (error) {
    if (!(error instanceof EdgesealError)) throw error;
    return [...(await unreadable(view, changed)), withoutState(error, changed)];
  }
  const audited: AuditedSecret[] = [];
  for (const file of await secretFiles(state))
    if (changed.has(file)) audited.push(await auditSecret(state, file));
  const past = await pastOf(io, change, audited);
  const findings: SealedFinding[] = [];
  for (const one of audited) {
    await holdAgainstPast(state, change, past, one);
    for (const { level, error } of one.findings)
      findings.push(findingOf(level, error, one, change.needsSignature));
  }
  if ([...changed].some((path) => !path.startsWith('secrets/')))
    findings.push(...(await settingsFindings(state, changed)));
  return findings;
}

/** Adds to the findings what a file lacks beside what it came from. */
async function holdAgainstPast(
  { repository }: RepositoryState,
  { heads, tree, prefix }: SealedChange,
  past: Past,
  audited: AuditedSecret,
): Promise<void> {
  const { file, secret } = audited;
  if (secret === undefined || parseSecretPath(file) === undefined) return;
  const { floor, ...known } = await past.of(file);
  const before =
    heads === undefined
      ? undefined
      : await Promise.all(heads.map((head) => readAt(tree, `${head}:${prefix}${file}`)));
  const broken = known.brokenParts(secret, before);
  if (broken.length > 0) {
    // That no signature fits any more follows from it.
    audited.findings = audited.findings.filter(({ error }) => error.code !== 'trust-author');
    audited.findings.push({ level: 'error', error: brokenError(file, broken) });
  }
  if (secret.spec.version < floor) {
    const error = floorError(audited, secret.spec.version, floor);
    audited.findings.push({ level: 'error', error });
  } else if (broken.length === 0 && known.isNotRaised(repository.spec.id, secret, before)) {
    const message = `it was changed, and is still version ${secret.spec.version}: clusters that have that one refuse it`;
    audited.findings.push({ level: 'error', error: new EdgesealError('trust-floor', message) });
  }
}

async function readAt(tree: Tree, name: string): Promise<EdgeSecret | undefined> {
  try {
    return parseEdgeSecret(await tree.read(name));
  } catch (error) {
    if (error instanceof EdgesealError) return undefined;
    throw error;
  }
}

async function pastOf(
  io: HookIo,
  { tree, prefix, commits }: SealedChange,
  audited: readonly AuditedSecret[],
): Promise<Past> {
  const files = new Set(audited.map(({ file }) => file));
  if (files.size === 0 || commits.length === 0) return new Past(new Map(), tree);
  const literal = { ...io, env: { ...io.env, GIT_LITERAL_PATHSPECS: '1' } };
  const log = await gitOutput(literal, fileLogArgs(commits, prefix, files));
  return new Past(loggedSteps(log.toString('utf8'), prefix, files), tree);
}

function findingOf(
  level: SealedFinding['level'],
  error: EdgesealError,
  { file, secret }: AuditedSecret,
  needsSignature: boolean,
): SealedFinding {
  const { code, line = 1, message } = error;
  // A newcomer seals without being listed, and a listed author signs it later.
  const isUnsigned = code === 'trust-author' && secret?.spec.signatures.length === 0;
  const isDamage = code.startsWith('format-') || code === 'seal-open' || code === 'seal-elided';
  const isStale = code === 'trust-author' && !isUnsigned;
  const isUnreadable = secret === undefined && error.field !== 'metadata';
  const words = isUnreadable ? `not readable as a sealed file: ${message}` : message;
  return {
    level: isUnsigned && !needsSignature ? 'warning' : level,
    file,
    line,
    message: words,
    hint: isDamage || isStale ? undefined : error.hint,
  };
}

/** Where the settings cannot be read, it can still be said what no settings are needed for. */
async function unreadable(
  view: RepositoryView,
  changed: ReadonlySet<string>,
): Promise<SealedFinding[]> {
  const findings: SealedFinding[] = [];
  for (const file of changed) {
    const place = parseSecretPath(file);
    if (place === undefined) continue;
    try {
      const { namespace, name } = parseEdgeSecret((await view.read(file)) ?? Buffer.of()).metadata;
      if (secretPath(namespace, name) === file) continue;
      const message = `the file says it is ${namespace}/${name}`;
      findings.push({ level: 'error', file, line: 1, message, hint: undefined });
    } catch (error) {
      if (!(error instanceof EdgesealError)) throw error;
      const message = `not readable as a sealed file: ${error.message}`;
      findings.push({ level: 'error', file, line: error.line ?? 1, message, hint: undefined });
    }
  }
  return findings;
}

/** Who breaks the settings is refused; who merely meets broken ones is told that little could be judged. */
function withoutState(error: EdgesealError, changed: ReadonlySet<string>): SealedFinding {
  const { file, line = 1, message, hint } = error;
  const isTheirs = [...changed].some((path) => !path.startsWith('secrets/'));
  return isTheirs
    ? { level: 'error', file, line, message, hint }
    : {
        level: 'warning',
        file,
        line,
        message: `${message}; so sealed files were judged by their form alone`,
        hint,
      };
}

async function settingsFindings(
  state: RepositoryState,
  changed: ReadonlySet<string>,
): Promise<SealedFinding[]> {
  const names = (await secretFiles(state)).flatMap((file) => parseSecretPath(file) ?? []);
  const findings = await auditRepository(state, names);
  return findings.map(({ level, error, awaitsRoot }) => {
    const { file, line = 1, message, hint } = error;
    const isTheirs = file === undefined || changed.has(file);
    // A key and the root that lists it are proposed in one commit; the root is signed in later ones.
    const isRefused = level === 'error' && isTheirs && awaitsRoot !== true;
    return { level: isRefused ? 'error' : 'warning', file, line, message, hint };
  });
}
