import { gitText } from '../git/git.ts';
import { rawChanges, rawLogOptions } from '../git/raw-log.ts';
import type { RawChange } from '../git/raw-log.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';

/** A file in one commit that changed it: blob ids, absent where there was no file. */
export interface LoggedStep {
  commit: string;
  /** One for each parent that had another content; a first commit has one, which is absent. */
  before: (string | undefined)[];
  after: string | undefined;
  /** False where some parent had the file just so: then this commit brought nothing into it. */
  isNew: boolean;
}

/** More names than this go to git as their common folder instead. */
const maxPathspecs = 200;

/**
 * Every commit that changed some files, with what it came from: one walk of history for all of them.
 *
 * All history counts, not the first parents alone: with a merge turned round, whoever merges chooses them.
 *
 * @param commits history is read from these
 * @param files below the repository's folder
 * @returns steps by file, the newest first
 */
export async function readLog(
  io: Io,
  place: Place,
  commits: readonly string[],
  files: ReadonlySet<string>,
): Promise<Map<string, LoggedStep[]>> {
  const logged = new Map<string, LoggedStep[]>();
  if (files.size === 0 || commits.length === 0) return logged;
  const paths = files.size > maxPathspecs ? ['secrets'] : files;
  const specs = [...paths].map((path) => place.prefix + path);
  const log = await gitText(
    io,
    ['log', '--full-history', '-m', '--root', ...rawLogOptions, ...commits, '--', ...specs],
    { cwd: place.top, env: { GIT_LITERAL_PATHSPECS: '1' } },
  );
  for (const { path, ...change } of rawChanges(log)) {
    const file = path.slice(place.prefix.length);
    if (path.startsWith(place.prefix) && files.has(file)) note(logged, file, change);
  }
  return logged;
}

function note(logged: Map<string, LoggedStep[]>, file: string, at: Omit<RawChange, 'path'>): void {
  const steps = logged.get(file) ?? [];
  logged.set(file, steps);
  let step = steps.at(-1);
  if (step?.commit !== at.commit) {
    step = { commit: at.commit, before: [], after: at.after, isNew: false };
    steps.push(step);
  }
  step.before.push(at.before);
  step.isNew = step.before.length >= at.parents;
}
