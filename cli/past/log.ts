import { fileLogArgs, loggedSteps } from '../../core/repository/raw-log.ts';
import { Past } from '../../core/repository/past.ts';
import type { CatFile } from '../git/commit-view.ts';
import { gitText } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';

/**
 * The history of some sealed files.
 *
 * @param commits it is read from these
 * @param files below the repository's folder
 */
export async function readPast(
  io: Io,
  place: Place,
  cat: CatFile,
  commits: readonly string[],
  files: ReadonlySet<string>,
): Promise<Past> {
  if (files.size === 0 || commits.length === 0) return new Past(new Map(), cat);
  const log = await gitText(io, fileLogArgs(commits, place.prefix, files), {
    cwd: place.top,
    env: { GIT_LITERAL_PATHSPECS: '1' },
  });
  return new Past(loggedSteps(log, place.prefix, files), cat);
}
