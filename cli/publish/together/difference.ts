import { readIndexes } from '../../../core/channel/snapshot-check.ts';
import { isEdgesealError } from '../../../core/errors.ts';
import { channelPaths, parseIndex } from '../../../core/format/snapshot.ts';
import type { IndexEntry, Snapshot } from '../../../core/format/snapshot.ts';
import type { Draft } from '../draft.ts';
import type { Pending } from './pending.ts';

/** Secrets that are named; where more differ, a person needs another way to look anyway. */
const named = 8;

/**
 * Says in what another publisher's snapshot differs from the one that was rendered here: which secrets, where it carries
 * the indexes that it lists.
 */
export async function differenceWords(
  pending: Pending,
  theirs: Snapshot,
  draft: Draft,
  mine: Snapshot,
): Promise<string> {
  const words: string[] = [];
  if (theirs.source !== mine.source)
    words.push(
      `it is of commit ${theirs.source.slice(0, 10)}, this of ${mine.source.slice(0, 10)}`,
    );
  if (theirs.root.sha256 !== mine.root.sha256)
    words.push(`it names trust root ${theirs.root.number}, this ${mine.root.number}`);
  if (theirs.sequence !== mine.sequence || theirs.previous !== mine.previous)
    words.push(
      `it is snapshot ${theirs.sequence}${theirs.sequence === mine.sequence ? ' on top of another one' : `, this ${mine.sequence}`}`,
    );
  const secrets = await differingSecrets(pending, theirs, draft, mine);
  if (secrets.length > 0) {
    const more = secrets.length > named ? ` and ${secrets.length - named} more` : '';
    words.push(`it has other bytes of ${secrets.slice(0, named).join(', ')}${more}`);
  }
  return words.join('; ') || 'it is written otherwise';
}

async function differingSecrets(
  pending: Pending,
  theirs: Snapshot,
  draft: Draft,
  mine: Snapshot,
): Promise<string[]> {
  const listed = ({ indexes }: Snapshot, namespace: string): string | undefined =>
    indexes.find((index) => index.namespace === namespace)?.sha256;
  const namespaces = new Set([...theirs.indexes, ...mine.indexes].map((index) => index.namespace));
  const differing: string[] = [];
  for (const namespace of [...namespaces].sort()) {
    if (listed(theirs, namespace) === listed(mine, namespace)) continue;
    const [there, here] = [
      await theirIndex(pending, theirs, namespace),
      await ownIndex(draft, namespace),
    ];
    if (there === undefined) {
      differing.push(`namespace ${namespace}`);
      continue;
    }
    const names = new Set([...there.keys(), ...here.keys()]);
    for (const name of [...names].sort())
      if (there.get(name)?.sha256 !== here.get(name)?.sha256)
        differing.push(`${namespace}/${name}`);
  }
  return differing;
}

async function theirIndex(
  { read }: Pending,
  snapshot: Snapshot,
  namespace: string,
): Promise<Map<string, IndexEntry> | undefined> {
  const indexes = snapshot.indexes.filter((index) => index.namespace === namespace);
  try {
    return byName((await readIndexes(read, { ...snapshot, indexes })).get(namespace) ?? []);
  } catch (error) {
    if (isEdgesealError(error)) return undefined;
    throw error;
  }
}

async function ownIndex(
  { files, plan }: Draft,
  namespace: string,
): Promise<ReadonlyMap<string, IndexEntry>> {
  const path = channelPaths.index(namespace);
  const bytes = files.get(path);
  if (bytes instanceof Uint8Array) return byName(parseIndex(bytes, namespace));
  if (files.has(path)) return new Map();
  return (await plan.base?.index(namespace)) ?? new Map<string, IndexEntry>();
}

function byName(entries: readonly IndexEntry[]): Map<string, IndexEntry> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}
