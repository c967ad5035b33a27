import { EdgesealError } from '../errors.ts';
import { byName } from '../format/names.ts';
import { apiVersion } from '../format/schema.ts';
import { isElided, regionsOf, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope, Template } from '../format/edge-secret.ts';
import { sealEnvelope } from './envelope.ts';
import type { Items, SealRecipient } from './envelope.ts';
import { requireSize } from './unseal.ts';

/** Each function here returns a new, unsigned secret; signing it is the next step. */

export interface NewSecret {
  repository: string;
  namespace: string;
  name: string;
  template: Template;
}

/** Seals a secret anew: one envelope, and `version` above whatever was there before. */
export async function createSecret(
  identity: NewSecret,
  version: number,
  recipients: readonly SealRecipient[],
  items: Items,
): Promise<EdgeSecret> {
  requireSize(items);
  const { namespace, name, template } = identity;
  const envelope = await sealEnvelope(
    { ...identity, type: template.type },
    version,
    recipients,
    items,
  );
  return {
    apiVersion,
    kind: 'EdgeSecret',
    metadata: { name, namespace },
    spec: { version, template, envelopes: [envelope], signatures: [] },
  };
}

/**
 * Adds or replaces items in one new envelope. Needs no private key; every ciphertext that stays is byte for
 * byte what it was.
 *
 * @param version above the secret's own; `publish` wants it above the last published one
 */
export async function setItems(
  secret: EdgeSecret,
  repository: string,
  version: number,
  recipients: readonly SealRecipient[],
  items: Items,
): Promise<EdgeSecret> {
  requireSize(items);
  const context = { repository, ...secret.metadata, type: templateOf(secret).type };
  const envelope = await sealEnvelope(context, version, recipients, items);
  return withEnvelopes(secret, version, [...fullEnvelopes(secret), envelope]);
}

/**
 * Removes an item, for all regions.
 *
 * @throws EdgesealError `seal-item-missing` where it is not there, `input-usage` where nothing would be left
 */
export function unsetItem(secret: EdgeSecret, version: number, item: string): EdgeSecret {
  const envelopes = fullEnvelopes(secret);
  const { namespace, name } = secret.metadata;
  if (!envelopes.some((e) => Object.hasOwn(e.data, item))) {
    throw new EdgesealError('seal-item-missing', `${namespace}/${name} has no item ${item}`, {
      hint: `its items are: ${itemNames(secret).join(', ')}`,
    });
  }
  const rest = envelopes.map((e) => ({ ...e, data: without(e.data, new Set([item])) }));
  const changed = withEnvelopes(secret, version, rest);
  if (changed.spec.envelopes.length === 0) {
    throw new EdgesealError('input-usage', `${item} is the last item of ${namespace}/${name}`, {
      hint: `to remove the whole secret: edgeseal rm ${namespace}/${name}`,
    });
  }
  return changed;
}

/**
 * Takes regions out: their recipients go from every envelope, and they are listed as exposed until the
 * values are replaced, for what they could read cannot be unsent.
 */
export function removeRegions(
  secret: EdgeSecret,
  version: number,
  regions: ReadonlySet<string>,
): EdgeSecret {
  const envelopes = fullEnvelopes(secret).map((envelope) => {
    const gone = regionsOf(envelope).filter((region) => regions.has(region));
    if (gone.length === 0) return envelope;
    const recipients = envelope.recipients.filter((r) => !regions.has(r.region));
    const exposed = [...new Set([...(envelope.exposed ?? []), ...gone])].sort(byName);
    return { ...envelope, recipients, exposed };
  });
  // An envelope that nobody may read any more carries nothing that is still wanted.
  return withEnvelopes(
    secret,
    version,
    envelopes.filter((e) => e.recipients.length > 0),
  );
}

/** Names of all items that some region gets, sorted. */
export function itemNames(secret: EdgeSecret): string[] {
  const names = secret.spec.envelopes.flatMap((e) => (isElided(e) ? [] : Object.keys(e.data)));
  return [...new Set(names)].sort(byName);
}

/**
 * The envelopes of a file on main.
 *
 * @throws EdgesealError `seal-elided` for a channel's file, which cannot be changed
 */
export function fullEnvelopes(secret: EdgeSecret): FullEnvelope[] {
  return secret.spec.envelopes.map((envelope) => {
    if (!isElided(envelope)) return envelope;
    throw new EdgesealError(
      'seal-elided',
      'this is the file of a channel, not of main: envelopes of other regions are left out',
    );
  });
}

/** A new version of a secret from changed envelopes: dead items and empty envelopes dropped, unsigned. */
export function withEnvelopes(
  secret: EdgeSecret,
  version: number,
  envelopes: FullEnvelope[],
): EdgeSecret {
  if (version <= secret.spec.version) {
    throw new EdgesealError('internal', 'a change must raise the version');
  }
  return {
    ...secret,
    spec: { ...secret.spec, version, envelopes: dropDead(envelopes), signatures: [] },
  };
}

/** An item is dead when the later envelopes that hold it cover all regions of its own. */
export function dropDead(envelopes: FullEnvelope[]): FullEnvelope[] {
  const covered = new Map<string, Set<string>>();
  const kept: FullEnvelope[] = [];
  for (const envelope of [...envelopes].reverse()) {
    const regions = regionsOf(envelope);
    const dead = new Set<string>();
    for (const item of Object.keys(envelope.data)) {
      const over = covered.get(item) ?? new Set();
      if (regions.every((region) => over.has(region))) dead.add(item);
      covered.set(item, new Set([...over, ...regions]));
    }
    const data = dead.size === 0 ? envelope.data : without(envelope.data, dead);
    if (Object.keys(data).length > 0) kept.unshift({ ...envelope, data });
  }
  return kept;
}

function without(data: Record<string, string>, items: ReadonlySet<string>): Record<string, string> {
  const rest = Object.create(null) as Record<string, string>;
  for (const [item, value] of Object.entries(data)) if (!items.has(item)) rest[item] = value;
  return rest;
}
