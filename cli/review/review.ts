import { isEdgesealError } from '../../core/errors.ts';
import { byName } from '../../core/format/names.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { allowFile } from '../../core/scan/allow/allow-list.ts';
import { changesBetween } from '../diff/changes.ts';
import { gitText } from '../git/git.ts';
import type { Place } from '../repository.ts';
import type { Io } from '../terminal/io.ts';
import type { Change } from './change.ts';
import { effectOn } from './judge/effects.ts';
import { forecast } from './judge/forecast.ts';
import { withItems } from './judge/items.ts';
import { leaksIn } from './judge/leaks.ts';
import { openMergeSides } from './judge/sides.ts';
import type { MergeSides } from './judge/sides.ts';
import { reviewTrust } from './judge/trust.ts';
import {
  leakReasons,
  secretReasons,
  settingsReasons,
  trustReasons,
  verdictOf,
} from './judge/verdict.ts';
import type { Reason, RegionReview, Review, SecretReview } from './model.ts';
import { list, say } from './words.ts';

/**
 * Judges a change: what it does in which region, who says so, and whether it may be merged. Nothing is fetched or opened,
 * and nothing written but Git objects that nothing names.
 *
 * @param name what the base is called
 * @throws EdgesealError where main itself cannot be judged
 */
export async function reviewChange(
  io: Io,
  place: Place,
  change: Change,
  name: string,
): Promise<Review> {
  const sides = await openMergeSides(io, place, change);
  try {
    const changes = await changesBetween(io, place, sides);
    const secrets = await Promise.all(changes.secrets.map((one) => withItems(sides, one)));
    const trust = sides.holds ? await reviewTrust(sides) : [];
    const leaks = await leaksIn(io, place.top, change);
    const reasons = [
      ...conflictReasons(change),
      ...leakReasons(leaks),
      ...settingsReasons(changes, place.prefix),
      ...secretReasons(secrets, place.prefix),
      ...trustReasons(trust),
      ...toolReasons(await changedPaths(io, place, change), place.prefix),
    ];
    const { repository, root } = sides.base;
    return {
      verdict: verdictOf(reasons),
      reasons,
      base: { name, commit: change.base },
      head: change.head,
      commits: change.commits,
      repository: { id: repository.spec.id, name: repository.metadata.name },
      root: { number: root.number, sha256: root.sha256 },
      regions: await regionsOf(io, place, sides, secrets, change.merged),
      secrets,
      settings: changes.settings.filter(({ area }) => area !== 'trust'),
      trust,
      leaks,
    };
  } finally {
    sides.close();
  }
}

async function changedPaths(io: Io, { top }: Place, { from, merged }: Change): Promise<string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, merged];
  const names = (await gitText(io, args, { cwd: top })).split('\0');
  return names.filter((name) => name !== '');
}

/** Regions of main, and those that it brings. */
async function regionsOf(
  io: Io,
  place: Place,
  { base, judge, holds }: MergeSides,
  secrets: readonly SecretReview[],
  main: string,
): Promise<RegionReview[]> {
  const all = [...base.regions.values(), ...judge.regions.values()].filter((r) => !r.recovery);
  const named = secrets.flatMap(({ items }) => [...items.before.keys(), ...items.after.keys()]);
  const names = [...new Set([...all.map((r) => r.name), ...named])].sort(byName);
  const prospects = holds ? await prospectsOf(io, place, judge, main) : undefined;
  return names.map((region) => ({
    region,
    effects: secrets.flatMap((secret) => effectOn(secret, region) ?? []),
    forecast: prospects?.get(region)?.forecast,
    held: prospects?.get(region)?.held ?? [],
  }));
}

/** Undefined where publish would not even begin, such as without any region. */
async function prospectsOf(
  io: Io,
  place: Place,
  state: RepositoryState,
  main: string,
): Promise<Awaited<ReturnType<typeof forecast>> | undefined> {
  try {
    return await forecast(io, place, state, main);
  } catch (error) {
    if (isEdgesealError(error, 'policy-region')) return undefined;
    throw error;
  }
}

function conflictReasons({ conflicts }: Change): Reason[] {
  if (conflicts.length === 0) return [];
  return [
    {
      level: 'refused',
      kind: 'conflict',
      words: say`it cannot be merged: main has changed ${list(conflicts)}, too`,
      hint: 'git merge origin/main',
      file: conflicts[0],
    },
  ];
}

/** What judges the next change: a workflow, the version of edgeseal, what is looked at how. */
function toolReasons(paths: readonly string[], prefix: string): Reason[] {
  const tools = paths.filter(
    (path) =>
      /^\.(?:github|gitea|forgejo)\/workflows\/|^\.gitlab-ci\.yml$/.test(path) ||
      ['.gitattributes', '.gitleaks.toml', allowFile].includes(path) ||
      ['package.json', 'package-lock.json', '.npmrc'].some((name) => path === prefix + name),
  );
  if (tools.length === 0) return [];
  return [
    {
      level: 'attention',
      kind: 'tool',
      words: say`it changes what checks the changes after it: ${list(tools)}`,
      file: tools[0],
    },
  ];
}
