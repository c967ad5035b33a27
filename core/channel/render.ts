import { formatEdgeSecret } from '../format/edge-secret.ts';
import type { EdgeSecret } from '../format/edge-secret.ts';
import { byName } from '../format/names.ts';
import { channelPaths, formatIndex, formatSnapshot } from '../format/snapshot.ts';
import type { IndexEntry, Snapshot } from '../format/snapshot.ts';
import type { AcceptedRoot } from '../trust/root-chain.ts';
import { channelSecret } from './elide.ts';
import { sha256Of } from './snapshot-check.ts';
import type { VerifiedSnapshot } from './snapshot-check.ts';

/** One sealed secret as a region's channel carries it. */
export interface RenderedSecret {
  entry: IndexEntry;
  bytes: Uint8Array;
}

/** What a channel lists, by namespace; entries in any order. */
export type Listing = ReadonlyMap<string, readonly IndexEntry[]>;

/** The signed part of a channel but for its snapshot: index files by path, and what the snapshot says of them. */
export interface RenderedIndexes {
  indexes: Snapshot['indexes'];
  files: Map<string, Uint8Array>;
}

/**
 * Renders one sealed secret of main for one region. Same input, same bytes.
 *
 * @returns undefined where no envelope names the region
 */
export function renderSecret(secret: EdgeSecret, region: string): RenderedSecret | undefined {
  const elided = channelSecret(secret, region);
  if (elided === undefined) return undefined;
  const bytes = new TextEncoder().encode(formatEdgeSecret(elided));
  const { name } = secret.metadata;
  const { version } = secret.spec;
  return { entry: { name, version, sha256: sha256Of(bytes), size: bytes.length }, bytes };
}

/** Renders the index of every namespace that lists something, sorted. */
export function renderIndexes(listing: Listing): RenderedIndexes {
  const indexes: Snapshot['indexes'] = [];
  const files = new Map<string, Uint8Array>();
  for (const [namespace, entries] of [...listing].sort(([a], [b]) => byName(a, b))) {
    if (entries.length === 0) continue;
    const sorted = [...entries].sort((a, b) => byName(a.name, b.name));
    const bytes = formatIndex(
      sorted.map(({ name, version, sha256, size }) => ({ name, version, sha256, size })),
    );
    indexes.push({ namespace, sha256: sha256Of(bytes), size: bytes.length });
    files.set(channelPaths.index(namespace), bytes);
  }
  return { indexes, files };
}

/**
 * Whether a published snapshot still says what is wanted: the same root and the same content. Its source may
 * be older: a commit of main that changes nothing for a region is no publication for it.
 */
export function isCurrent(
  published: VerifiedSnapshot,
  root: AcceptedRoot,
  indexes: Snapshot['indexes'],
): boolean {
  const { snapshot } = published;
  if (snapshot.root.sha256 !== root.sha256 || snapshot.indexes.length !== indexes.length)
    return false;
  return snapshot.indexes.every((listed, i) => {
    const wanted = indexes[i];
    return listed.namespace === wanted?.namespace && listed.sha256 === wanted.sha256;
  });
}

/**
 * The bytes of the snapshot that follows the last published one (or of the first). They carry no time, so two
 * publishers of one commit of main make the same.
 *
 * @param source commit of main, lower-case hex
 */
export function renderSnapshot(
  published: VerifiedSnapshot | undefined,
  content: {
    region: string;
    root: AcceptedRoot;
    source: string;
    indexes: Snapshot['indexes'];
  },
): Uint8Array {
  const { region, root, source, indexes } = content;
  return formatSnapshot({
    repository: root.spec.repository,
    region,
    root: { number: root.number, sha256: root.sha256 },
    sequence: (published?.snapshot.sequence ?? 0) + 1,
    previous: published?.sha256 ?? null,
    source,
    indexes,
  });
}
