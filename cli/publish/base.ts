import { requireContinuation } from '../../core/channel/publish-check.ts';
import { compareMarks, judgeAgainstMark, markOf } from '../../core/channel/mark.ts';
import type { Mark } from '../../core/channel/mark.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { CatFile } from '../git/commit-view.ts';
import { gitText } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { readChannel, requireWhole } from './channel.ts';
import type { PublishedChannel } from './channel.ts';
import { channelRef, fetchChannelFrom, printable } from './transport/remote.ts';

/** Where a region's channel stands before a round. */
export interface Base {
  region: string;
  remote: string;
  /** Commit that the remote holds. */
  held: string | undefined;
  /** The channel to go on from; not the remote's where it was taken up again from elsewhere. */
  channel: PublishedChannel | undefined;
  error: EdgesealError | undefined;
}

/** What bases are opened by. */
export interface BaseInput {
  io: Io;
  place: Place;
  cat: CatFile;
  roots: readonly AcceptedRoot[];
  /** Commits by region, of {@link rememberedChannels}. */
  remembered: ReadonlyMap<string, string>;
  resumeFrom: string | undefined;
}

/**
 * Opens the channel of one region as its remote holds it, or as `--resume-from` brings it back.
 *
 * @param there commits of the remote's channels by region; where it cannot be reached, only its regions fail
 */
export async function openBase(
  input: BaseInput,
  region: string,
  remote: string,
  there: Promise<ReadonlyMap<string, string>>,
): Promise<Base> {
  const base: Base = { region, remote, held: undefined, channel: undefined, error: undefined };
  try {
    base.held = (await there).get(region);
    base.channel = await findChannel(input, region, remote, base.held);
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    base.error = error;
  }
  return base;
}

async function findChannel(
  input: BaseInput,
  region: string,
  remote: string,
  held: string | undefined,
): Promise<PublishedChannel | undefined> {
  const known = await remembered(input, region, held);
  if (input.resumeFrom !== undefined)
    return await resume(input, region, remote, { held, known, source: input.resumeFrom });
  if (held === undefined) {
    if (known === undefined) return undefined;
    const { sequence } = known.verified.snapshot;
    throw new EdgesealError(
      'trust-rollback',
      `the channel of ${region} is gone from ${printable(remote)}; this clone has seen its snapshot ${sequence}`,
      { hint: `put it back: git push ${printable(remote)} ${known.commit}:${channelRef(region)}` },
    );
  }
  const channel = known?.commit === held ? known : await readAt(input, region, remote, held);
  try {
    requireContinuation(channel.verified, input.roots, known?.verified);
  } catch (error) {
    if (!isEdgesealError(error, 'trust-rollback') || known === undefined) throw error;
    throw error.at({
      hint: `put the newer one back: git push --force ${printable(remote)} ${known.commit}:${channelRef(region)}`,
    });
  }
  return channel;
}

async function readAt(
  { cat, roots }: BaseInput,
  region: string,
  remote: string,
  held: string,
): Promise<PublishedChannel> {
  try {
    return await readChannel(cat, held, region, roots);
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    const { code, message, file, cause } = error;
    const branch = `edgeseal/${region}`;
    throw new EdgesealError(code, `${message} (as ${printable(remote)} has it)`, {
      file: file === undefined ? branch : `${branch}:${file}`,
      hint: `somebody who is no publisher changed it; take it up from a good copy: edgeseal publish ${region} --resume-from URL-OR-BUNDLE`,
      cause,
    });
  }
}

/** The newest snapshot of the channel that this clone has published or verified. */
async function remembered(
  { cat, roots, remembered: commits }: BaseInput,
  region: string,
  held: string | undefined,
): Promise<PublishedChannel | undefined> {
  const commit = commits.get(region);
  if (commit === undefined) return undefined;
  try {
    return await readChannel(cat, commit, region, roots);
  } catch (error) {
    // Of another root than main's now, say after `init` anew: the remote's is judged on its own.
    if (isEdgesealError(error) && held !== undefined) return undefined;
    throw error;
  }
}

/**
 * Takes a channel up again from a mirror or a bundle: verified to the last file, and neither below what the
 * remote holds nor below what this clone remembers.
 */
async function resume(
  input: BaseInput,
  region: string,
  remote: string,
  at: { held: string | undefined; known: PublishedChannel | undefined; source: string },
): Promise<PublishedChannel> {
  const { io, place, cat, roots } = input;
  const name = printable(at.source);
  const commit = await fetchChannelFrom(io, place, at.source, region);
  if (commit === undefined) {
    throw new EdgesealError('git-mirror', `${name} has no channel of ${region}`, {
      hint: `name the regions that it has (git ls-remote ${name}): edgeseal publish REGION --resume-from ${name}`,
    });
  }
  const channel = await readChannel(cat, commit, region, roots);
  await requireWhole(channel);
  requireNotBelow(channel, name, at.known, 'this clone has seen');
  requireNotBelow(
    channel,
    name,
    await readable(cat, at.held, region, roots),
    `${printable(remote)} is at`,
  );
  return channel;
}

/** The remote's channel; undefined where it is gone or damaged, which is why another is taken up. */
async function readable(
  cat: CatFile,
  held: string | undefined,
  region: string,
  roots: readonly AcceptedRoot[],
): Promise<PublishedChannel | undefined> {
  if (held === undefined) return undefined;
  try {
    return await readChannel(cat, held, region, roots);
  } catch (error) {
    if (isEdgesealError(error)) return undefined;
    throw error;
  }
}

/**
 * Only the height counts, not descent: a channel that was started anew by mistake is what a good copy is taken up
 * against. Two of one height are two histories, and not ours to choose from.
 */
function requireNotBelow(
  channel: PublishedChannel,
  name: string,
  other: PublishedChannel | undefined,
  where: string,
): void {
  if (other === undefined) return;
  const order = compareMarks(markAt(channel), markAt(other));
  if (order === 0)
    judgeAgainstMark(channel.verified.snapshot, channel.verified.sha256, markAt(other));
  if (order >= 0) return;
  const { region, sequence } = other.verified.snapshot;
  throw new EdgesealError(
    'trust-rollback',
    `${name} is at snapshot ${channel.verified.snapshot.sequence} of ${region}, ${where} snapshot ${sequence}`,
    { hint: `name a newer copy, or publish without it: edgeseal publish ${region}` },
  );
}

function markAt({ verified }: PublishedChannel): Mark {
  return markOf(verified.snapshot, verified.sha256);
}

/**
 * What the last commits of channels say is to be looked at again, in one process. The words are not signed:
 * whoever holds the remote can take them away, and then a secret that is held is not named any more.
 *
 * @returns undefined where everything has to be looked at
 */
export async function recheckPaths(
  io: Io,
  place: Place,
  commits: readonly string[],
): Promise<Set<string> | undefined> {
  const paths = new Set<string>();
  if (commits.length === 0) return paths;
  const args = ['log', '--no-show-signature', '--no-walk=unsorted', '--stdin', '--format=%B%x00'];
  const text = await gitText(io, args, { cwd: place.top, input: `${commits.join('\n')}\n` });
  const messages = text.split('\0').filter((message) => message.trim() !== '');
  for (const message of messages) {
    if (!/^Source: /m.test(message)) return undefined;
    for (const [, path = ''] of message.matchAll(/^Recheck: (\S+)$/gm)) {
      if (path === 'all') return undefined;
      if (parseSecretPath(path) !== undefined) paths.add(path);
    }
  }
  return messages.length < new Set(commits).size ? undefined : paths;
}

const namedAtMost = 200;

/** The message of a channel's commit: for people, and for the next publication. */
export function commitMessage(
  title: string,
  source: string,
  recheck: ReadonlySet<string> | 'all',
): string {
  const paths = recheck === 'all' || recheck.size > namedAtMost ? ['all'] : [...recheck].sort();
  return [title, '', `Source: ${source}`, ...paths.map((path) => `Recheck: ${path}`), ''].join(
    '\n',
  );
}
