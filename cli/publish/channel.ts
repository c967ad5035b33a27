import { requireContinuation } from '../../core/channel/publish-check.ts';
import { readIndexes, requireListed, verifySnapshot } from '../../core/channel/snapshot-check.ts';
import type { ChannelReader, VerifiedSnapshot } from '../../core/channel/snapshot-check.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { secretPath } from '../../core/format/names.ts';
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
  /** Reads a namespace's index, once: with 100 regions of 10,000 secrets those that nothing touches stay unread. */
  index(namespace: string): Promise<ReadonlyMap<string, IndexEntry>>;
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
 * Reads and verifies a channel's snapshot; indexes are read when they are asked for.
 *
 * @throws EdgesealError of verifySnapshot or requireContinuation; `index` those of readIndexes
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
  const { snapshot } = verified;
  const known = new Map<string, Promise<ReadonlyMap<string, IndexEntry>>>();
  const readIndex = async (namespace: string): Promise<ReadonlyMap<string, IndexEntry>> => {
    const indexes = snapshot.indexes.filter((listed) => listed.namespace === namespace);
    const entries = (await readIndexes(read, { ...snapshot, indexes })).get(namespace) ?? [];
    return new Map(entries.map((entry) => [entry.name, entry]));
  };
  return {
    commit,
    verified,
    read,
    index(namespace) {
      const index = known.get(namespace) ?? readIndex(namespace);
      known.set(namespace, index);
      return index;
    },
  };
}

/** Paths of all secrets that a channel lists, with their entries. */
export async function listedSecrets(channel: PublishedChannel): Promise<Map<string, IndexEntry>> {
  const listed = new Map<string, IndexEntry>();
  for (const { namespace } of channel.verified.snapshot.indexes) {
    for (const [name, entry] of await channel.index(namespace))
      listed.set(secretPath(namespace, name), entry);
  }
  return listed;
}

/**
 * Requires every listed file to be there, to the byte: before a channel from elsewhere is taken up, and before
 * one is carried by hand.
 *
 * @throws EdgesealError `trust-snapshot`
 */
export async function requireWhole(channel: PublishedChannel): Promise<number> {
  const listed = await listedSecrets(channel);
  for (const [path, entry] of listed) requireListed(await channel.read(path), entry, path);
  return listed.size;
}
