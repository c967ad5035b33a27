import { readRepository } from '../../core/repository/repository-state.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { worktreeView } from '../../core/repository/view.ts';
import type { Io } from '../terminal/io.ts';
import { withMerged } from '../publish/merged.ts';
import { publishedRegions } from '../publish/round.ts';
import { printable } from '../publish/transport/remote.ts';
import { findRepository } from '../repository.ts';

/** What the secrets repository says of a region, as it is merged and published now. */
export interface RegionFacts {
  repository: string;
  /** SHA-256 of the root that the cluster is to be pinned to. */
  root: string;
  /** The published snapshot, verified; undefined where nothing was published yet. */
  published: { root: number; sequence: number } | undefined;
  /** The remote of the channel, for messages. */
  remote: string;
  mirrors: string[];
  interval: string | undefined;
  staleAfter: string | undefined;
  /** Whether main knows the region: one whose key the cluster makes comes into the repository afterwards. */
  isKnown: boolean;
  /** Full hashes of the region's active keys. */
  activeKeys: ReadonlySet<string>;
}

/**
 * Reads what an installation needs from the publish remote's main and the region's channel. The root is the one that the
 * published snapshot names, since a cluster refuses what was signed before its pinned root; without a snapshot it is
 * the root in force.
 *
 * @throws EdgesealError as the commands that open a repository; `git-mirror` where the remote cannot be reached, since
 * a floor that is not known must not silently be none
 */
export async function regionFacts(io: Io, region: string): Promise<RegionFacts> {
  const place = await findRepository(io);
  const local = await readRepository(worktreeView(place.root));
  return await withMerged({ io, place, local }, async ({ state, base }) => {
    const entry = state.regions.get(region);
    if (entry !== undefined) publishedRegions(state, [region]);
    const { remote, channel, error } = await base(region);
    if (error !== undefined) throw error;
    const snapshot = channel?.verified.snapshot;
    return {
      repository: state.repository.spec.id,
      root: snapshot?.root.sha256 ?? state.root.sha256,
      published:
        snapshot === undefined
          ? undefined
          : { root: snapshot.root.number, sequence: snapshot.sequence },
      remote: printable(remote),
      mirrors: state.repository.spec.mirrors ?? [],
      interval: entry?.region.spec.interval,
      staleAfter: entry?.region.spec.staleAfter,
      isKnown: entry !== undefined,
      activeKeys: activeKeysOf(state, region),
    };
  });
}

function activeKeysOf({ root }: RepositoryState, region: string): Set<string> {
  const listed = root.spec.regions.find(({ name }) => name === region)?.keys ?? [];
  return new Set(listed.filter(({ state }) => state === 'active').map(({ sha256 }) => sha256));
}
