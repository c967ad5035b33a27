import { compareMarks, markOf } from '../../core/channel/mark.ts';
import { isEdgesealError } from '../../core/errors.ts';
import type { EdgesealError } from '../../core/errors.ts';
import { loadRootChain } from '../../core/repository/trust.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { CatFile } from '../git/commit-view.ts';
import { commitView } from '../git/commit-view.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { allRoots, readChannel } from '../publish/channel.ts';
import type { PublishedChannel } from '../publish/channel.ts';
import {
  channelRemote,
  fetchPending,
  fetchRemote,
  lastFetched,
  lastPending,
  mainRemote,
  printable,
  rememberedRef,
} from '../publish/transport/remote.ts';
import type { Fetched } from '../publish/transport/remote.ts';
import type { OpenRepository } from '../repository.ts';
import { waitingSnapshot } from './waiting.ts';
import type { WaitingSnapshot } from './waiting.ts';

/** What is merged, as far as this clone knows. */
export interface Merged {
  /** Commit of the remote's main; absent where it was never fetched. */
  commit: string | undefined;
  remote: string;
  branch: string;
  /** Whether the clone has that remote at all. */
  known: boolean;
}

/** A region's channel, as far as this clone knows. */
export interface ChannelState {
  region: string;
  remote: string;
  /** The newest one that verifies. */
  channel: PublishedChannel | undefined;
  /** What is wrong with what the remote holds. */
  error: EdgesealError | undefined;
  /** What waits for another publisher's signature. */
  waiting: WaitingSnapshot | undefined;
}

/** Asks the remotes, once each. A remote that cannot be reached leaves what was fetched before. */
export async function fetchAll(
  io: Io,
  repository: OpenRepository,
  regions: readonly string[],
): Promise<EdgesealError[]> {
  const settings = repository.state.repository;
  const main = mainRemote(settings);
  const remotes = new Set([main.remote, ...regions.map((r) => channelRemote(settings, r))]);
  const errors: EdgesealError[] = [];
  const ask = async (fetching: Promise<unknown>): Promise<void> => {
    try {
      await fetching;
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      errors.push(error);
    }
  };
  for (const remote of remotes)
    await ask(
      fetchRemote(io, repository, remote, remote === main.remote ? main.branch : undefined),
    );
  if (errors.length > 0) return errors;
  // The clone may not have the root yet that asks for several publishers.
  const { commit } = await mergedState(io, repository);
  const root = (await knownRoots(io, repository, commit)).at(-1);
  if (root === undefined || root.spec.publishers.threshold === 1) return errors;
  for (const remote of remotes) await ask(fetchPending(io, repository, remote));
  return errors;
}

/** The remote's main: fetched by edgeseal or by the person's own `git fetch`, whichever is further. */
export async function mergedState(io: Io, repository: OpenRepository): Promise<Merged> {
  const { remote, branch } = mainRemote(repository.state.repository);
  const fetched = (await lastFetched(io, repository, remote)).main;
  const tracked = isUrl(remote)
    ? undefined
    : await commitAt(io, repository, `refs/remotes/${remote}/${branch}`);
  const known =
    isUrl(remote) ||
    (await gitAnswer(io, ['remote', 'get-url', '--', remote], { cwd: repository.top })) !==
      undefined;
  const commit = await further(io, repository, fetched, tracked);
  return { commit, remote: printable(remote), branch, known };
}

/** The roots that channels are held to: main's, where it is further than the working tree. */
export async function knownRoots(
  io: Io,
  repository: OpenRepository,
  main: string | undefined,
): Promise<AcceptedRoot[]> {
  const { state } = repository;
  const here = await allRoots(state);
  const [pinned] = state.roots;
  if (main === undefined || pinned === undefined) return here;
  const view = await commitView(io, repository.top, main, repository.prefix);
  try {
    const there = await loadRootChain(view, pinned.sha256);
    const before = here.slice(0, here.length - state.roots.length);
    return there.length > state.roots.length ? [...before, ...there] : here;
  } catch (error) {
    // Main before the pinned root, or another repository: what is checked out counts.
    if (isEdgesealError(error)) return here;
    throw error;
  } finally {
    view.close();
  }
}

/** Reads a region's channel, verified as a cluster does: the remote's as last fetched, or one seen later. */
export async function channelState(
  io: Io,
  repository: OpenRepository,
  region: string,
  known: { cat: CatFile; roots: readonly AcceptedRoot[]; fetched: Map<string, Promise<Fetched>> },
): Promise<ChannelState> {
  const remote = channelRemote(repository.state.repository, region);
  const fetched = known.fetched.get(remote) ?? lastFetched(io, repository, remote);
  known.fetched.set(remote, fetched);
  const commits = [
    (await fetched).channels.get(region),
    isUrl(remote)
      ? undefined
      : await commitAt(io, repository, `refs/remotes/${remote}/edgeseal/${region}`),
    await commitAt(io, repository, rememberedRef(region)),
  ];
  const found: ChannelState = {
    region,
    remote: printable(remote),
    channel: undefined,
    error: undefined,
    waiting: undefined,
  };
  for (const commit of new Set(commits)) {
    if (commit === undefined) continue;
    try {
      const channel = await readChannel(known.cat, commit, region, known.roots);
      if (isNewer(channel, found.channel)) found.channel = channel;
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      found.error ??= error.at({ file: `edgeseal/${region} (commit ${commit.slice(0, 10)})` });
    }
  }
  const { cat, roots } = known;
  const root = roots.at(-1);
  if (root === undefined || root.spec.publishers.threshold === 1) return found;
  const pending = (await lastPending(io, repository, remote)).get(region);
  if (pending !== undefined)
    found.waiting = await waitingSnapshot(
      io,
      repository,
      cat,
      pending,
      region,
      found.channel,
      root,
    );
  return found;
}

/** Regions that this working tree says have a channel. */
export function channelRegions(state: RepositoryState): string[] {
  return [...state.regions.values()].filter((r) => !r.recovery).map((r) => r.name);
}

function isNewer(channel: PublishedChannel, than: PublishedChannel | undefined): boolean {
  if (than === undefined) return true;
  const mark = ({ verified }: PublishedChannel): ReturnType<typeof markOf> =>
    markOf(verified.snapshot, verified.sha256);
  return compareMarks(mark(channel), mark(than)) > 0;
}

async function further(
  io: Io,
  { top }: OpenRepository,
  a: string | undefined,
  b: string | undefined,
): Promise<string | undefined> {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  const behind = await gitAnswer(io, ['merge-base', '--is-ancestor', a, b], { cwd: top });
  return behind === undefined ? a : b;
}

async function commitAt(io: Io, { top }: OpenRepository, ref: string): Promise<string | undefined> {
  return await gitAnswer(io, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], { cwd: top });
}

function isUrl(remote: string): boolean {
  return /[/:\\]/.test(remote);
}
