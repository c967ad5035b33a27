import { EdgesealError } from '../../core/errors.ts';
import type { Io } from '../terminal/io.ts';
import { gitAnswer } from './git.ts';

/**
 * The id of a commit that a person names.
 *
 * @throws EdgesealError `input-usage` where there is none
 */
export async function commitId(io: Io, rev: string, cwd = io.cwd): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', `${rev}^{commit}`];
  // What begins with a dash would be an option to git, and is no name of a commit.
  const commit = rev.startsWith('-') ? undefined : await gitAnswer(io, args, { cwd });
  if (commit !== undefined) return commit;
  throw new EdgesealError('input-usage', `there is no commit ${rev} here`, {
    hint: 'name a branch, tag or commit; for a remote branch: git fetch, then origin/main',
  });
}
