import { hash } from 'node:crypto';
import { suite } from '../crypto/suite.ts';
import { canonicalBytes } from '../format/canonical-json.ts';
import { isElided, regionsOf, sortedMap, templateJson, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret, Envelope } from '../format/edge-secret.ts';

/**
 * SHA-256 (lower-case hex) of an envelope with its recipients reduced to region names. So a re-wrap for
 * another key of the same regions leaves it, and every other change does not.
 */
export function envelopeDigest(envelope: Envelope): string {
  if (isElided(envelope)) return envelope.digest;
  const { version, commitment, exposed = [], data } = envelope;
  const reduced = canonicalBytes({
    suite: envelope.suite,
    version,
    commitment,
    recipients: regionsOf(envelope),
    exposed,
    data: sortedMap(Object.entries(data)),
  });
  return hash('sha256', reduced, 'hex');
}

/**
 * The bytes that an author signs: what the secret is called, which version it is, what Secret is made of it
 * and which envelopes it holds in which order. It is the same for main's file and a channel's.
 */
export function statementBytes(repository: string, secret: EdgeSecret): Uint8Array {
  const { namespace, name } = secret.metadata;
  return canonicalBytes({
    suite,
    repository,
    namespace,
    name,
    version: secret.spec.version,
    template: templateJson(templateOf(secret)),
    envelopes: secret.spec.envelopes.map((envelope) => ({
      regions: regionsOf(envelope),
      digest: envelopeDigest(envelope),
    })),
  });
}

/** SHA-256 (hex) of the statement: two files of one version must agree in it. */
export function statementDigest(repository: string, secret: EdgeSecret): string {
  return digestOf(statementBytes(repository, secret));
}

/** SHA-256 (hex) of a statement that is at hand. */
export function digestOf(statement: Uint8Array): string {
  return hash('sha256', statement, 'hex');
}
