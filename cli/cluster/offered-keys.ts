import { parseRegionPublicKey } from '../../core/crypto/region-key.ts';
import type { RegionPublicKey } from '../../core/crypto/region-key.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { printable } from '../../core/git/mirror.ts';
import type { RegionSyncStatus } from '../../core/format/status.ts';
import { keyState } from '../../core/repository/root-keys.ts';
import { rootFingerprint } from '../../core/trust/root-chain.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { confirm } from '../terminal/prompt.ts';
import type { OpenRepository } from '../repository.ts';
import { explained } from './fault.ts';
import { kubectl, openContext } from './open.ts';
import type { Cluster, ClusterOptions } from './open.ts';
import {
  chooseRegionSync,
  followedRegion,
  readRegionSyncs,
  usualNamespace,
} from './region-sync.ts';
import type { FollowedRegion } from './region-sync.ts';

/** The keys of a cluster's region that a person has said yes to. */
export interface ConfirmedKeys {
  keys: RegionPublicKey[];
  /** Keys that the root lists already. */
  known: { key: RegionPublicKey; state: string }[];
  cluster: Cluster;
}

/**
 * The public keys that a region's controller holds and that the root does not list yet, each confirmed by a person. What
 * the cluster says proves nothing: whoever may write there could name a key of their own, and would read all that is
 * sealed from then on. Only the comparison of a fingerprint, over another way, makes it the region's key.
 *
 * @param fingerprints given on the command line, in place of a terminal
 * @throws EdgesealError `kube-*`; `trust-key` where a key and its hash do not belong together, or a fingerprint fits
 * none; `input-usage` where nobody can be asked; `input-cancelled`
 */
export async function confirmedKeys(
  io: Io,
  repository: OpenRepository,
  region: string,
  options: ClusterOptions & { fingerprint?: string[] },
): Promise<ConfirmedKeys> {
  const wanted = (options.fingerprint ?? []).map(readFingerprint);
  const cluster = await openContext(io, options);
  const followed = await readFollowed(cluster, repository, region, options.namespace);
  const held = heldKeys(cluster, followed);
  const { root } = repository.state;
  const known: ConfirmedKeys['known'] = [];
  const fresh: RegionPublicKey[] = [];
  for (const key of held) {
    const state = keyState(root, region, key.sha256);
    if (state === undefined) fresh.push(key);
    else known.push({ key, state });
  }
  for (const sha256 of wanted) {
    if (held.some((key) => key.sha256 === sha256)) continue;
    throw new EdgesealError(
      'trust-key',
      `context ${cluster.context} has no key of ${region} with the fingerprint ${rootFingerprint(sha256)}: it has ${held.map((key) => rootFingerprint(key.sha256)).join(', ')}`,
      { hint: 'add none of these before you know whose they are: ask who runs that cluster' },
    );
  }
  const keys =
    wanted.length > 0
      ? fresh.filter((key) => wanted.includes(key.sha256))
      : await askEach(io, cluster, followed, fresh);
  return { keys, known, cluster };
}

async function readFollowed(
  cluster: Cluster,
  { state }: OpenRepository,
  region: string,
  namespace: string | undefined,
): Promise<FollowedRegion> {
  try {
    const objects = await readRegionSyncs(cluster, namespace);
    const wanted = { repository: state.repository.spec.id, region };
    return followedRegion(cluster, chooseRegionSync(cluster, objects, wanted));
  } catch (error) {
    throw explained(error, cluster, namespace ?? usualNamespace);
  } finally {
    cluster.client.close();
  }
}

function heldKeys(cluster: Cluster, followed: FollowedRegion): RegionPublicKey[] {
  const { status, region, namespace } = followed;
  const keys = status?.keys ?? [];
  if (keys.length === 0) throw noKey(cluster, followed);
  return keys.map((entry) => readKey(entry, `RegionSync ${namespace}/${region}`));
}

function readKey(
  { id, sha256, publicKey }: NonNullable<RegionSyncStatus['keys']>[number],
  file: string,
): RegionPublicKey {
  const refuse = (why: string, cause?: unknown): EdgesealError =>
    new EdgesealError('trust-key', `key ${id} in status.keys is not what it says: ${why}`, {
      file,
      cause,
      hint: 'somebody wrote it by hand: find out who may change the status of RegionSyncs there',
    });
  let key: RegionPublicKey;
  try {
    key = parseRegionPublicKey(publicKey);
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    throw refuse(error.message, error);
  }
  if (key.sha256 !== sha256) throw refuse(`the SHA-256 of its public key is ${key.sha256}`);
  if (key.id !== id) throw refuse(`its id would be ${key.id}`);
  return key;
}

function noKey(
  cluster: Cluster,
  { status, region, namespace, spec }: FollowedRegion,
): EdgesealError {
  const at = kubectl(cluster, namespace);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const why =
    status === undefined
      ? 'it has not said anything yet'
      : ready === undefined || ready.status === 'True'
        ? 'its status names none'
        : `${ready.reason}: ${printable(ready.message, 500)}`;
  return new EdgesealError(
    'kube-not-found',
    `the controller of ${region} in context ${cluster.context} has no key: ${why}`,
    {
      hint:
        status === undefined
          ? `is it running? ${at} get pods -l app.kubernetes.io/instance=edgeseal-${region}`
          : spec.keys.secret?.generate === true
            ? `see its log: ${at} logs -l app.kubernetes.io/instance=edgeseal-${region}`
            : `let it make one: ${at} patch regionsync ${region} --type merge -p '{"spec":{"keys":{"secret":{"generate":true}}}}'`,
    },
  );
}

async function askEach(
  io: Io,
  cluster: Cluster,
  { region, namespace }: FollowedRegion,
  fresh: readonly RegionPublicKey[],
): Promise<RegionPublicKey[]> {
  if (fresh.length === 0) return [];
  const output = new Output(io);
  if (io.stdin.isTTY !== true) {
    const offered = fresh.map((key) => rootFingerprint(key.sha256));
    throw new EdgesealError(
      'input-usage',
      `nobody is here to confirm the key of ${region}: context ${cluster.context} offers ${offered.join(', ')}`,
      {
        hint: `compare it with who runs that cluster, then: edgeseal region add ${region} ${cluster.flags} --fingerprint ${offered[0] ?? ''}`,
      },
    );
  }
  output.note(
    `Context ${cluster.context} (${namespace}/${region}) offers ${fresh.length === 1 ? 'a key' : `${fresh.length} keys`} for ${region}. Whoever holds its private half will read everything\nthat is sealed for ${region}. Compare the fingerprint with who runs that cluster, over another way than this one.`,
  );
  const confirmed: RegionPublicKey[] = [];
  for (const key of fresh) {
    output.note(`\nkey ${key.id}\nSHA-256 ${rootFingerprint(key.sha256)}`);
    if (await confirm(io, `Is this a key of ${region}?`)) confirmed.push(key);
  }
  if (confirmed.length > 0) return confirmed;
  throw new EdgesealError('input-cancelled', 'no key was confirmed: nothing was changed');
}

/** Whole fingerprints only: the first digits of one can be met by trying. */
function readFingerprint(text: string): string {
  const digits = text
    .replace(/^SHA-?256:?\s*/i, '')
    .replace(/[\s:-]/g, '')
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new EdgesealError('input-usage', `${printable(text)} is not a whole SHA-256 fingerprint`, {
    hint: 'it has 64 hex digits; - between them may stay',
  });
}
