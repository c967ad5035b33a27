import { EdgesealError } from '../errors.ts';
import { parseEdgeSecret, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret } from '../format/edge-secret.ts';
import type { IndexEntry } from '../format/snapshot.ts';
import { secretPath } from '../format/names.ts';
import { requireAllowedType } from '../format/secret-type.ts';
import { requireAuthor } from '../secret/author.ts';
import { digestOf, statementBytes } from '../secret/statement.ts';
import type { AcceptedRoot } from '../trust/root-chain.ts';

/** The lowest version of a secret that is still accepted; it outlives the secret's deletion. */
export interface Floor {
  version: number;
  /** Digest of the statement accepted at that version; absent after a deletion. */
  statement?: string;
}

export interface AcceptedSecret {
  secret: EdgeSecret;
  author: string;
  floor: Required<Floor>;
}

/**
 * Accepts one secret of a verified snapshot: its path, namespace, name and version agree with the listing,
 * an author entitled by the snapshot's root signed it, it is not below its floor, and not of a type that only the
 * cluster itself may make.
 *
 * @param bytes already held against the listing's SHA-256
 * @throws EdgesealError a format error, `trust-snapshot`, `trust-author`, `trust-floor` or `input-not-a-secret`
 */
export function acceptSecret(
  bytes: Uint8Array,
  namespace: string,
  entry: IndexEntry,
  root: AcceptedRoot,
  floor: Floor | undefined,
): AcceptedSecret {
  const file = secretPath(namespace, entry.name);
  const secret = parseEdgeSecret(bytes, file);
  const { metadata, spec } = secret;
  if (
    metadata.namespace !== namespace ||
    metadata.name !== entry.name ||
    spec.version !== entry.version
  ) {
    throw new EdgesealError(
      'trust-snapshot',
      `the file says ${metadata.namespace}/${metadata.name} version ${spec.version}, the listing ${namespace}/${entry.name} version ${entry.version}`,
      { file },
    );
  }
  const signed = statementBytes(root.spec.repository, secret);
  const author = requireAuthor(secret, root, signed);
  const statement = digestOf(signed);
  requireFloor(secret, statement, floor, file);
  requireAllowedType(templateOf(secret).type, file);
  return { secret, author, floor: { version: spec.version, statement } };
}

/**
 * Requires a version not below the floor, and at the floor the same statement.
 *
 * @throws EdgesealError `trust-floor`
 */
export function requireFloor(
  secret: EdgeSecret,
  statement: string,
  floor: Floor | undefined,
  file: string,
): void {
  if (floor === undefined) return;
  const { version } = secret.spec;
  const { namespace, name } = secret.metadata;
  if (version < floor.version) {
    throw new EdgesealError(
      'trust-floor',
      `version ${version} is older than version ${floor.version}, which was accepted before`,
      {
        file,
        hint: `to go back to that content, make a new version of it: edgeseal rollback ${namespace}/${name} --to ${version}`,
      },
    );
  }
  if (version === floor.version && floor.statement !== undefined && floor.statement !== statement) {
    throw new EdgesealError(
      'trust-floor',
      `there are two different secrets of version ${version}`,
      {
        file,
        hint: 'make the change again on top of the accepted one: it gets the next version',
      },
    );
  }
}

/** The floor after an accepted deletion: what was deleted cannot be brought back. */
export function floorAfterDeletion(floor: Floor): Floor {
  return { version: floor.statement === undefined ? floor.version : floor.version + 1 };
}
