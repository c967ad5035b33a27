import { sha256Of } from '../../core/channel/snapshot-check.ts';
import { acceptSecret } from '../../core/channel/secret-check.ts';
import type { Floor } from '../../core/channel/secret-check.ts';
import { renderSecret } from '../../core/channel/render.ts';
import { EdgesealError } from '../../core/errors.ts';
import { checkEdgeSecretObject, formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { Version } from '../store/state.ts';
import type { SealedObject } from './catalog.ts';

/** An object as this region reads it: the file that its channel would carry, or a secret that is not for it. */
export type Reading =
  { isForUs: true; listed: Version; bytes: Buffer } | { isForUs: false; secret: EdgeSecret };

/**
 * Reads an object's spec by the schema of sealed files. What main has and what a channel has of it come to the same
 * bytes, so that going from one to the other changes nothing.
 *
 * @throws EdgesealError `format-schema`
 */
export function readObject(object: SealedObject, region: string): Reading {
  const secret = checkEdgeSecretObject(object);
  const rendered = renderSecret(secret, region);
  if (rendered === undefined) return { isForUs: false, secret };
  const { version, sha256 } = rendered.entry;
  return { isForUs: true, listed: { version, sha256 }, bytes: Buffer.from(rendered.bytes) };
}

/**
 * Takes an author's word that a secret is no longer for this region, which takes it away here.
 *
 * @returns its floor
 * @throws EdgesealError `trust-author`, `trust-floor`
 */
export function acceptRelease(
  secret: EdgeSecret,
  root: AcceptedRoot | undefined,
  floor: Floor,
): Floor {
  if (root === undefined) throw new EdgesealError('store-corrupt', 'the trust root is missing');
  const bytes = Buffer.from(formatEdgeSecret(secret));
  const { name, namespace } = secret.metadata;
  const { version } = secret.spec;
  const entry = { name, version, sha256: sha256Of(bytes), size: bytes.length };
  return acceptSecret(bytes, namespace, entry, root, floor).floor;
}

/** What a malformed object says of its version. */
export function versionOf({ spec }: SealedObject): number {
  const version = (spec as { version?: unknown } | null | undefined)?.version;
  return typeof version === 'number' && Number.isSafeInteger(version) && version > 0 ? version : 0;
}
