import { canonicalBytes } from '../format/canonical-json.ts';
import { suite } from './suite.ts';

/** The sealed secret that a ciphertext belongs to, as authenticated with it. */
export interface SecretIdentity {
  /** The repository's UUID, lower case. */
  repository: string;
  namespace: string;
  name: string;
}

/** One envelope of it. */
export interface EnvelopeIdentity extends SecretIdentity {
  /** Base64 of the 32 bytes, as it stands in the file. */
  commitment: string;
}

/** Additional data of a wrapped data key: pasted elsewhere, it does not open. */
export function wrapAad(envelope: EnvelopeIdentity, region: string, keyId: string): Uint8Array {
  const { repository, namespace, name, commitment } = envelope;
  return canonicalBytes({ suite, repository, namespace, name, commitment, region, keyId });
}

/** Additional data of one sealed item: pasted to another item, name, type or envelope, it does not open. */
export function itemAad(
  envelope: EnvelopeIdentity,
  type: string,
  envelopeVersion: number,
  item: string,
): Uint8Array {
  const { repository, namespace, name, commitment } = envelope;
  return canonicalBytes({
    suite,
    repository,
    namespace,
    name,
    type,
    commitment,
    envelopeVersion,
    item,
  });
}
