import { parseSecretPath } from '../../core/format/names.ts';
import type { RegionSyncStatus } from '../../core/format/status.ts';
import type { Listing } from './listing.ts';
import type { FollowedRegion } from './region-sync.ts';

/** What a cluster has of one sealed secret. */
export interface Applied {
  /** The applied one; null: the cluster has none; undefined: not known. */
  version: number | null | undefined;
  /** Why the cluster does not have what its snapshot lists. */
  why: { version: number; reason: string; message: string } | undefined;
}

/** What is known of a cluster's Secrets besides the status of its RegionSync. */
export interface Evidence {
  /** What its snapshot lists; undefined where this clone does not have that snapshot. */
  listing: Listing | undefined;
  /** Versions on the Secrets themselves; undefined where nobody asked, or may not. */
  written: ReadonlyMap<string, number> | undefined;
}

/**
 * What a cluster has of a secret.
 *
 * @param file below the repository's folder
 */
export function appliedOf(
  { status, spec }: FollowedRegion,
  { listing, written }: Evidence,
  file: string,
): Applied {
  const { namespace = '', name = '' } = parseSecretPath(file) ?? {};
  const key = `${namespace}/${name}`;
  const onSecret = written === undefined ? undefined : (written.get(key) ?? null);
  const failed = status?.secrets?.failed?.find((one) => one.name === key);
  if (failed !== undefined) {
    const { version, reason, message } = failed;
    return { version: onSecret, why: { version, reason, message } };
  }
  if (spec.objects?.namespaces.includes(namespace) === true) {
    if (onSecret !== null && onSecret !== undefined) return { version: onSecret, why: undefined };
    const message = `an EdgeSecret object has to feed it: kubectl get edgesecrets -n ${namespace}`;
    return { version: onSecret, why: { version: 0, reason: 'FromObjects', message } };
  }
  if (listing === undefined) return { version: onSecret, why: undefined };
  const entry = listing.get(file);
  if (entry === undefined) {
    if (status?.pruning?.names?.includes(key) !== true) return { version: null, why: undefined };
    const message = 'its deletion waits until somebody has looked';
    return { version: onSecret, why: { version: 0, reason: 'PruningHeld', message } };
  }
  if (isSettled(status)) return { version: entry.version, why: undefined };
  if (onSecret === entry.version) return { version: onSecret, why: undefined };
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const why =
    ready === undefined || ready.status === 'True'
      ? { reason: 'Waiting', message: 'the controller has not come to it yet' }
      : { reason: ready.reason, message: ready.message };
  return { version: onSecret, why: { version: entry.version, ...why } };
}

/** Whether the status tells of each listed secret whether it is applied: by name where it is not. */
export function isSettled(status: RegionSyncStatus | undefined): boolean {
  const { secrets } = status ?? {};
  if (secrets === undefined) return false;
  const { listed, applied, failing, failed = [] } = secrets;
  return failing === failed.length && applied + failing >= listed;
}

/** Whether versions have to be looked up on the Secrets themselves. */
export function needsWritten(
  { status, spec }: FollowedRegion,
  listing: Listing | undefined,
): boolean {
  if (listing === undefined || !isSettled(status) || spec.objects !== undefined) return true;
  return (status?.secrets?.failing ?? 0) > 0 || (status?.pruning?.pending ?? 0) > 0;
}
