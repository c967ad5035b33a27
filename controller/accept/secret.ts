import { acceptSecret } from '../../core/channel/secret-check.ts';
import type { Floor } from '../../core/channel/secret-check.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { secretPath } from '../../core/format/names.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import type { UnsealedSecret } from '../../core/secret/unseal.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { partsOf } from '../targets/target.ts';
import type { Version } from '../store/state.ts';

/** Whose secrets are opened, and with what. */
export interface Opener {
  repository: string;
  region: string;
  keys: readonly RegionKey[];
}

/** A secret that was accepted just now, in plaintext, and the floor that it sets. */
export interface OpenedSecret {
  unsealed: UnsealedSecret;
  floor: Floor | undefined;
}

/**
 * Judges and opens one listed secret: path, namespace, name and version as listed, an entitled author, not
 * below its floor, and every envelope for this region opens.
 *
 * @param key `namespace/name`
 * @param bytes already held against `listed.sha256`
 * @throws EdgesealError the codes that `secretReasonOf` gives names to
 */
export async function openListed(
  key: string,
  listed: Version,
  bytes: Uint8Array,
  root: AcceptedRoot,
  floor: Floor | undefined,
  opener: Opener,
): Promise<OpenedSecret> {
  const { namespace, name } = partsOf(key);
  const entry = { name, ...listed, size: bytes.length };
  const accepted = acceptSecret(bytes, namespace, entry, root, floor);
  return { unsealed: await open(accepted.secret, opener), floor: accepted.floor };
}

/** Opens a secret that was accepted before: its hash in the state says so, not today's root. */
export async function openAccepted(
  key: string,
  bytes: Uint8Array,
  opener: Opener,
): Promise<UnsealedSecret> {
  const { namespace, name } = partsOf(key);
  return open(parseEdgeSecret(bytes, secretPath(namespace, name)), opener);
}

async function open(secret: EdgeSecret, opener: Opener): Promise<UnsealedSecret> {
  const { repository, region, keys } = opener;
  const unsealed = await unsealSecret(secret, repository, region, keys);
  if (unsealed !== undefined) return unsealed;
  throw new EdgesealError('seal-elided', `no envelope of it names ${region}`);
}
