import { requireContinuation } from '../../core/channel/publish-check.ts';
import { listedPaths } from '../../core/channel/render.ts';
import { readIndexes, verifySnapshot } from '../../core/channel/snapshot-check.ts';
import type { ChannelReader, VerifiedSnapshot } from '../../core/channel/snapshot-check.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import type { IndexEntry } from '../../core/format/snapshot.ts';
import { readRootFile } from '../../core/repository/trust.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { acceptPinnedRoot } from '../../core/trust/root-chain.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { CatFile } from '../git/commit-view.ts';

/** A channel as it was last published, verified as a cluster would verify it. */
export interface PublishedChannel {
  commit: string;
  verified: VerifiedSnapshot;
  /** The listed secrets, by their path. */
  entries: Map<string, { namespace: string; entry: IndexEntry }>;
  read: ChannelReader;
}

/** Reads files of a commit by path; only blobs count as files. */
export function commitReader(cat: CatFile, commit: string): ChannelReader {
  return async (path) => {
    try {
      return await cat.read(`${commit}:${path}`);
    } catch (error) {
      if (isEdgesealError(error, 'git-object')) return undefined;
      throw error;
    }
  };
}

/**
 * All roots of main up to the one in force. Those before the pinned one are held to it by their hashes: a
 * channel may have been published under one of them.
 */
export async function allRoots(state: RepositoryState): Promise<AcceptedRoot[]> {
  const roots = [...state.roots];
  for (let first = roots[0]; first !== undefined && first.spec.previous !== null;) {
    const file = await readRootFile(state.view, first.number - 1);
    if (file === undefined) break;
    first = acceptPinnedRoot(file, first.spec.previous);
    roots.unshift(first);
  }
  return roots;
}

/**
 * Reads and verifies a channel's snapshot and indexes.
 *
 * @throws EdgesealError of verifySnapshot, readIndexes or requireContinuation
 */
export async function readChannel(
  cat: CatFile,
  commit: string,
  region: string,
  roots: readonly AcceptedRoot[],
): Promise<PublishedChannel> {
  const first = roots[0];
  if (first === undefined) throw new EdgesealError('internal', 'an empty chain of roots');
  const read = commitReader(cat, commit);
  const { repository } = first.spec;
  const verified = await verifySnapshot(read, first, { repository, region });
  requireContinuation(verified, roots, undefined);
  const listing = await readIndexes(read, verified.snapshot);
  return { commit, verified, entries: listedPaths(listing), read };
}
