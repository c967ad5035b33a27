import type { RegionKey } from '../crypto/region-key.ts';
import { EdgesealError, isEdgesealError } from '../errors.ts';
import { isElided, regionsOf, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../format/edge-secret.ts';
import { openDataKey, openItems } from './envelope.ts';

/** What a private key tells of a sealed secret. */
export interface OpenCheck {
  /** Wraps that opened, and all items with them. */
  opened: number;
  /** Wraps and items that do not open though they are for one of the keys. */
  faults: EdgesealError[];
  /** Regions among `holders` that an envelope names without a wrap for one of the keys. */
  lacking: string[];
}

/**
 * Opens every wrap that is for one of the keys, and every item with it, and keeps nothing. Only this finds a wrap that was
 * wrong when it was made: no signature covers it, and a wrong recovery wrap is in nobody's way before the day it is needed.
 *
 * @param repository the repository's UUID
 * @param holders regions and recovery recipients whose active keys these are
 */
export async function openEveryWrap(
  secret: EdgeSecret,
  repository: string,
  keys: readonly RegionKey[],
  holders: readonly string[],
): Promise<OpenCheck> {
  const { namespace, name } = secret.metadata;
  const context = { repository, namespace, name, type: templateOf(secret).type };
  const ids = new Set(keys.map((key) => key.id));
  const check: OpenCheck = { opened: 0, faults: [], lacking: [] };
  const lacking = new Set<string>();
  for (const [index, envelope] of secret.spec.envelopes.entries()) {
    if (isElided(envelope)) continue;
    const field = `spec.envelopes[${index}]`;
    const own = envelope.recipients.filter(
      ({ key, wrapped }) => wrapped !== undefined && key !== undefined && ids.has(key),
    );
    const named = holders.filter((holder) => regionsOf(envelope).includes(holder));
    for (const holder of named)
      if (!own.some(({ region }) => region === holder)) lacking.add(holder);
    for (const recipient of own) {
      try {
        await openOne(context, { ...envelope, recipients: [recipient] }, keys);
        check.opened += 1;
      } catch (error) {
        if (!isEdgesealError(error)) throw error;
        check.faults.push(error.at({ field }));
      }
    }
  }
  return { ...check, lacking: [...lacking] };
}

async function openOne(
  context: { repository: string; namespace: string; name: string; type: string },
  envelope: FullEnvelope,
  keys: readonly RegionKey[],
): Promise<void> {
  const region = envelope.recipients[0]?.region ?? '';
  const key = envelope.recipients[0]?.key ?? '';
  const dataKey = await openDataKey(context, envelope, region, keys);
  if (dataKey === undefined) {
    throw new EdgesealError(
      'seal-open',
      `the wrap for ${region} (key ${key}) does not open: it was made wrong, or changed`,
    );
  }
  try {
    for (const value of openItems(context, envelope, dataKey).values()) value.wipe();
  } finally {
    dataKey.wipe();
  }
}
