import { rawEntry } from '../../../hooks/git/raw-entry.ts';
import type { RawEntry } from '../../../hooks/git/raw-entry.ts';
import type { Io } from '../../terminal/io.ts';
import { GitStream } from './git-stream.ts';

/** A file's content that a commit brought: new against every one of its parents. */
export interface Brought {
  commit: string;
  /** The author's address and the author's date (ISO 8601), as the commit says them. */
  author: string;
  date: string;
  /** From the top of the repository. */
  path: string;
  oid: string;
}

/**
 * What commits brought, the newest first. Of a merge that is only what none of its parents had, its own content; all else it
 * shows was brought by another commit.
 *
 * @param revisions as `git log` takes them
 * @param paths as they were typed; none means all
 * @param onCommit called at each commit that brought something
 */
export async function* broughtBy(
  io: Io,
  revisions: readonly string[],
  paths: readonly string[],
  onCommit: () => void = () => undefined,
): AsyncGenerator<Brought> {
  const git = new GitStream(literal(io), io.cwd, [
    ...['-c', 'log.follow=false', 'log', '-c', '--root', '--full-history', '--no-show-signature'],
    ...['--format=%x01%H%x02%aE%x02%aI', '--raw', '-z', '--no-abbrev', '--no-renames'],
    ...['--no-color', '--no-mailmap', ...revisions, '--', ...paths],
  ]);
  git.child.stdin.end();
  let by = { commit: '', author: '', date: '' };
  let change: { file: RawEntry | undefined } | undefined;
  try {
    for await (const field of git.fields()) {
      // A file may be called anything, so a path stands where one is due.
      if (change !== undefined) {
        const { file } = change;
        change = undefined;
        if (file !== undefined) yield { ...by, path: field, oid: file.oid };
      } else if (/^\n?\u0001/.test(field)) {
        const [commit = '', author = '', date = ''] = field
          .slice(field.indexOf('\u0001') + 1)
          .split('\u0002');
        by = { commit, author, date };
        onCommit();
      } else if (/^\n?:/.test(field)) change = { file: rawEntry(field) };
    }
  } finally {
    git.close();
  }
}

function literal(io: Io): Io {
  return { ...io, env: { ...io.env, GIT_LITERAL_PATHSPECS: '1' } };
}
