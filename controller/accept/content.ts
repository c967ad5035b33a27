import { readIndexes, requireListed } from '../../core/channel/snapshot-check.ts';
import { channelPaths } from '../../core/format/snapshot.ts';
import type { IndexEntry, Snapshot } from '../../core/format/snapshot.ts';
import { secretPath } from '../../core/format/names.ts';
import type { FetchSession } from '../mirrors/fetch-session.ts';
import type { PackWriter } from '../store/blob-store.ts';
import type { Ledger } from '../store/ledger.ts';
import { keyOf, partsOf } from '../targets/target.ts';

/** How a snapshot's listing differs from the accepted one. */
export interface Listing {
  indexes: Map<string, string>;
  /** Secrets with other bytes or another version, and new ones, by `namespace/name`. */
  changed: Map<string, IndexEntry>;
  removed: string[];
}

/**
 * Requires every listed byte: each index and each file, with the listed SHA-256 and size. What is as in the
 * commit that was verified last is not read again, so the work follows the change. Files that the store
 * does not have are added to `writer`.
 *
 * @throws EdgesealError `trust-snapshot` naming the first file that is missing or another; format errors;
 * what the session throws; `store-full`, `store-io`
 */
export async function readContent(
  session: FetchSession,
  ledger: Ledger,
  snapshot: Snapshot,
  writer: PackWriter,
): Promise<Listing> {
  const differing = await session.differing();
  const touched = differing === undefined ? undefined : new Set(differing);
  const listing = await compareIndexes(session, ledger, snapshot, touched);
  const wanted = new Map<string, { sha256: string; size: number }>();
  const fresh = new Set<string>();
  const want = (key: string, entry: { sha256: string; size: number }): void => {
    const { namespace, name } = partsOf(key);
    wanted.set(secretPath(namespace, name), entry);
    fresh.add(entry.sha256);
  };
  for (const [key, entry] of listing.changed) want(key, entry);
  const removed = new Set(listing.removed);
  for (const [key, { listed }] of ledger.state.secrets) {
    if (listed === undefined || removed.has(key) || listing.changed.has(key)) continue;
    const { namespace, name } = partsOf(key);
    const path = secretPath(namespace, name);
    if (touched?.has(path) === false && ledger.has(listed.sha256)) continue;
    const size = ledger.sizeOf(listed.sha256);
    if (size !== undefined) wanted.set(path, { sha256: listed.sha256, size });
  }
  for await (const [path, bytes] of session.readAll([...wanted.keys()])) {
    const entry = wanted.get(path);
    if (entry === undefined) continue;
    requireListed(bytes, entry, path);
    // Also what is there: as another secret's last good version it may go before this is committed.
    if (fresh.has(entry.sha256) || !ledger.has(entry.sha256)) writer.add(bytes, entry.sha256);
    wanted.delete(path);
  }
  // A child that answers with less than was asked for is as good as a file that is not there.
  for (const [path, entry] of wanted) requireListed(undefined, entry, path);
  return listing;
}

async function compareIndexes(
  session: FetchSession,
  ledger: Ledger,
  snapshot: Snapshot,
  touched: ReadonlySet<string> | undefined,
): Promise<Listing> {
  const { state } = ledger;
  const indexes = new Map(snapshot.indexes.map(({ namespace, sha256 }) => [namespace, sha256]));
  const same = (namespace: string, sha256: string): boolean =>
    state.indexes.get(namespace) === sha256;
  const suspect = snapshot.indexes.filter(
    ({ namespace, sha256 }) =>
      !same(namespace, sha256) || touched?.has(channelPaths.index(namespace)) !== false,
  );
  const read = await readIndexes((path) => session.read(path), { ...snapshot, indexes: suspect });
  const changed = new Map<string, IndexEntry>();
  const kept = new Set<string>();
  for (const [namespace, entries] of read) {
    for (const entry of entries) {
      const key = keyOf(namespace, entry.name);
      kept.add(key);
      const listed = state.secrets.get(key)?.listed;
      if (listed?.sha256 !== entry.sha256 || listed.version !== entry.version)
        changed.set(key, entry);
    }
  }
  const removed: string[] = [];
  for (const [key, { listed }] of state.secrets) {
    if (listed === undefined || kept.has(key)) continue;
    const { namespace } = partsOf(key);
    const index = indexes.get(namespace);
    if (index === undefined || !same(namespace, index)) removed.push(key);
  }
  return { indexes, changed, removed };
}
