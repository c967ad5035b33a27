import { timingSafeEqual } from 'node:crypto';
import { itemAad } from '../crypto/binding.ts';
import type { EnvelopeIdentity, SecretIdentity } from '../crypto/binding.ts';
import { openItem, sealItem } from '../crypto/item.ts';
import type { RegionKey } from '../crypto/region-key.ts';
import { commitmentOf, newDataKey, suite, valueKeyOf } from '../crypto/suite.ts';
import { unwrapDataKey, wrapDataKey } from '../crypto/wrap.ts';
import { loadXWing } from '../crypto/x-wing.ts';
import type { XWingPublicKey } from '../crypto/x-wing.ts';
import { EdgesealError } from '../errors.ts';
import { decodeBase64, encodeBase64 } from '../format/base64.ts';
import { sortRecipients, sortedMap } from '../format/edge-secret.ts';
import type { FullEnvelope, Recipient } from '../format/edge-secret.ts';
import { SecretBytes } from '../secret-bytes.ts';

/** One active key of one region (or recovery recipient), ready to be wrapped for. */
export interface SealRecipient {
  region: string;
  keyId: string;
  key: XWingPublicKey;
}

/** Items by name, in plaintext. A Map: `__proto__` is a legal name. */
export type Items = ReadonlyMap<string, SecretBytes>;

/** A secret's identity and the type that its items are bound to. */
export interface SealContext extends SecretIdentity {
  type: string;
}

/**
 * Seals items together under a fresh data key, wrapped for each recipient.
 *
 * @param version the version of the secret that this envelope comes with
 */
export async function sealEnvelope(
  context: SealContext,
  version: number,
  recipients: readonly SealRecipient[],
  items: Items,
): Promise<FullEnvelope> {
  await loadXWing();
  const dataKey = newDataKey();
  const valueKey = valueKeyOf(dataKey);
  const identity = { ...context, commitment: encodeBase64(commitmentOf(dataKey)) };
  const sealed = [...items].map(([item, value]): [string, string] => {
    const aad = itemAad(identity, context.type, version, item);
    return [item, encodeBase64(sealItem(valueKey, aad, value.reveal()))];
  });
  const envelope: FullEnvelope = {
    suite,
    version,
    commitment: identity.commitment,
    recipients: sortRecipients(
      recipients.map((recipient) => wrapFor(recipient, identity, dataKey)),
    ),
    data: sortedMap(sealed),
  };
  dataKey.fill(0);
  valueKey.fill(0);
  return envelope;
}

/** Adds wraps of an opened data key for further recipients; what is there already stays as it is. */
export function rewrapEnvelope(
  context: SecretIdentity,
  envelope: FullEnvelope,
  recipients: readonly SealRecipient[],
  dataKey: SecretBytes,
): FullEnvelope {
  const identity = { ...context, commitment: envelope.commitment };
  const added = recipients.map((recipient) => wrapFor(recipient, identity, dataKey.reveal()));
  const regions = new Set(recipients.map((r) => r.region));
  const exposed = (envelope.exposed ?? []).filter((region) => !regions.has(region));
  return { ...envelope, recipients: sortRecipients([...envelope.recipients, ...added]), exposed };
}

/**
 * Opens an envelope's data key as one region, with whichever of the keys fits.
 *
 * @returns the data key, or undefined where no wrap of this region is for one of these keys
 * @throws EdgesealError `seal-open` where a wrap opens to a key that is not the one committed to
 */
export async function openDataKey(
  context: SecretIdentity,
  envelope: FullEnvelope,
  region: string,
  keys: readonly RegionKey[],
): Promise<SecretBytes | undefined> {
  await loadXWing();
  const identity: EnvelopeIdentity = { ...context, commitment: envelope.commitment };
  for (const recipient of envelope.recipients) {
    if (recipient.region !== region || recipient.wrapped === undefined) continue;
    for (const key of keys) {
      // The id is a hint: two keys may share one, so a wrap that does not open is passed over, not fatal.
      if (key.id !== recipient.key) continue;
      const wrapped = decodeBase64(recipient.wrapped, `the wrap for ${region}`);
      const dataKey = unwrapDataKey(key, identity, region, wrapped);
      if (dataKey === undefined) continue;
      requireCommitment(envelope, dataKey);
      return new SecretBytes(dataKey);
    }
  }
  return undefined;
}

/**
 * Whether a wrap of this region names one of these keys. Where none has opened, no key is missing then: the wrap, or what it is
 * bound to, was spoiled. (Or it is another key's of the same id, which nobody makes by accident.)
 */
export function isWrappedFor(
  { recipients }: FullEnvelope,
  region: string,
  keys: readonly RegionKey[],
): boolean {
  return recipients.some(
    (one) =>
      one.region === region && one.wrapped !== undefined && keys.some(({ id }) => id === one.key),
  );
}

/**
 * Opens all items of an envelope with its data key.
 *
 * @throws EdgesealError `seal-open`, naming the item, where one does not open
 */
export function openItems(
  context: SealContext,
  envelope: FullEnvelope,
  dataKey: SecretBytes,
): Map<string, SecretBytes> {
  const valueKey = valueKeyOf(dataKey.reveal());
  const identity = { ...context, commitment: envelope.commitment };
  const items = new Map<string, SecretBytes>();
  for (const [item, text] of Object.entries(envelope.data)) {
    const sealed = decodeBase64(text, `the sealed item ${item}`);
    const aad = itemAad(identity, context.type, envelope.version, item);
    try {
      items.set(item, new SecretBytes(openItem(valueKey, aad, sealed)));
    } catch (error) {
      throw error instanceof EdgesealError ? error.at({ field: `data.${item}` }) : error;
    }
  }
  valueKey.fill(0);
  return items;
}

function wrapFor(
  recipient: SealRecipient,
  identity: EnvelopeIdentity,
  dataKey: Uint8Array,
): Recipient {
  const { region, keyId, key } = recipient;
  const wrapped = wrapDataKey(key, identity, region, keyId, dataKey);
  return { region, key: keyId, wrapped: encodeBase64(wrapped) };
}

function requireCommitment(envelope: FullEnvelope, dataKey: Uint8Array): void {
  const expected = decodeBase64(envelope.commitment, 'the commitment');
  const commitment = commitmentOf(dataKey);
  if (expected.length !== commitment.length || !timingSafeEqual(expected, commitment)) {
    throw new EdgesealError(
      'seal-open',
      'the data key is not the one that the envelope commits to',
    );
  }
}
