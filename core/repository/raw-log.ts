/** One file in one commit, compared with one parent: blob ids, absent where there was no file. */
export interface RawChange {
  commit: string;
  /** How many parents the commit has; 1 for the first commit, which is compared with nothing. */
  parents: number;
  /** From the top of the Git repository. */
  path: string;
  before: string | undefined;
  after: string | undefined;
}

/** What `git log` is told so that {@link rawChanges} can read it; never with renames, whose entries have two paths. */
export const rawLogOptions = [
  '--no-show-signature',
  '--format=%x01%H %P',
  '--raw',
  '-z',
  '--no-abbrev',
  '--no-renames',
] as const;

/** Reads the output of `git log` with {@link rawLogOptions}. A file may be called anything, so a path stands where one is due. */
export function* rawChanges(log: string): Generator<RawChange> {
  let commit = '';
  let parents = 1;
  let change: Pick<RawChange, 'before' | 'after'> | undefined;
  for (const field of log.split('\0')) {
    if (change !== undefined) {
      yield { commit, parents, path: field, ...change };
      change = undefined;
      continue;
    }
    const head = /^\n?\u0001([0-9a-f]+) ([0-9a-f ]*)$/.exec(field);
    if (head !== null) {
      commit = head[1] ?? '';
      parents = Math.max(1, (head[2] ?? '').split(' ').filter((id) => id !== '').length);
      continue;
    }
    const ids = /^\n?:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*$/.exec(field);
    if (ids !== null) change = { before: idOf(ids[1]), after: idOf(ids[2]) };
  }
}

function idOf(text: string | undefined): string | undefined {
  return text === undefined || /^0*$/.test(text) ? undefined : text;
}

/** More names than this go to git as their common folder instead. */
const maxPathspecs = 200;

/**
 * Arguments of git for every commit that changed some files, with what it came from: one walk of history for all of them.
 * Paths are meant literally: GIT_LITERAL_PATHSPECS=1 has to be set.
 *
 * All history counts, not the first parents alone: with a merge turned round, whoever merges chooses them.
 *
 * @param commits history is read from these
 * @param prefix the repository's folder, `''` or `some/folder/`
 * @param files below that
 */
export function fileLogArgs(
  commits: readonly string[],
  prefix: string,
  files: ReadonlySet<string>,
): string[] {
  const paths = files.size > maxPathspecs ? ['secrets'] : [...files];
  const walk = ['log', '--full-history', '-m', '--root', ...rawLogOptions];
  return [...walk, ...commits, '--', ...paths.map((path) => prefix + path)];
}

/** A file in one commit that changed it: blob ids, absent where there was no file. */
export interface LoggedStep {
  commit: string;
  /** One for each parent that had another content; a first commit has one, which is absent. */
  before: (string | undefined)[];
  after: string | undefined;
  /** False where some parent had the file just so: then this commit brought nothing into it. */
  isNew: boolean;
}

/**
 * Reads what {@link fileLogArgs} gave.
 *
 * @returns steps by file, the newest first
 */
export function loggedSteps(
  log: string,
  prefix: string,
  files: ReadonlySet<string>,
): Map<string, LoggedStep[]> {
  const logged = new Map<string, LoggedStep[]>();
  for (const { path, ...change } of rawChanges(log)) {
    const file = path.slice(prefix.length);
    if (path.startsWith(prefix) && files.has(file)) note(logged, file, change);
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
