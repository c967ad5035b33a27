import { readableSecrets } from '../../core/repository/readable-secrets.ts';
import { EdgesealError } from '../../core/errors.ts';
import { isElided, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { secretFiles } from '../../core/repository/secret-audit.ts';
import type { ClusterOptions } from '../cluster/open.ts';
import { CatFile } from '../git/commit-view.ts';
import { listedSecrets } from '../publish/channel.ts';
import type { OpenRepository } from '../repository.ts';
import { channelState, fetchAll, knownRoots, mergedState } from '../status/sources.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { ListedKey } from './listed-key.ts';

/** A key that is to go, and the active ones that stay. */
export interface Retirement {
  region: string;
  key: ListedKey;
  left: readonly ListedKey[];
}

/** So many secrets are named. */
const named = 5;

/**
 * Requires that every sealed file of the working tree opens with each key that stays, where it opens with the one that goes.
 *
 * @throws EdgesealError `seal-no-key`
 */
export async function requireRewrapped(
  { state }: OpenRepository,
  retirement: Retirement,
): Promise<void> {
  const secrets = await readableSecrets(state);
  const files = await secretFiles(state);
  const unread = files.filter((file) => !secrets.some((one) => one.file === file));
  if (unread.length > 0)
    throw new EdgesealError(
      'format-schema',
      'it cannot be read, so it is not known what opens it',
      {
        file: unread[0],
        hint: 'edgeseal verify',
      },
    );
  const lacking = new Map<string, string[]>();
  for (const { name, secret } of secrets)
    for (const id of keysLacking(secret, retirement))
      lacking.set(id, [...(lacking.get(id) ?? []), name]);
  const [first] = lacking;
  if (first === undefined) return;
  const [id, names] = first;
  throw new EdgesealError(
    'seal-no-key',
    `${shown(names)} would not open for ${retirement.region} any more: not wrapped for its key ${id}`,
    {
      hint: `edgeseal reseal ${names.length > named ? '--all' : names.join(' ')} --with-recovery RECOVERY-KEY-FILE (or --key with the old key)`,
    },
  );
}

/**
 * The same of the region's published channel: what a cluster has was published before.
 *
 * @throws EdgesealError `git-unpushed`; that of a channel that does not verify
 */
export async function requirePublished(
  io: Io,
  repository: OpenRepository,
  retirement: Retirement,
): Promise<void> {
  const { region } = retirement;
  const output = new Output(io);
  for (const { message, hint } of await fetchAll(io, repository, [region]))
    output.warn(`${message}: what is published is looked at as last fetched`, hint);
  const cat = new CatFile(io, repository.top);
  try {
    const merged = await mergedState(io, repository);
    const roots = await knownRoots(io, repository, merged.commit);
    const known = { cat, roots, fetched: new Map() };
    const { channel, error } = await channelState(io, repository, region, known);
    if (channel === undefined) {
      if (error !== undefined) throw error;
      return;
    }
    const names: string[] = [];
    for (const file of (await listedSecrets(channel)).keys()) {
      const bytes = await channel.read(file);
      if (bytes === undefined) continue;
      const secret = parseEdgeSecret(bytes, file);
      const { namespace, name } = secret.metadata;
      if (keysLacking(secret, retirement).length > 0) names.push(`${namespace}/${name}`);
    }
    if (names.length === 0) return;
    throw new EdgesealError(
      'git-unpushed',
      `what is published for ${region} (snapshot ${channel.verified.snapshot.sequence}) opens with the old key only: ${shown(names)}`,
      { hint: `commit and push what was resealed, then: edgeseal publish ${region}` },
    );
  } finally {
    cat.close();
  }
}

/**
 * Requires that each named cluster holds a key that stays.
 *
 * @throws EdgesealError `seal-no-key`, `kube-*`
 */
export async function requireInClusters(
  io: Io,
  { state }: OpenRepository,
  { region, left }: Retirement,
  contexts: readonly (string | undefined)[],
  options: Omit<ClusterOptions, 'context'>,
): Promise<void> {
  if (contexts.length === 0) return;
  const { openContext } = await import('../cluster/open.ts');
  const { chooseRegionSync, followedRegion, readRegionSyncs } =
    await import('../cluster/region-sync.ts');
  for (const context of contexts) {
    const cluster = await openContext(io, {
      ...options,
      ...(context === undefined ? {} : { context }),
    });
    try {
      const objects = await readRegionSyncs(cluster, options.namespace);
      const wanted = { repository: state.repository.spec.id, region };
      const { status } = followedRegion(cluster, chooseRegionSync(cluster, objects, wanted));
      const held = (status?.keys ?? []).map(({ sha256 }) => sha256);
      if (left.some(({ sha256 }) => held.includes(sha256))) continue;
      const has = (status?.keys ?? []).map(({ id }) => id).join(', ');
      throw new EdgesealError(
        'seal-no-key',
        `${cluster.context} would be left without a key of ${region}: it holds ${has === '' ? 'none' : has}, and ${left.map(({ id }) => id).join(', ')} ${left.length === 1 ? 'stays' : 'stay'}`,
        {
          hint: `install the new one there: edgeseal install ${region} ${cluster.flags} --key NEW-KEY-FILE`,
        },
      );
    } finally {
      cluster.client.close();
    }
  }
}

/** Ids of the keys that stay, and that an envelope which is wrapped for the one that goes is not wrapped for. */
function keysLacking(secret: EdgeSecret, { region, key, left }: Retirement): string[] {
  const lacking = new Set<string>();
  for (const envelope of secret.spec.envelopes) {
    if (isElided(envelope)) continue;
    const wrapped = envelope.recipients.filter(
      (one) => one.region === region && one.wrapped !== undefined,
    );
    if (!wrapped.some((one) => one.key === key.id)) continue;
    for (const { id } of left) if (!wrapped.some((one) => one.key === id)) lacking.add(id);
  }
  return [...lacking];
}

function shown(names: readonly string[]): string {
  const more = names.length > named ? ` and ${names.length - named} more` : '';
  return `${names.slice(0, named).join(', ')}${more}`;
}
