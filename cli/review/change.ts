import { EdgesealError } from '../../core/errors.ts';
import { gitAnswer, gitText, runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';

/** A branch, and what `main` would be with it. */
export interface Change {
  /** The commit of `main` that it would be merged into. */
  base: string;
  head: string;
  /** A commit that is what `main` would be; the head itself where there is a conflict. */
  merged: string;
  /** What that is compared with: the base, or in a conflict the commit at which the branch left it. */
  from: string;
  /** Paths from the top that Git cannot merge. */
  conflicts: string[];
  commits: number;
}

/**
 * Merges a branch as a Git host would, without a working tree and without anybody's merge driver. The merge is an object
 * that nothing names; Git takes it away in time.
 *
 * @param cwd top of the Git repository
 * @throws EdgesealError `git-repository` where the two have nothing in common, which a shallow clone looks like
 */
export async function mergedChange(
  io: Io,
  cwd: string,
  base: string,
  head: string,
): Promise<Change> {
  const fork = await gitAnswer(io, ['merge-base', base, head], { cwd });
  if (fork === undefined)
    throw new EdgesealError(
      'git-repository',
      `${base.slice(0, 10)} and ${head.slice(0, 10)} have no commit in common in this clone`,
      { hint: 'fetch the whole history: git fetch --unshallow (in CI: fetch-depth: 0)' },
    );
  const commits = Number(await gitText(io, ['rev-list', '--count', `${base}..${head}`], { cwd }));
  const isAncestor = async (one: string, other: string): Promise<boolean> =>
    (await gitAnswer(io, ['merge-base', '--is-ancestor', one, other], { cwd })) !== undefined;
  const known = { base, head, commits, from: base, conflicts: [] };
  if (await isAncestor(base, head)) return { ...known, merged: head };
  if (await isAncestor(head, base)) return { ...known, merged: base };
  const args = [...plainDriver, 'merge-tree', '--write-tree', '-z', '--no-messages', '--name-only'];
  const { code, stdout } = await runGit(io, [...args, base, head], { cwd, allow: [1] });
  const [tree = '', ...paths] = stdout.toString('utf8').split('\0');
  const conflicts = paths.filter((path) => path !== '');
  if (code === 1) return { ...known, from: fork.split('\n')[0] ?? base, merged: head, conflicts };
  const parents = ['-p', base, '-p', head];
  const merged = await gitText(io, ['commit-tree', tree, ...parents, '-m', 'What main would be'], {
    cwd,
    env: nobody,
  });
  return { ...known, merged, conflicts };
}

/** A host's merge button knows no driver of ours, and here nobody is asked to sign. */
const plainDriver = ['-c', 'merge.edgeseal.driver=git merge-file --quiet %A %O %B'];

/** The same merge is the same object. */
const nobody = {
  GIT_AUTHOR_NAME: 'edgeseal',
  GIT_AUTHOR_EMAIL: 'edgeseal@localhost',
  GIT_AUTHOR_DATE: '2000-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'edgeseal',
  GIT_COMMITTER_EMAIL: 'edgeseal@localhost',
  GIT_COMMITTER_DATE: '2000-01-01T00:00:00Z',
};
