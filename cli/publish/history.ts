import { EdgesealError } from '../../core/errors.ts';
import type { CatFile } from '../git/commit-view.ts';
import { gitAnswer, gitText, runGit } from '../git/git.ts';
import type { Io } from '../io.ts';
import type { Place } from '../repository.ts';
import { versionOf } from './version.ts';

/** What differs between the commit that a channel was rendered from and main. */
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
  sources: Iterable<string>,
): Promise<Map<string, Changes>> {
  const changes = new Map<string, Changes>();
  for (const source of sources) changes.set(source, { secrets: new Set(), rules: false });
  if (changes.size === 0) return changes;
  const below = ['secrets', 'policy', 'regions', 'edgeseal.yaml'];
  const { stdout } = await runGit(
    io,
    ['diff-tree', '--stdin', '-r', '-z', '--name-only', '--no-renames', '--'].concat(
      below.map((path) => place.prefix + path),
    ),
    { cwd: place.top, input: [...changes.keys()].map((source) => `${source} ${main}\n`).join('') },
  );
  let current: Changes | undefined;
  for (const token of stdout.toString('utf8').split('\0')) {
    const header = changes.get(token);
    if (header !== undefined) current = header;
    if (header !== undefined || current === undefined || !token.startsWith(place.prefix)) continue;
    const path = token.slice(place.prefix.length);
    if (path.startsWith('secrets/')) current.secrets.add(path);
    else current.rules = true;
  }
  return changes;
}

/** How many commits of the local branch the remote's does not have. */
export async function unpushedCommits(
  io: Io,
  place: Place,
  branch: string,
  main: string,
): Promise<number> {
  const range = `${main}..refs/heads/${branch}`;
  const args = ['rev-list', '--count', range, '--', place.prefix === '' ? '.' : place.prefix];
  return Number((await gitAnswer(io, args, { cwd: place.top })) ?? 0);
}

/**
 * The lowest version at which each path may newly appear on a channel, from everything that main ever had
 * there: not below any version, and above what was deleted. So a restored file, a revert, or a merge of an
 * old branch cannot bring back what clusters have dropped.
 *
 * All history counts, not the first parents alone: with a merge turned round, whoever merges chooses them.
 */
export async function historyFloors(
  io: Io,
  place: Place,
  main: string,
  cat: CatFile,
  paths: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const floors = new Map<string, number>();
  if (paths.size === 0) return floors;
  const few = paths.size <= 200;
  const specs = few ? [...paths].map((path) => place.prefix + path) : [`${place.prefix}secrets`];
  const log = await gitText(
    io,
    [
      'log',
      '--format=',
      '--full-history',
      '-m',
      '--raw',
      '-z',
      '--no-renames',
      '--no-abbrev',
    ].concat(main, '--', specs),
    { cwd: place.top, env: { GIT_LITERAL_PATHSPECS: '1' } },
  );
  const seen = new Map<string, { path: string; oid: string; deleted: boolean }>();
  const tokens = log.split('\0').filter((token) => token !== '');
  for (let i = 0; i + 1 < tokens.length; i += 2) {
    const [, , before = '', after = '', status] = (tokens[i] ?? '').trim().split(' ');
    const path = (tokens[i + 1] ?? '').slice(place.prefix.length);
    if (!paths.has(path)) continue;
    const deleted = status === 'D';
    const oid = deleted ? before : after;
    seen.set(`${path} ${oid} ${deleted}`, { path, oid, deleted });
  }
  const versions = new Map<string, number | undefined>();
  for (const { path, oid, deleted } of seen.values()) {
    if (!versions.has(oid)) versions.set(oid, versionOf(await cat.read(oid)));
    const version = versions.get(oid);
    if (version === undefined) continue;
    const floor = deleted ? version + 1 : version;
    if (floor > (floors.get(path) ?? 0)) floors.set(path, floor);
  }
  return floors;
}
