import { EdgesealError } from '../../core/errors.ts';
import { gitAnswer, runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { printable } from './transport/remote.ts';

/** What differs between the commits that channels were rendered from and main. */
export interface Changes {
  /** Paths of secrets that differ. */
  secrets: Set<string>;
  /** Whether anything else that decides what is published differs: policy, regions, settings. */
  rules: boolean;
}

/**
 * Requires that main goes on from each commit that was rendered before.
 *
 * @returns for each source that main does not descend from, the error
 */
export async function strayedSources(
  io: Io,
  place: Place,
  main: string,
  sources: Iterable<string>,
): Promise<Map<string, EdgesealError>> {
  const distinct = [...new Set(sources)].filter((source) => source !== main);
  const strayed = new Map<string, EdgesealError>();
  if (distinct.length === 0) return strayed;
  // One question for all; only where the answer is no, one each.
  const beyond = await gitAnswer(io, ['rev-list', '--count', '--stdin'], {
    cwd: place.top,
    input: `${distinct.join('\n')}\n^${main}\n`,
  });
  if (beyond === '0') return strayed;
  for (const source of distinct) {
    const args = ['merge-base', '--is-ancestor', source, main];
    if ((await gitAnswer(io, args, { cwd: place.top })) !== undefined) continue;
    strayed.set(
      source,
      new EdgesealError(
        'trust-rollback',
        `main (${main.slice(0, 10)}) does not descend from ${source.slice(0, 10)}, which was published: it was rewritten, or reset to an older commit`,
        {
          hint: `bring that commit back into main, for example: git merge ${source.slice(0, 10)}; what was published cannot be taken back, only followed`,
        },
      ),
    );
  }
  return strayed;
}

/** Compares each source with main, in one process. */
export async function changesSince(
  io: Io,
  place: Place,
  main: string,
  sources: ReadonlySet<string>,
): Promise<Changes> {
  const changes: Changes = { secrets: new Set(), rules: false };
  if (sources.size === 0) return changes;
  const below = ['secrets', 'policy', 'regions', 'edgeseal.yaml'];
  const { stdout } = await runGit(
    io,
    ['diff-tree', '--stdin', '-r', '-z', '--name-only', '--no-renames', '--'].concat(
      below.map((path) => place.prefix + path),
    ),
    { cwd: place.top, input: [...sources].map((source) => `${source} ${main}\n`).join('') },
  );
  for (const token of stdout.toString('utf8').split('\0')) {
    if (sources.has(token) || token === '' || !token.startsWith(place.prefix)) continue;
    const path = token.slice(place.prefix.length);
    if (path.startsWith('secrets/')) changes.secrets.add(path);
    else changes.rules = true;
  }
  return changes;
}

/** Says how many commits of the local branch the remote's does not have: they are not published. */
export async function unpushedNotice(
  io: Io,
  place: Place,
  { remote, branch, main }: { remote: string; branch: string; main: string },
): Promise<{ level: 'warning'; error: EdgesealError }[]> {
  const range = `${main}..refs/heads/${branch}`;
  const args = ['rev-list', '--count', range, '--', place.prefix === '' ? '.' : place.prefix];
  const count = Number((await gitAnswer(io, args, { cwd: place.top })) ?? 0);
  if (count === 0) return [];
  const commits = count === 1 ? '1 commit' : `${count} commits`;
  const error = new EdgesealError(
    'git-unpushed',
    `${commits} of your ${branch} ${count === 1 ? 'is' : 'are'} not on ${printable(remote)}: not published`,
    { hint: `git push ${printable(remote)} ${branch} && edgeseal publish` },
  );
  return [{ level: 'warning', error }];
}
