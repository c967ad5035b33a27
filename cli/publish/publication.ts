import type { EdgesealError } from '../../core/errors.ts';
import { isEdgesealError } from '../../core/errors.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { Hold } from '../past/hold.ts';
import { Progress } from '../terminal/progress.ts';
import type { Place } from '../repository.ts';
import { recheckPaths } from './base.ts';
import type { Base } from './base.ts';
import { Importer } from './transport/commit.ts';
import { makeDraft, signDrafts } from './draft.ts';
import type { Draft } from './draft.ts';
import { changesSince } from './history.ts';
import { planRegions, regionPlan } from './plan.ts';
import type { Plans, RegionPlan } from './plan.ts';
import { pushChannels } from './transport/push.ts';
import type { Pushed } from './transport/push.ts';
import { printable, rememberedRef } from './transport/remote.ts';
import type { RoundInput } from './round.ts';
import { findPublishKeys } from './signers.ts';
import { stage } from './stage.ts';

/** What became of one region in a round. */
export interface RegionOutcome {
  region: string;
  remote: string;
  /** Absent where the region could not be rendered. */
  draft: Draft | undefined;
  /** The commit that the remote holds now; in a dry run, or after a failure, the one before. */
  commit: string | undefined;
  heartbeat: boolean;
  result: Pushed;
}

/** What is published, and onto what. */
interface Ground {
  state: RepositoryState;
  main: string;
  bases: readonly Base[];
}

/** Plans, renders, signs, commits and pushes onto the channels as they were fetched. */
export async function publishOnto(
  input: RoundInput,
  ground: Ground,
): Promise<{ plans: Plans; outcomes: RegionOutcome[] }> {
  const { io, place, dryRun } = input;
  const importer = new Importer(io, place);
  try {
    const plans = await makePlans(input, ground, importer);
    const outcomes: RegionOutcome[] = [];
    const drafts: Draft[] = [];
    for (const base of ground.bases) {
      const plan = plans.regions.find(({ region }) => region === base.region);
      const failed = base.error ?? plan?.error;
      const draft =
        failed === undefined && plan !== undefined ? await draftOf(base, plan, ground) : failed;
      outcomes.push(outcomeOf(base, draft));
      if (draft !== undefined && !isEdgesealError(draft)) drafts.push(draft);
    }
    if (!dryRun) await carryOut(input, ground, importer, drafts, outcomes);
    return { plans, outcomes };
  } finally {
    importer.abandon();
  }
}

async function makePlans(input: RoundInput, ground: Ground, importer: Importer): Promise<Plans> {
  const { io, place, dryRun } = input;
  const { state, main } = ground;
  const regions = ground.bases
    .filter((base) => base.error === undefined)
    .map((base) => regionPlan(state, base.region, base.channel));
  return await planRegions(regions, {
    state,
    changed: await changedPaths(io, place, ground, regions),
    hold: (files) => Hold.open({ io, place, state, files, commit: main }),
    store: dryRun ? undefined : (bytes) => importer.store(bytes),
    progress: new Progress(io, 'checked'),
  });
}

/** What may differ from the last snapshots; undefined where the root or the rules changed, and all may. */
async function changedPaths(
  io: Io,
  place: Place,
  { state, main }: Ground,
  regions: readonly RegionPlan[],
): Promise<Set<string> | undefined> {
  const sources = new Set<string>();
  const commits: string[] = [];
  for (const { base } of regions) {
    if (base === undefined || base.verified.root.sha256 !== state.root.sha256) return undefined;
    sources.add(base.verified.snapshot.source);
    commits.push(base.commit);
  }
  const { secrets, rules } = await changesSince(io, place, main, sources);
  if (rules) return undefined;
  const again = await recheckPaths(io, place, commits);
  return again === undefined ? undefined : new Set([...secrets, ...again]);
}

async function draftOf(
  base: Base,
  plan: RegionPlan,
  { state, main }: Ground,
): Promise<Draft | EdgesealError> {
  try {
    return await makeDraft(base, plan, state, main);
  } catch (error) {
    if (isEdgesealError(error)) return error;
    throw error;
  }
}

function outcomeOf(base: Base, draft: Draft | EdgesealError | undefined): RegionOutcome {
  const { region, remote, held: commit } = base;
  const known = { region, remote, commit, heartbeat: false };
  return isEdgesealError(draft)
    ? { ...known, draft: undefined, result: draft }
    : { ...known, draft, result: 'done' };
}

/** Signs, commits and pushes what the drafts say, and remembers what the remotes hold then. */
async function carryOut(
  { io, place, signingKeys }: RoundInput,
  { state }: Ground,
  importer: Importer,
  drafts: readonly Draft[],
  outcomes: readonly RegionOutcome[],
): Promise<void> {
  const keys = await findPublishKeys(io, signingKeys, state.root);
  const commits = await signDrafts(io, state, keys, drafts, new Date());
  const made = await stage(io, 'writing commits', importer.commit([...commits.values()]));
  const byRemote = Map.groupBy(drafts, ({ base }) => base.remote);
  for (const [remote, ofRemote] of byRemote) {
    const pushes = ofRemote.flatMap(({ base }) => {
      const commit = made.get(base.region) ?? base.channel?.commit;
      if (commit === undefined || commit === base.held) return [];
      return [{ region: base.region, commit, expected: base.held }];
    });
    const pushing = pushChannels(io, place, remote, pushes);
    const results = await stage(io, `pushing to ${printable(remote)}`, pushing);
    for (const { region, commit } of pushes) {
      const outcome = outcomes.find((one) => one.region === region);
      if (outcome === undefined) continue;
      outcome.result = results.get(region) ?? 'done';
      if (outcome.result !== 'done') continue;
      outcome.commit = commit;
      outcome.heartbeat = keys.heartbeat !== undefined;
    }
  }
  await remember(io, place, outcomes);
}

async function remember(io: Io, place: Place, outcomes: readonly RegionOutcome[]): Promise<void> {
  const lines = outcomes.flatMap(({ region, commit, draft, result }) =>
    result === 'done' && draft !== undefined && commit !== undefined
      ? [`update ${rememberedRef(region)} ${commit}\n`]
      : [],
  );
  await runGit(io, ['update-ref', '--stdin'], { cwd: place.top, input: lines.join('') });
}
