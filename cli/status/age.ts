import { gitAnswer, gitText } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';

/** More than this many names go to git as their common folder instead. */
const maxPathspecs = 50;

/**
 * When each sealed file was last changed by a commit of this branch: one walk of history for all of them.
 *
 * @param files below the repository's folder
 */
export async function lastChanges(
  io: Io,
  place: Place,
  files: readonly string[],
): Promise<Map<string, Date>> {
  const changed = new Map<string, Date>();
  const head = await gitAnswer(io, ['rev-parse', '--verify', '--quiet', 'HEAD'], {
    cwd: place.top,
  });
  if (head === undefined || files.length === 0) return changed;
  const paths = files.length > maxPathspecs ? ['secrets'] : files;
  const log = await gitText(
    io,
    ['log', '--format=%x01%ct', '--name-only', '-z', '--no-renames', '--'].concat(
      paths.map((path) => `:(top,literal)${place.prefix}${path}`),
    ),
    { cwd: place.top },
  );
  let time = new Date(0);
  for (const field of log.split('\0')) {
    const at = /^\n?\u0001(\d+)$/.exec(field)?.[1];
    if (at !== undefined) {
      time = new Date(Number(at) * 1000);
      continue;
    }
    const path = field.replace(/^\n/, '');
    if (!path.startsWith(place.prefix)) continue;
    const file = path.slice(place.prefix.length);
    if (!changed.has(file)) changed.set(file, time);
  }
  return changed;
}

/** An age for people: `3h`, `12d`, `5mo`. */
export function ageWords(since: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - since.getTime()) / 1000);
  for (const [unit, length] of [
    ['y', 365.25 * 86_400],
    ['mo', 30.44 * 86_400],
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    const count = Math.floor(seconds / length);
    if (count >= (unit === 'mo' ? 2 : 1)) return `${count}${unit}`;
  }
  return `${Math.floor(seconds)}s`;
}
