import { isElided, regionsOf } from '../format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope, Recipient } from '../format/edge-secret.ts';
import { byName } from '../format/names.ts';
import { envelopeDigest } from '../secret/statement.ts';

/** A hundred regions are rendered from one file: an envelope that most of them do not read is hashed once. */
const digests = new WeakMap<FullEnvelope, string>();

/**
 * A sealed secret as one region's channel carries it: envelopes of other regions become {regions, digest},
 * and other regions' recipients one {region} each. The author's statement stays the same.
 *
 * @returns undefined where no envelope names the region: its channel does not carry the secret
 */
export function channelSecret(secret: EdgeSecret, region: string): EdgeSecret | undefined {
  if (!secret.spec.envelopes.some((envelope) => regionsOf(envelope).includes(region)))
    return undefined;
  const envelopes = secret.spec.envelopes.map((envelope) => {
    if (isElided(envelope)) return envelope;
    const regions = regionsOf(envelope);
    if (!regions.includes(region)) return { regions, digest: digestOf(envelope) };
    return { ...envelope, recipients: reducedRecipients(envelope, region) };
  });
  return { ...secret, spec: { ...secret.spec, envelopes } };
}

function digestOf(envelope: FullEnvelope): string {
  const digest = digests.get(envelope) ?? envelopeDigest(envelope);
  digests.set(envelope, digest);
  return digest;
}

function reducedRecipients(envelope: FullEnvelope, region: string): Recipient[] {
  const own = envelope.recipients.filter((recipient) => recipient.region === region);
  const others = regionsOf(envelope).filter((name) => name !== region);
  return [...own, ...others.map((name) => ({ region: name }))].sort((a, b) =>
    byName(a.region, b.region),
  );
}
