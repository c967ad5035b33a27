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
