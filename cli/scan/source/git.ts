import { extname } from 'node:path';
import { EdgesealError } from '../../../core/errors.ts';
import { rawEntry } from '../../../hooks/git/raw-entry.ts';
import { gitAnswer, gitText } from '../../git/git.ts';
import type { Io } from '../../terminal/io.ts';
import { readBlobs } from './blobs.ts';
import type { ScanInput } from './input.ts';
import { broughtBy } from './log.ts';
import type { Brought } from './log.ts';

/** Files of a Git repository that are not those of the working tree. */
export interface GitFiles {
  /** How many steps it will take, in what `onStep` counts. */
  total: number;
  inputs: AsyncIterable<ScanInput>;
}

/** What to read history from. */
export interface Revisions {
  /** For `git log`. */
  commits: readonly string[];
  /** As they were typed; none means all. */
  paths: readonly string[];
}

/** What a person types is a file's name, whatever characters it has. */
const literal = { GIT_LITERAL_PATHSPECS: '1' };

/** The files that the index has otherwise than HEAD, as they will be committed. */
export async function stagedFiles(io: Io, paths: readonly string[]): Promise<GitFiles> {
  await requireRepository(io);
  const options = ['--raw', '-z', '--no-abbrev', '--no-renames', '--ignore-submodules'];
  const args = ['diff', '--cached', ...options, '--', ...paths];
  const fields = (await gitText(io, args, { env: literal })).split('\0');
  const files: { path: string; oid: string }[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const entry = rawEntry(fields[i] ?? '');
    if (entry !== undefined) files.push({ path: fields[i + 1] ?? '', oid: entry.oid });
  }
  return { total: files.length, inputs: readBlobs(io, io.cwd, files) };
}

/**
 * What `git log` is given for a range of commits; without one, for everything that any ref reaches.
 *
 * @throws EdgesealError `git-repository` outside of a repository, `input-usage` for a range that git does not know
 */
export async function commitsOf(io: Io, range: string | undefined): Promise<string[]> {
  await requireRepository(io);
  if (range === undefined) {
    const head = await gitAnswer(io, ['rev-parse', '--verify', '--quiet', 'HEAD']);
    return head === undefined ? ['--all'] : ['--all', head];
  }
  // What begins with a dash would be an option to git.
  const known = range.startsWith('-')
    ? undefined
    : await gitAnswer(io, ['rev-list', '--max-count=1', range, '--']);
  if (known !== undefined) return [range];
  throw new EdgesealError('input-usage', `git knows no commits ${range} here`, {
    hint: 'name a range of commits, such as origin/main..HEAD; in a shallow clone: git fetch --unshallow',
  });
}

async function requireRepository(io: Io): Promise<void> {
  if ((await gitAnswer(io, ['rev-parse', '--git-dir'])) !== undefined) return;
  throw new EdgesealError('git-repository', 'this is not inside of a Git repository', {
    file: io.cwd,
    hint: 'go to the repository, or scan files: edgeseal scan PATH',
  });
}

/**
 * Every content that a file ever had in these commits, each once for each kind of file (what a file is called decides how
 * it is read), the newest first.
 *
 * @param onStep called for each commit
 */
export async function historyFiles(
  io: Io,
  { commits, paths }: Revisions,
  onStep: () => void,
): Promise<GitFiles> {
  const count = ['rev-list', '--count', ...commits, '--', ...paths];
  return {
    total: Number(await gitText(io, count, { env: literal })),
    inputs: readBlobs(io, io.cwd, eachOnce(broughtBy(io, commits, paths, onStep))),
  };
}

async function* eachOnce(
  brought: AsyncIterable<Brought>,
): AsyncGenerator<{ path: string; oid: string }> {
  // The only thing that grows with history: some 50 bytes for each content of a file.
  const seen = new Set<string>();
  for await (const { path, oid } of brought) {
    const key = Buffer.from(oid, 'hex').toString('latin1') + extname(path);
    if (seen.has(key)) continue;
    seen.add(key);
    yield { path, oid };
  }
}

/** The commits that brought some contents, by their ids; the oldest first. */
export async function whoBrought(
  io: Io,
  { commits, paths }: Revisions,
  oids: ReadonlySet<string>,
): Promise<Map<string, Brought[]>> {
  const found = new Map<string, Brought[]>();
  if (oids.size === 0) return found;
  for await (const one of broughtBy(io, commits, paths)) {
    if (!oids.has(one.oid)) continue;
    const known = found.get(one.oid) ?? [];
    known.unshift(one);
    found.set(one.oid, known);
  }
  return found;
}
