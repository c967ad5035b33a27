import { sha256Of } from '../../core/channel/snapshot-check.ts';
import { isEdgesealError } from '../../core/errors.ts';
import type { IndexEntry } from '../../core/format/snapshot.ts';
import { channelPaths } from '../../core/format/snapshot.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { CatFile } from '../git/commit-view.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { listedSecrets, readChannel } from '../publish/channel.ts';
import type { PublishedChannel } from '../publish/channel.ts';
import type { Place } from '../repository.ts';

/** A cluster that is further behind than this many publications is told from its Secrets alone. */
const maxBehind = 200;

/** What a snapshot lists, by file. */
export type Listing = ReadonlyMap<string, IndexEntry>;

/**
 * What a region's snapshot lists, found by its hash in the history of the channel that this clone has: a cluster names
 * the snapshot that it stands on, not what is in it.
 *
 * @returns undefined where this clone does not have it: `status --fetch`
 */
export async function listingOf(
  io: Io,
  place: Place,
  roots: readonly AcceptedRoot[],
  region: string,
  channel: PublishedChannel | undefined,
  sha256: string,
): Promise<Listing | undefined> {
  if (channel === undefined) return undefined;
  if (channel.verified.sha256 === sha256) return await listedSecrets(channel);
  const log = ['log', '--first-parent', '--format=%H', `--max-count=${maxBehind}`];
  const commits = await gitAnswer(io, [...log, channel.commit, '--', channelPaths.snapshot], {
    cwd: place.top,
  });
  const cat = new CatFile(io, place.top);
  try {
    for (const commit of (commits ?? '').split('\n')) {
      if (commit === '') continue;
      const bytes = await cat.read(`${commit}:${channelPaths.snapshot}`);
      if (sha256Of(bytes) !== sha256) continue;
      return await listedSecrets(await readChannel(cat, commit, region, roots));
    }
  } catch (error) {
    // A history that was cut, or an older root that this clone does not follow to.
    if (!isEdgesealError(error)) throw error;
  } finally {
    cat.close();
  }
  return undefined;
}
