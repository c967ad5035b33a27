import { lstat, readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { decodeUtf8 } from '../../core/format/utf8.ts';
import { Scanner } from '../../core/scan/scanner.ts';
import { decodePath, encodePath, quotedPath, shownPath } from '../../hooks/git/path-name.ts';
import { Judge } from '../../hooks/judge.ts';
import { Staging, fieldsOf } from '../../hooks/staged.ts';
import { runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { isSealable } from './manifest-parts.ts';

/** A file that holds Secrets in plaintext. */
export interface Candidate {
  /** From the top of the working tree, as `decodePath` gives it. */
  path: string;
  /** As the person sees it from where they are. */
  shown: string;
  text: string;
  /** Where it was read: the working tree has the same, or nothing, where it is `index`. */
  from: 'index' | 'worktree';
  /** Whether Git has it in the index. */
  tracked: boolean;
  /** Whether the last commit has a file there. */
  inHead: boolean;
  /** `100644` or `100755`. */
  mode: string;
}

/** No manifest that somebody wrote is larger. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Finds the files that are to be mended: what is staged; what `git commit -a` would add, of which nothing is staged; and what
 * was named.
 *
 * @param named paths from `io.cwd`
 * @throws EdgesealError `input-usage` where the working tree has something else than what is staged: one of both would be lost
 */
export async function findCandidates(
  io: Io,
  top: string,
  named: readonly string[],
): Promise<Candidate[]> {
  const shown = (path: string): string =>
    shownPath(relative(io.cwd, join(top, path)).split(sep).join('/'));
  const staged = await stagedSecrets(io, top);
  const changed = await changedPaths(io, top);
  const torn = staged.filter(({ path }) => changed.has(path) && changed.get(path) !== 'D');
  if (torn[0] !== undefined) {
    const paths = torn.map(({ path }) => quotedPath(relative(io.cwd, join(top, path)))).join(' ');
    throw new EdgesealError(
      'input-usage',
      'the working tree has something else than what is staged: nothing was changed',
      {
        file: shown(torn[0].path),
        hint: `stage all of it (git add -- ${paths}) or take back what is not staged, then: edgeseal fix`,
      },
    );
  }
  const found: Candidate[] = staged.map((file) => ({ ...file, shown: shown(file.path) }));
  const others = [...changed].filter(([, status]) => status !== 'D').map(([path]) => path);
  const given = named.map((file) => relative(top, resolve(io.cwd, file)).split(sep).join('/'));
  for (const path of new Set([...others, ...given])) {
    if (found.some((file) => file.path === path)) continue;
    const text = await worktreeSecret(top, path);
    if (text === undefined) continue;
    const tracked = changed.has(path);
    const file = { path, shown: shown(path), text, from: 'worktree' as const, tracked };
    found.push({ ...file, inHead: tracked, mode: '100644' });
  }
  return found;
}

async function stagedSecrets(io: Io, top: string): Promise<Omit<Candidate, 'shown'>[]> {
  const hookIo = { cwd: top, env: io.env, stderr: io.stderr };
  const staging = new Staging(hookIo);
  try {
    const judge = new Judge(hookIo);
    const files = await staging.files();
    for await (const { of, part } of staging.blobs.read(files))
      if (part !== undefined) await judge.look(of, part);
    const found: Omit<Candidate, 'shown'>[] = [];
    for (const { path, oid = '', isNew, findings } of judge.refused) {
      if (!findings.some(isSealable)) continue;
      const blob = await staging.blobs.object(oid, maxBytes);
      const mode = files.find((file) => file.path === path)?.mode ?? '100644';
      if (blob !== undefined && mode !== '120000')
        found.push({
          path,
          text: decodeUtf8(blob.bytes, shownPath(path)),
          from: 'index',
          tracked: true,
          inHead: !isNew,
          mode,
        });
    }
    return found;
  } finally {
    staging.close();
  }
}

/** Files whose working copy differs from the index, with `M` or `D`. */
async function changedPaths(io: Io, top: string): Promise<Map<string, string>> {
  // Else a file that was merely touched counts as changed.
  await runGit(io, ['update-index', '-q', '--refresh'], { cwd: top, allow: [1] });
  const { stdout } = await runGit(io, ['diff-files', '--name-status', '-z', '--no-renames'], {
    cwd: top,
  });
  const fields = fieldsOf(stdout);
  const changed = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2)
    changed.set(decodePath(fields[i + 1] ?? Buffer.of()), fields[i]?.toString() ?? '');
  return changed;
}

async function worktreeSecret(top: string, path: string): Promise<string | undefined> {
  const file = fileAt(top, path);
  const stat = await lstat(file).catch(() => undefined);
  if (stat?.isFile() !== true || stat.size > maxBytes) return undefined;
  const bytes = await readFile(file);
  const { findings } = await new Scanner().scan(path, bytes);
  return findings.some(isSealable) ? decodeUtf8(bytes, shownPath(path)) : undefined;
}

/** A file of the working tree, whatever bytes its name has. */
export function fileAt(top: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${top}${sep}`), encodePath(path)]);
}
