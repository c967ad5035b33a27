import { isCurrent, renderIndexes, renderSnapshot } from '../../core/channel/render.ts';
import { sha256Of } from '../../core/channel/snapshot-check.ts';
import { byName, parseSecretPath } from '../../core/format/names.ts';
import { channelPaths, formatHeartbeat } from '../../core/format/snapshot.ts';
import type { IndexEntry, Snapshot } from '../../core/format/snapshot.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { readRootFile } from '../../core/repository/trust.ts';
import type { Io } from '../terminal/io.ts';
import { commitMessage } from './base.ts';
import type { Base } from './base.ts';
import type { ChannelCommit, Stored } from './transport/commit.ts';
import type { RegionPlan } from './plan.ts';
import { signHeartbeats, signSnapshots } from './signers.ts';
import type { PublishKeys } from './signers.ts';

type Files = Map<string, Uint8Array | Stored | undefined>;

/** A region's next commit, before anything is signed. */
export interface Draft {
  base: Base;
  plan: RegionPlan;
  files: Files;
  /** The new snapshot; undefined where the last one still says what is wanted. */
  snapshot: Uint8Array | undefined;
  /** SHA-256 of the snapshot that stands afterwards, its sequence, and the commit of main that it names. */
  sha256: string;
  sequence: number;
  source: string;
  /** Number of the root that the snapshot names. */
  root: number;
}

/** Renders a region's indexes and snapshot from its plan. */
export async function makeDraft(
  base: Base,
  plan: RegionPlan,
  state: RepositoryState,
  source: string,
): Promise<Draft> {
  const { root } = state;
  const published = base.channel?.verified;
  const { indexes, files } = await plannedIndexes(plan);
  if (published !== undefined && isCurrent(published, state.root, indexes)) {
    const { sha256, snapshot } = published;
    const { sequence } = snapshot;
    const none = { files: new Map(), snapshot: undefined };
    return { base, plan, ...none, sha256, sequence, source: snapshot.source, root: root.number };
  }
  const snapshot = renderSnapshot(published, { region: plan.region, root, source, indexes });
  for (const [path, planned] of plan.changes) files.set(path, planned?.content);
  if (published?.root.sha256 !== root.sha256) {
    for (let n = 1; n <= root.number; n++) {
      const file = await readRootFile(state.view, n);
      if (file === undefined) continue;
      files.set(channelPaths.root(n), file.bytes);
      files.set(channelPaths.rootSignature(n), Buffer.from(file.signatures, 'latin1'));
    }
  }
  const sequence = (published?.snapshot.sequence ?? 0) + 1;
  return {
    base,
    plan,
    files,
    snapshot,
    sha256: sha256Of(snapshot),
    sequence,
    source,
    root: root.number,
  };
}

/** The index of each namespace in which something changes; the others stay as the last snapshot lists them. */
async function plannedIndexes(
  plan: RegionPlan,
): Promise<{ indexes: Snapshot['indexes']; files: Files }> {
  const files: Files = new Map();
  const touched = new Map<string, Map<string, IndexEntry>>();
  for (const [path, planned] of plan.changes) {
    const place = parseSecretPath(path);
    if (place === undefined) continue;
    const { namespace, name } = place;
    let entries = touched.get(namespace);
    if (entries === undefined) {
      entries = new Map(await plan.base?.index(namespace));
      touched.set(namespace, entries);
    }
    if (planned === undefined) entries.delete(name);
    else entries.set(name, planned.entry);
  }
  const listing = [...touched].map(([ns, entries]) => [ns, [...entries.values()]] as const);
  const rendered = renderIndexes(new Map(listing));
  for (const namespace of touched.keys()) {
    const path = channelPaths.index(namespace);
    const bytes = rendered.files.get(path);
    if (bytes !== undefined || plan.base !== undefined) files.set(path, bytes);
  }
  const kept = plan.base?.verified.snapshot.indexes ?? [];
  const indexes = [...kept.filter((i) => !touched.has(i.namespace)), ...rendered.indexes];
  return { indexes: indexes.sort((a, b) => byName(a.namespace, b.namespace)), files };
}

/**
 * Signs the drafts' snapshots, renews the heartbeats where their key is at hand, and says what is to be
 * committed.
 *
 * @returns by region; regions for which nothing is to be done are not in it
 * @throws EdgesealError `trust-signer`
 */
export async function signDrafts(
  io: Io,
  state: RepositoryState,
  keys: PublishKeys,
  drafts: readonly Draft[],
  now: Date,
): Promise<Map<string, ChannelCommit>> {
  const fresh = drafts.filter((draft) => draft.snapshot !== undefined);
  const snapshots = fresh.flatMap(({ snapshot }) => snapshot ?? []);
  const signatures = await signSnapshots(io, keys, state.root, snapshots);
  for (const [i, draft] of fresh.entries()) {
    if (draft.snapshot !== undefined) draft.files.set(channelPaths.snapshot, draft.snapshot);
    draft.files.set(channelPaths.snapshotSignature, Buffer.from(signatures[i] ?? '', 'latin1'));
  }
  if (keys.heartbeat === undefined) {
    for (const draft of fresh) dropForeignHeartbeat(draft, state);
  } else {
    const messages = drafts.map((draft) => heartbeat(state, draft, now));
    const signed = await signHeartbeats(io, keys.heartbeat, messages);
    for (const [i, draft] of drafts.entries()) {
      draft.files.set(channelPaths.alive, messages[i]);
      draft.files.set(channelPaths.aliveSignature, Buffer.from(signed[i] ?? '', 'latin1'));
    }
  }
  const commits = new Map<string, ChannelCommit>();
  for (const draft of drafts) {
    const { region } = draft.plan;
    if (draft.files.size === 0) continue;
    const parent = draft.base.channel?.commit;
    commits.set(region, { region, parent, message: messageOf(draft), files: draft.files });
  }
  return commits;
}

function heartbeat(state: RepositoryState, draft: Draft, now: Date): Uint8Array {
  return formatHeartbeat({
    repository: state.root.spec.repository,
    region: draft.plan.region,
    snapshot: draft.sha256,
    issuedAt: now.toISOString().replace(/\.\d+Z$/, 'Z'),
  });
}

/** A heartbeat by a key that the root does not have any more would be an error to every cluster. */
function dropForeignHeartbeat({ base, files }: Draft, { root }: RepositoryState): void {
  const before = base.channel?.verified.root.spec.heartbeat?.key;
  if (before === undefined || before === root.spec.heartbeat?.key) return;
  files.set(channelPaths.alive, undefined);
  files.set(channelPaths.aliveSignature, undefined);
}

function messageOf({ plan, snapshot, sequence, source }: Draft): string {
  const { region, recheck } = plan;
  const title =
    snapshot === undefined
      ? `Renew the heartbeat of ${region}`
      : `Publish ${region}, snapshot ${sequence}`;
  return commitMessage(title, source, recheck);
}
