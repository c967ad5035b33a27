import { runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import type { From, To } from './side.ts';

/**
 * Paths (below the repository's folder, sorted) that git holds to differ between two points, or that it cannot tell of
 * without reading. Files that git does not know yet count as new in the working tree.
 */
export async function changedFiles(
  io: Io,
  place: Place,
  before: From,
  after: To,
): Promise<string[]> {
  const tree = before === 'nothing' ? await emptyTree(io, place) : before.commit;
  const scope = ['--', place.prefix === '' ? '.' : place.prefix];
  const names = ['-z', '--name-only', '--no-renames', '--ignore-submodules'];
  const listings =
    typeof after === 'object'
      ? [['diff-tree', '-r', ...names, tree, after.commit, ...scope]]
      : after === 'index'
        ? [['diff-index', '--cached', ...names, tree, ...scope]]
        : [
            ['diff-index', ...names, tree, ...scope],
            ['ls-files', '-z', '--others', '--exclude-standard', '--full-name', ...scope],
          ];
  const paths = new Set<string>();
  for (const args of listings) {
    const { stdout } = await runGit(io, args, { cwd: place.top });
    for (const path of stdout.toString('utf8').split('\0'))
      if (path !== '' && path.startsWith(place.prefix)) paths.add(path.slice(place.prefix.length));
  }
  return [...paths].sort();
}

/** The id of a tree without files, by whichever hash this repository uses. */
async function emptyTree(io: Io, { top }: Place): Promise<string> {
  const { stdout } = await runGit(io, ['hash-object', '-t', 'tree', '--stdin'], { cwd: top });
  return stdout.toString('utf8').trim();
}
