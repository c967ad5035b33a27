import { acceptSecret } from '../../core/channel/secret-check.ts';
import type { Floor } from '../../core/channel/secret-check.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { secretPath } from '../../core/format/names.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
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
  /** Whose keys the trust root in force lists: to say of a wrong key whose it is. */
  recipients?: TrustRootSpec['regions'] | undefined;
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
  const unsealed = await unsealSecret(secret, repository, region, keys).catch((error: unknown) => {
    throw explainKeys(error, opener);
  });
  if (unsealed !== undefined) return unsealed;
  throw new EdgesealError('seal-elided', `no envelope of it names ${region}`);
}

/** Where no key that is held can be the right one, resealing is not the cure. */
function explainKeys(error: unknown, { region, keys, recipients }: Opener): unknown {
  if (!isEdgesealError(error, 'seal-no-key') || recipients === undefined) return error;
  const owners = keys.map(({ id, sha256 }) => {
    const owner = recipients.find((one) => one.keys.some((key) => key.sha256 === sha256));
    return { id, name: owner?.name };
  });
  if (owners.some(({ name }) => name === region)) return error;
  const others = owners.map(({ id, name }) =>
    name === undefined
      ? `${id} is no key that the trust root lists`
      : `${id} is the key of ${name}`,
  );
  const message =
    others.length === 0 ? 'there is no region key here' : `wrong key: ${others.join(', ')}`;
  return new EdgesealError('seal-no-key', message, {
    field: error.field,
    hint: `put a private key of ${region} that the trust root lists in its place`,
  });
}
