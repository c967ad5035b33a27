import { isCurrent, renderIndexes, renderSnapshot } from '../../core/channel/render.ts';
import { sha256Of } from '../../core/channel/snapshot-check.ts';
import { byName, parseSecretPath } from '../../core/format/names.ts';
import { channelPaths, formatHeartbeat } from '../../core/format/snapshot.ts';
import type { IndexEntry, Snapshot } from '../../core/format/snapshot.ts';
import { signatureText } from '../../core/trust/signed-by.ts';
import type { KeySignature } from '../../core/trust/signed-by.ts';
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
  /** Valid signatures of other publishers over exactly this snapshot. */
  others: KeySignature[];
  /** Commit that lies where publishers leave what they have signed for each other. */
  pending: string | undefined;
}

/** What is to be committed for one region. */
export interface SignedDraft {
  draft: Draft;
  /** On the channel; undefined where nothing is to be done there. */
  channel: ChannelCommit | undefined;
  /** For other publishers, whose signatures are missing; undefined where none is, or nothing is new. */
  pending: ChannelCommit | undefined;
  /** Who has signed a snapshot that is not complete; undefined where it is, or there is none. */
  waiting: KeySignature[] | undefined;
  heartbeat: boolean;
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
    const { source } = snapshot;
    return { base, plan, ...none, ...alone, sha256, sequence, source, root: root.number };
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
    ...alone,
  };
}

/** Until somebody looks for what others have signed. */
const alone = { others: [], pending: undefined };

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
 * committed. A snapshot that lacks signatures of other publishers stays off the channel.
 *
 * @throws EdgesealError `trust-signer`
 */
export async function signDrafts(
  io: Io,
  state: RepositoryState,
  keys: PublishKeys,
  drafts: readonly Draft[],
  now: Date,
): Promise<SignedDraft[]> {
  const fresh = drafts.flatMap((draft) => {
    const { snapshot: message, others } = draft;
    return message === undefined ? [] : [{ draft, message, others }];
  });
  const signatures = await signSnapshots(io, keys, state.root, fresh);
  const signed = new Map(fresh.map(({ draft }, i) => [draft, signatures[i] ?? []]));
  const made = drafts.map((draft): SignedDraft => {
    const { threshold } = state.root.spec.publishers;
    const by = signed.get(draft);
    const waiting = by !== undefined && by.length < threshold ? by : undefined;
    return { draft, channel: undefined, pending: undefined, waiting, heartbeat: false };
  });
  for (const one of made) {
    const by = signed.get(one.draft);
    if (by === undefined) continue;
    const { files, snapshot, others, pending } = one.draft;
    files.set(channelPaths.snapshot, snapshot);
    files.set(channelPaths.snapshotSignature, Buffer.from(signatureText(by), 'latin1'));
    if (one.waiting === undefined) {
      if (keys.heartbeat === undefined) dropForeignHeartbeat(one.draft, state);
      continue;
    }
    const isNew = pending === undefined || by.length > others.length;
    if (isNew) one.pending = commitOf(one.draft, `${one.draft.plan.region}.pending`, files);
  }
  await renewHeartbeats(io, state, keys, made, now);
  for (const one of made) {
    if (one.waiting !== undefined || one.draft.files.size === 0) continue;
    one.channel = commitOf(one.draft, one.draft.plan.region, one.draft.files);
  }
  return made;
}

/** Of a snapshot that waits for others the one before still stands, and so does its root. */
async function renewHeartbeats(
  io: Io,
  state: RepositoryState,
  keys: PublishKeys,
  signed: readonly SignedDraft[],
  now: Date,
): Promise<void> {
  if (keys.heartbeat === undefined) return;
  const key = state.root.spec.heartbeat?.key;
  const renewed = signed.flatMap((one) => {
    const { draft, waiting } = one;
    const standing = draft.base.channel?.verified;
    if (waiting !== undefined && standing?.root.spec.heartbeat?.key !== key) return [];
    const sha256 = waiting === undefined ? draft.sha256 : (standing?.sha256 ?? '');
    return [{ one, message: heartbeat(state, draft, sha256, now) }];
  });
  const messages = renewed.map(({ message }) => message);
  const signatures = await signHeartbeats(io, keys.heartbeat, messages);
  for (const [i, { one, message }] of renewed.entries()) {
    const files: Files = new Map([
      [channelPaths.alive, message],
      [channelPaths.aliveSignature, Buffer.from(signatures[i] ?? '', 'latin1')],
    ]);
    one.heartbeat = true;
    if (one.waiting === undefined)
      for (const [path, file] of files) one.draft.files.set(path, file);
    else
      one.channel = commitOf({ ...one.draft, snapshot: undefined }, one.draft.plan.region, files);
  }
}

function commitOf(draft: Draft, name: string, files: Files): ChannelCommit {
  const parent = draft.base.channel?.commit;
  return { region: name, parent, message: messageOf(draft), files };
}

function heartbeat(state: RepositoryState, draft: Draft, snapshot: string, now: Date): Uint8Array {
  return formatHeartbeat({
    repository: state.root.spec.repository,
    region: draft.plan.region,
    snapshot,
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
