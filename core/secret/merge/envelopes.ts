import { regionsOf, sortRecipients, sortedMap, templateOf } from '../../format/edge-secret.ts';
import type { FullEnvelope, Recipient } from '../../format/edge-secret.ts';
import { byName } from '../../format/names.ts';
import type { MergeConflict } from './conflict.ts';
import type { ThreeSides } from './items.ts';
import { sourceId } from './sources.ts';
import type { SourceId } from './sources.ts';

/** What envelopes are put together from. */
export interface Wanted {
  /** What each region is to get. */
  items: ReadonlyMap<string, ReadonlyMap<string, SourceId>>;
  /** Regions and recovery recipients of the merged secret. */
  names: ReadonlySet<string>;
  /** Of the merged secret. */
  type: string;
  isRecovery: (name: string) => boolean;
}

/**
 * Puts the envelopes of both sides together so that each region gets what is wanted: ours in their order, then those that
 * only theirs has. New ones of the two sides never hold the same item for the same region, or it would be a conflict, so
 * their order says nothing.
 *
 * No ciphertext is made or changed; items that nobody gets any more are left out, as are envelopes without items.
 */
export function mergeEnvelopes(
  sides: ThreeSides,
  wanted: Wanted,
): { envelopes: FullEnvelope[]; conflicts: MergeConflict[] } {
  const { ours, theirs } = sides;
  const commitments = new Set(
    [...ours.envelopes, ...theirs.envelopes].map(({ commitment }) => commitment),
  );
  const conflicts: MergeConflict[] = [];
  const envelopes = [...commitments].flatMap((commitment): FullEnvelope[] => {
    const own = ours.envelopes.find((e) => e.commitment === commitment);
    const foreign = theirs.envelopes.find((e) => e.commitment === commitment);
    const any = own ?? foreign;
    if (any === undefined) return [];
    const joined = joinEnvelope(sides, commitment, wanted.names);
    if (joined === undefined) {
      const items = Object.keys(any.data);
      for (const name of items) conflicts.push(conflictOf('damaged', name, any));
      return [];
    }
    const live = liveData(joined, wanted);
    const isRead = regionsOf(joined).some((name) => !wanted.isRecovery(name));
    if (Object.keys(live).length === 0 || !isRead) return [];
    const bound = templateOf(own === undefined ? theirs.secret : ours.secret).type;
    if (bound !== wanted.type)
      for (const name of Object.keys(live)) conflicts.push(conflictOf('type', name, joined));
    return [{ ...joined, data: live }];
  });
  return { envelopes, conflicts };
}

/** @returns undefined where the sides have different ciphertext in the same envelope */
function joinEnvelope(
  { base, ours, theirs }: ThreeSides,
  commitment: string,
  names: ReadonlySet<string>,
): FullEnvelope | undefined {
  const find = (side: typeof base): FullEnvelope | undefined =>
    side?.envelopes.find((e) => e.commitment === commitment);
  const [was, one, other] = [find(base), find(ours), find(theirs)];
  const any = one ?? other;
  if (any === undefined) return undefined;
  const data = new Map<string, string>();
  for (const [item, text] of [one, other].flatMap((e) => Object.entries(e?.data ?? {}))) {
    if ((data.get(item) ?? text) !== text) return undefined;
    data.set(item, text);
  }
  if (one !== undefined && other !== undefined && one.version !== other.version) return undefined;
  const recipients = joinRecipients(was, one, other).filter(({ region }) => names.has(region));
  const readers = new Set(recipients.map(({ region }) => region));
  const could = [was, one, other].flatMap((e) =>
    e === undefined ? [] : [...(e.exposed ?? []), ...regionsOf(e)],
  );
  // Whoever was named once could read it: that is never forgotten, but where they may again.
  const exposed = [...new Set(could)].filter((region) => !readers.has(region)).sort(byName);
  const { suite, version } = any;
  return { suite, version, commitment, recipients, exposed, data: sortedMap(data) };
}

/** Wraps that one side added are added, wraps that one side dropped are dropped. */
function joinRecipients(
  was: FullEnvelope | undefined,
  one: FullEnvelope | undefined,
  other: FullEnvelope | undefined,
): Recipient[] {
  if (one === undefined || other === undefined) return (one ?? other)?.recipients ?? [];
  const key = ({ region, key: id = '', wrapped = '' }: Recipient): string =>
    `${region}\n${id}\n${wrapped}`;
  const [before, a, b] = [was, one, other].map(
    (e) => new Map((e?.recipients ?? []).map((r) => [key(r), r])),
  );
  const all = new Map([...(a ?? []), ...(b ?? [])]);
  const kept = [...all].filter(
    ([id]) => (a?.has(id) === true && b?.has(id) === true) || before?.has(id) !== true,
  );
  return sortRecipients(kept.map(([, recipient]) => recipient));
}

/** Items of an envelope that some region still gets from it. */
function liveData(envelope: FullEnvelope, { items }: Wanted): Record<string, string> {
  const readers = regionsOf(envelope);
  const live = Object.entries(envelope.data).filter(([item]) => {
    const id = sourceId(envelope, item);
    return readers.some((region) => items.get(item)?.get(region) === id);
  });
  return sortedMap(live);
}

function conflictOf(
  kind: MergeConflict['kind'],
  name: string,
  envelope: FullEnvelope,
): MergeConflict {
  return { kind, name, regions: regionsOf(envelope), ours: 'kept', theirs: 'kept' };
}
