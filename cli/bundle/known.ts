import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { worktreeView } from '../../core/repository/view.ts';
import { readRepository } from '../../core/repository/repository-state.ts';
import { openContext } from '../cluster/open.ts';
import type { ClusterOptions } from '../cluster/open.ts';
import { followedRegion, readRegionSyncs } from '../cluster/region-sync.ts';
import { readNamed, readRegionSyncFile } from '../region-sync-file.ts';
import { findRepository } from '../repository.ts';
import type { Io } from '../terminal/io.ts';
import { readPin } from '../trust/pin.ts';

/** Options that say what a bundle is held against. */
export interface KnownOptions extends ClusterOptions {
  root?: string;
  region?: string;
  config?: string;
  status?: string;
  afterSequence?: string;
}

/** How far a controller is. */
export interface Has {
  /** Of the accepted snapshot; undefined where only its sequence is known. */
  root: number | undefined;
  sequence: number;
  sha256: string | undefined;
}

/** What is known of the controller that a bundle is for. */
export interface Known {
  /** SHA-256 of the trust root that everything starts from. */
  pinned: string;
  repository: string | undefined;
  region: string | undefined;
  /** The least snapshot that it accepts. */
  floor: { root: number; sequence: number } | undefined;
  /** Undefined where nobody said, or it has accepted nothing yet. */
  has: Has | undefined;
  /** Who says what it has, for messages. */
  source: string | undefined;
}

/**
 * Puts together what the options say: a configuration, a RegionSync in a cluster, a status, and at last this clone.
 *
 * @throws EdgesealError `input-*`, `format-*`; `trust-pin` where nothing names a trust root
 */
export async function readKnown(io: Io, options: KnownOptions): Promise<Known> {
  const { root, region, config, context, kubeconfig } = options;
  const inCluster = context !== undefined || kubeconfig !== undefined;
  const from =
    config !== undefined
      ? await ofConfig(io, config)
      : inCluster
        ? await ofCluster(io, options)
        : undefined;
  const pinned = rootOf(root) ?? from?.pinned ?? (await pinOfClone(io));
  if (pinned === undefined) {
    throw new EdgesealError('trust-pin', 'nothing says which trust root is to be believed', {
      hint: 'name it, as `edgeseal trust show` prints it and not as the bundle has it: --root SHA256; or the controller that the bundle is for: --config FILE',
    });
  }
  const told = await toldSequence(io, options);
  return {
    pinned,
    repository: from?.repository,
    region: region ?? from?.region,
    floor: from?.floor,
    has: told?.has ?? from?.has,
    source: told?.source ?? from?.source,
  };
}

async function ofConfig(io: Io, config: string): Promise<Known> {
  const { spec, statusFile: status } = await readRegionSyncFile(io, config);
  const bytes = await readFile(status).catch(() => undefined);
  const { repository, region, root: pinned, floor } = spec;
  const has = bytes === undefined ? undefined : hasOf(bytes, status);
  return { pinned, repository, region, floor, has, source: status };
}

async function ofCluster(io: Io, options: KnownOptions): Promise<Known> {
  const { region, context, kubeconfig, namespace } = options;
  const cluster = await openContext(io, {
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  });
  try {
    const objects = await readRegionSyncs(cluster, namespace);
    const named = objects.filter(({ metadata }) => (region ?? metadata.name) === metadata.name);
    const [only, second] = named;
    if (only === undefined || second !== undefined) {
      const names = objects.map(({ metadata }) => metadata.name).join(', ');
      throw new EdgesealError(
        'input-usage',
        `context ${cluster.context} follows ${objects.length === 0 ? 'no region' : names}`,
        { hint: objects.length === 0 ? 'name another --context' : 'say which: --region NAME' },
      );
    }
    const { spec, status } = followedRegion(cluster, only);
    const { repository, root: pinned, floor } = spec;
    const { snapshot, root } = status ?? {};
    const has =
      snapshot === undefined || snapshot === null
        ? undefined
        : { root: root?.number, sequence: snapshot.sequence, sha256: snapshot.sha256 };
    const source = `context ${cluster.context}`;
    return { pinned, repository, region: spec.region, floor, has, source };
  } finally {
    cluster.client.close();
  }
}

async function toldSequence(
  io: Io,
  { status, afterSequence }: KnownOptions,
): Promise<{ has: Has | undefined; source: string } | undefined> {
  if (status !== undefined) {
    const file = resolve(io.cwd, status);
    return { has: hasOf(await readNamed(file), status), source: status };
  }
  if (afterSequence === undefined) return undefined;
  if (!/^[1-9]\d{0,15}$/.test(afterSequence))
    throw new EdgesealError('input-usage', `${afterSequence} is not the sequence of a snapshot`, {
      field: '--after-sequence',
    });
  const has = { root: undefined, sequence: Number(afterSequence), sha256: undefined };
  return { has, source: '--after-sequence' };
}

/** What a status.json says. It is the controller's word, and only for people: nothing is accepted by it. */
function hasOf(bytes: Buffer, file: string): Has | undefined {
  const bad = (): EdgesealError =>
    new EdgesealError('format-schema', 'this is not the status of a controller', {
      file,
      hint: 'it is status.json in the folder of spec.store, or what http://HOST:PORT/status says',
    });
  let parsed: { snapshot?: unknown; root?: unknown } | null;
  try {
    parsed = JSON.parse(bytes.toString('utf8')) as typeof parsed;
  } catch {
    throw bad();
  }
  if (typeof parsed !== 'object' || parsed === null || !('snapshot' in parsed)) throw bad();
  if (parsed.snapshot === null) return undefined;
  const { sequence, sha256 } = parsed.snapshot as { sequence?: unknown; sha256?: unknown };
  const { number } = (parsed.root ?? {}) as { number?: unknown };
  const isCounter = (n: unknown): n is number => Number.isSafeInteger(n) && Number(n) >= 1;
  if (!isCounter(sequence) || typeof sha256 !== 'string') throw bad();
  return { root: isCounter(number) ? number : undefined, sequence, sha256 };
}

function rootOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const hex = text.replace(/^sha256:/i, '').replaceAll('-', '');
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw new EdgesealError('input-usage', '--root is not a SHA-256 (64 hex digits)', {
    field: '--root',
    hint: 'print it in the repository with: edgeseal trust show',
  });
}

/** The root that this clone has accepted; undefined outside of a clone. */
async function pinOfClone(io: Io): Promise<string | undefined> {
  const place = await findRepository(io).catch(() => undefined);
  if (place === undefined) return undefined;
  const { spec } = await readRepository(worktreeView(place.root));
  return (await readPin(io, place.top, spec.id))?.accepted;
}
