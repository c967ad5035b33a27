import type { EdgesealError } from '../../core/errors.ts';
import { isEdgesealError } from '../../core/errors.ts';
import type { KeySignature } from '../../core/trust/signed-by.ts';
import { sameSshKey } from '../../core/trust/ssh-key.ts';
import type { SshPublicKey } from '../../core/trust/ssh-key.ts';
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
import type { Draft, SignedDraft } from './draft.ts';
import { changesSince } from './history.ts';
import { planRegions, regionPlan } from './plan.ts';
import type { Plans, RegionPlan } from './plan.ts';
import { joinPending } from './together/join.ts';
import { pushRefs } from './transport/push.ts';
import type { Push, Pushed } from './transport/push.ts';
import {
  channelRef,
  notePending,
  pendingRef,
  printable,
  rememberedRef,
} from './transport/remote.ts';
import type { RoundInput } from './round.ts';
import { findPublishKeys } from './signers.ts';
import { stage } from './stage.ts';
import { lists } from '../trust/key-words.ts';

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
  /** Who signed its new snapshot (in a dry run: would have), where it waits for others and is not on the channel yet. */
  waiting: readonly Pick<KeySignature, 'key'>[] | undefined;
  /** In what another publisher's differs. */
  differing: EdgesealError | undefined;
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
    if (dryRun) await lookAhead(input, ground, drafts, outcomes);
    else await carryOut(input, ground, importer, drafts, outcomes);
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
  const none = { heartbeat: false, waiting: undefined, differing: undefined };
  const known = { region, remote, commit, ...none };
  return isEdgesealError(draft)
    ? { ...known, draft: undefined, result: draft }
    : { ...known, draft, result: 'done' };
}

/** Says of snapshots that several publishers have to sign who would have, and what others have signed differs in. */
async function lookAhead(
  { io, place, signingKeys }: RoundInput,
  { state, main }: Ground,
  drafts: readonly Draft[],
  outcomes: readonly RegionOutcome[],
): Promise<void> {
  const { root } = state;
  const { keys: lines, threshold } = root.spec.publishers;
  if (threshold === 1) return;
  const { keys } = await findPublishKeys(io, signingKeys, root);
  const own = keys.map(({ publicKey }) => publicKey).filter((key) => lists(lines, key));
  const differing = await joinPending({ io, place, root, main, own }, drafts);
  for (const { plan, snapshot, others } of drafts) {
    const outcome = outcomes.find(({ region }) => region === plan.region);
    if (outcome === undefined || snapshot === undefined) continue;
    const isNew = (key: SshPublicKey): boolean =>
      !others.some((other) => sameSshKey(other.key, key));
    const signers = [...others, ...own.filter(isNew).map((key) => ({ key }))];
    if (signers.length < threshold) outcome.waiting = signers;
    outcome.differing = differing.get(plan.region);
  }
}

/** Signs, commits and pushes what the drafts say, and remembers what the remotes hold then. */
async function carryOut(
  { io, place, signingKeys }: RoundInput,
  { state, main }: Ground,
  importer: Importer,
  drafts: readonly Draft[],
  outcomes: readonly RegionOutcome[],
): Promise<void> {
  const { root } = state;
  const keys = await findPublishKeys(io, signingKeys, root);
  const own = keys.keys.map(({ publicKey }) => publicKey);
  const differing = await joinPending({ io, place, root, main, own }, drafts);
  const signed = await signDrafts(io, state, keys, drafts, new Date());
  const commits = signed.flatMap(({ channel, pending }) => [channel, pending]);
  const wanted = commits.filter((commit) => commit !== undefined);
  const made = await stage(io, 'writing commits', importer.commit(wanted));
  for (const [remote, ofRemote] of Map.groupBy(signed, ({ draft }) => draft.base.remote)) {
    const pushes = ofRemote.flatMap((one) => pushesOf(one, made));
    const results = await pushAll(io, place, remote, pushes);
    for (const one of ofRemote) {
      const { region } = one.draft.plan;
      const outcome = outcomes.find((other) => other.region === region);
      if (outcome === undefined) continue;
      settle(outcome, one, pushes, results);
      outcome.differing = differing.get(region);
    }
    const done = doneWith(ofRemote, results);
    const taken = await pushAll(io, place, remote, done);
    const put = pushes.filter(({ ref }) => results.get(ref) === 'done');
    const gone = done.filter(({ ref }) => taken.get(ref) === 'done');
    await notePending(io, place, remote, pendingAmong(ofRemote, [...put, ...gone]));
  }
  await remember(io, place, outcomes);
}

async function pushAll(
  io: Io,
  place: Place,
  remote: string,
  pushes: readonly Push[],
): Promise<Map<string, Pushed>> {
  if (pushes.length === 0) return new Map();
  return await stage(io, `pushing to ${printable(remote)}`, pushRefs(io, place, remote, pushes));
}

/** What of a region goes to its remote: the channel, and what waits for other publishers. */
function pushesOf({ draft, pending }: SignedDraft, made: ReadonlyMap<string, string>): Push[] {
  const { base, plan } = draft;
  const { region } = plan;
  const pushes: Push[] = [];
  const commit = made.get(region) ?? base.channel?.commit;
  if (commit !== undefined && commit !== base.held)
    pushes.push({ ref: channelRef(region), commit, expected: base.held });
  if (pending !== undefined) {
    const expected = draft.pending;
    pushes.push({ ref: pendingRef(region), commit: made.get(pending.region), expected });
  }
  return pushes;
}

/** What was published waits for nobody any more. Where it cannot be taken away, the next snapshot replaces it. */
function doneWith(signed: readonly SignedDraft[], results: ReadonlyMap<string, Pushed>): Push[] {
  return signed.flatMap(({ draft, waiting }) => {
    const { region } = draft.plan;
    const isDone = results.get(channelRef(region)) === 'done';
    if (!isDone || waiting !== undefined || draft.pending === undefined) return [];
    return [{ ref: pendingRef(region), commit: undefined, expected: draft.pending }];
  });
}

/** What lies there now, by region; undefined where nothing does any more. */
function pendingAmong(
  signed: readonly SignedDraft[],
  pushed: readonly Push[],
): Map<string, string | undefined> {
  const commits = new Map<string, string | undefined>();
  for (const { draft } of signed) {
    const { region } = draft.plan;
    for (const { ref, commit } of pushed)
      if (ref === pendingRef(region)) commits.set(region, commit);
  }
  return commits;
}

function settle(
  outcome: RegionOutcome,
  { waiting, heartbeat }: SignedDraft,
  pushes: readonly Push[],
  results: ReadonlyMap<string, Pushed>,
): void {
  const refs = [channelRef(outcome.region), pendingRef(outcome.region)];
  const own = pushes.filter(({ ref }) => refs.includes(ref));
  const failed = own.map(({ ref }) => results.get(ref) ?? 'done').find((one) => one !== 'done');
  outcome.result = failed ?? 'done';
  outcome.waiting = waiting;
  if (outcome.result !== 'done') return;
  outcome.commit = own.find(({ ref }) => ref === refs[0])?.commit ?? outcome.commit;
  outcome.heartbeat = heartbeat && own.some(({ ref }) => ref === refs[0]);
}

async function remember(io: Io, place: Place, outcomes: readonly RegionOutcome[]): Promise<void> {
  const lines = outcomes.flatMap(({ region, commit, draft, result }) =>
    result === 'done' && draft !== undefined && commit !== undefined
      ? [`update ${rememberedRef(region)} ${commit}\n`]
      : [],
  );
  await runGit(io, ['update-ref', '--stdin'], { cwd: place.top, input: lines.join('') });
}
