import { createHash } from 'node:crypto';
import { EdgesealError } from '../../../core/errors.ts';
import type { Repository } from '../../../core/format/repository.ts';
import type { Io } from '../../terminal/io.ts';
import type { Place } from '../../repository.ts';
import { fullDisk } from '../../git/full-disk.ts';
import { gitAnswer, gitText, runGit } from '../../git/git.ts';

/** What a remote holds, as of the last fetch. */
export interface Fetched {
  /** Commit of the branch that people merge into; absent where it was not asked for. */
  main: string | undefined;
  /** Commits of the channels, by region. */
  channels: Map<string, string>;
}

/** The remote that main is read from, and the branch. */
export function mainRemote(repository: Repository): { remote: string; branch: string } {
  const { publish } = repository.spec;
  return { remote: publish?.remote ?? 'origin', branch: publish?.branch ?? 'main' };
}

/** The remote that a region's channel lives on. */
export function channelRemote(repository: Repository, region: string): string {
  const own = repository.spec.publish?.regions?.find((entry) => entry.region === region);
  return own?.remote ?? mainRemote(repository).remote;
}

/** Branch of a region's channel. */
export function channelRef(region: string): string {
  return `refs/heads/edgeseal/${region}`;
}

/** Where the publishers of a region leave what some of them have signed, until enough have. Never a channel. */
export function pendingRef(region: string): string {
  return `${pending}${region}`;
}

const pending = 'refs/heads/edgeseal-pending/';

const memory = 'refs/edgeseal/published/';

/** What this clone remembers of a channel: the newest commit that it verified or pushed. */
export function rememberedRef(region: string): string {
  return `${memory}${region}`;
}

/** The commits that this clone remembers, by region. */
export async function rememberedChannels(io: Io, place: Place): Promise<Map<string, string>> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', memory];
  const lines = (await gitText(io, args, { cwd: place.top })).split('\n');
  return new Map(
    lines.map((line) => {
      const [commit = '', ref = ''] = line.split(' ');
      return [ref.slice(memory.length), commit];
    }),
  );
}

/** A remote as it may be printed: without credentials. */
export function printable(remote: string): string {
  return remote.replace(/\/\/[^/@\s]+@/, '//');
}

/**
 * Fetches a remote's channels, and its main where a branch is named, into refs of our own: no branch, tag or
 * FETCH_HEAD of the person's clone moves.
 *
 * @throws EdgesealError `git-repository` where the remote is not known or has no such branch, `git-mirror` where
 * it cannot be reached, `store-full`
 */
export async function fetchRemote(
  io: Io,
  place: Place,
  remote: string,
  branch?: string,
): Promise<Fetched> {
  await requireRemote(io, place, remote);
  const { channels, main } = slotOf(remote);
  const specs = [`+refs/heads/edgeseal/*:${channels}/*`];
  if (branch !== undefined) specs.push(`+refs/heads/${branch}:${main}`);
  // Floors and descent are read from main's history; a shallow clone, as CI likes them, has none.
  const unshallow = branch !== undefined && (await isShallow(io, place)) ? ['--unshallow'] : [];
  await fetchSpecs(io, place, remote, [...unshallow, remote, ...specs], branch);
  const fetched = await lastFetched(io, place, remote);
  return branch === undefined ? { ...fetched, main: undefined } : fetched;
}

/**
 * Fetches what publishers left for each other on a remote, apart from the channels: whoever may push there may put
 * anything there, and only those who need it should have to take it.
 *
 * @returns commits by region
 * @throws EdgesealError as {@link fetchRemote}
 */
export async function fetchPending(
  io: Io,
  place: Place,
  remote: string,
): Promise<Map<string, string>> {
  const { pending: slot } = slotOf(remote);
  await fetchSpecs(io, place, remote, [remote, `+${pending}*:${slot}/*`], undefined);
  return await lastPending(io, place, remote);
}

/** What {@link fetchPending} found last, or was pushed there since; nothing is asked of the remote. */
export async function lastPending(
  io: Io,
  place: Place,
  remote: string,
): Promise<Map<string, string>> {
  const { pending: slot } = slotOf(remote);
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', slot];
  const lines = (await gitText(io, args, { cwd: place.top })).split('\n');
  return new Map(
    lines.map((line) => {
      const [commit = '', ref = ''] = line.split(' ');
      return [ref.slice(slot.length + 1), commit];
    }),
  );
}

/** Notes what this clone has put there, or taken away. */
export async function notePending(
  io: Io,
  place: Place,
  remote: string,
  commits: ReadonlyMap<string, string | undefined>,
): Promise<void> {
  const { pending: slot } = slotOf(remote);
  const lines = [...commits].map(([region, commit]) =>
    commit === undefined ? `delete ${slot}/${region}\n` : `update ${slot}/${region} ${commit}\n`,
  );
  if (lines.length > 0)
    await runGit(io, ['update-ref', '--stdin'], { cwd: place.top, input: lines.join('') });
}

async function fetchSpecs(
  io: Io,
  place: Place,
  remote: string,
  args: readonly string[],
  branch: string | undefined,
): Promise<void> {
  const fetch = ['fetch', '--quiet', '--no-tags', '--prune', '--no-write-fetch-head'];
  const { code, stderr } = await runGit(io, [...fetch, ...args], {
    cwd: place.top,
    allow: [1, 128, 255],
  });
  if (code !== 0) throw (await fullDisk(stderr, place.top)) ?? fetchFailure(stderr, remote, branch);
}

/** What a remote held when it was last fetched by {@link fetchRemote}; nothing is asked of it. */
export async function lastFetched(io: Io, place: Place, remote: string): Promise<Fetched> {
  const { channels, main } = slotOf(remote);
  const listing = await gitText(
    io,
    ['for-each-ref', '--format=%(objectname) %(objecttype) %(refname)', channels, main],
    { cwd: place.top },
  );
  const fetched: Fetched = { main: undefined, channels: new Map() };
  for (const line of listing.split('\n')) {
    const [commit = '', type, ref = ''] = line.split(' ');
    if (type !== 'commit') continue;
    if (ref === main) fetched.main = commit;
    if (ref.startsWith(`${channels}/`))
      fetched.channels.set(ref.slice(channels.length + 1), commit);
  }
  return fetched;
}

/** Where what was fetched from a remote is kept. */
function slotOf(remote: string): { channels: string; main: string; pending: string } {
  const slot = createHash('sha256').update(remote).digest('hex').slice(0, 16);
  return {
    channels: `refs/edgeseal/remote/${slot}`,
    main: `refs/edgeseal/main/${slot}`,
    pending: `refs/edgeseal/pending/${slot}`,
  };
}

/**
 * Fetches one channel from anywhere: a URL, a mirror's folder, a bundle.
 *
 * @returns its commit, or undefined where that place has no such channel
 */
export async function fetchChannelFrom(
  io: Io,
  place: Place,
  source: string,
  region: string,
): Promise<string | undefined> {
  refuseOption(source);
  const ref = `refs/edgeseal/resumed/${region}`;
  const args = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', source];
  const result = await runGit(io, [...args, `+${channelRef(region)}:${ref}`], {
    cwd: io.cwd,
    allow: [1, 128, 255],
  });
  if (result.code === 0) return await gitText(io, ['rev-parse', ref], { cwd: place.top });
  if (/find remote ref/.test(result.stderr)) return undefined;
  throw (
    (await fullDisk(result.stderr, place.top)) ?? fetchFailure(result.stderr, source, undefined)
  );
}

async function requireRemote(io: Io, place: Place, remote: string): Promise<void> {
  refuseOption(remote);
  if (/[/:\\]/.test(remote)) return;
  const url = await gitAnswer(io, ['remote', 'get-url', '--', remote], { cwd: place.top });
  if (url !== undefined) return;
  throw new EdgesealError('git-repository', `this clone has no Git remote ${remote}`, {
    hint: `add it: git remote add ${remote} URL, or name another in edgeseal.yaml (spec.publish.remote)`,
  });
}

/** The name comes from a merged file: it must not become an option of git. */
function refuseOption(remote: string): void {
  if (!remote.startsWith('-')) return;
  throw new EdgesealError('input-usage', `${remote} is not a remote`);
}

async function isShallow(io: Io, place: Place): Promise<boolean> {
  return (
    (await gitText(io, ['rev-parse', '--is-shallow-repository'], { cwd: place.top })) === 'true'
  );
}

function fetchFailure(stderr: string, remote: string, branch: string | undefined): EdgesealError {
  const name = printable(remote);
  if (branch !== undefined && /find remote ref/.test(stderr)) {
    return new EdgesealError('git-repository', `${name} has no branch ${branch}`, {
      hint: `push it first: git push ${name} ${branch}`,
    });
  }
  return new EdgesealError('git-mirror', `${name} cannot be fetched from: ${lastWords(stderr)}`, {
    hint: `see whether this works: git ls-remote ${name}`,
  });
}

/** The lines of git's stderr that say what happened, without credentials. */
export function lastWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => /^(fatal|error|remote|ssh):/.test(line));
  return (telling.length > 0 ? telling : lines.filter((line) => line !== ''))
    .slice(0, 4)
    .map((line) => line.replace(/^(fatal|error): /, '').replace(/\/\/[^/@\s]+@/g, '//'))
    .join('; ');
}
