import { renderSnapshot } from '../../../core/channel/render.ts';
import { sha256Of } from '../../../core/channel/snapshot-check.ts';
import { EdgesealError } from '../../../core/errors.ts';
import { parseSnapshot } from '../../../core/format/snapshot.ts';
import type { Snapshot } from '../../../core/format/snapshot.ts';
import type { AcceptedRoot } from '../../../core/trust/root-chain.ts';
import { signatureNamespaces, validSignatures } from '../../../core/trust/signed-by.ts';
import type { KeySignature } from '../../../core/trust/signed-by.ts';
import { sameSshKey } from '../../../core/trust/ssh-key.ts';
import type { SshPublicKey } from '../../../core/trust/ssh-key.ts';
import { CatFile } from '../../git/commit-view.ts';
import { gitAnswer } from '../../git/git.ts';
import type { Place } from '../../repository.ts';
import type { Io } from '../../terminal/io.ts';
import { keyWords, lists } from '../../trust/key-words.ts';
import type { Draft } from '../draft.ts';
import { stage } from '../stage.ts';
import { fetchPending, printable } from '../transport/remote.ts';
import { differenceWords } from './difference.ts';
import { readPending, snapshotIn } from './pending.ts';
import type { Pending } from './pending.ts';

/** What the drafts are joined by. */
export interface JoinInput {
  io: Io;
  place: Place;
  root: AcceptedRoot;
  /** Commit of main. */
  main: string;
  /** Keys that sign here: what they alone signed before is merely older. */
  own: readonly SshPublicKey[];
}

/**
 * Looks for what other publishers signed of the same snapshots, and gives it to the drafts. What lies there was pushed by
 * anybody; it is only held against what was rendered here, byte for byte, and never taken over.
 *
 * @returns by region, why what another publisher signed is not what was rendered here
 * @throws EdgesealError of fetchPending
 */
export async function joinPending(
  input: JoinInput,
  drafts: readonly Draft[],
): Promise<Map<string, EdgesealError>> {
  const { io, place, root } = input;
  const differing = new Map<string, EdgesealError>();
  if (root.spec.publishers.threshold === 1) return differing;
  const fresh = drafts.filter(({ snapshot }) => snapshot !== undefined);
  const cat = new CatFile(io, place.top);
  try {
    for (const [remote, ofRemote] of Map.groupBy(fresh, ({ base }) => base.remote)) {
      const waiting = `fetching from ${printable(remote)}`;
      const commits = await stage(io, waiting, fetchPending(io, place, remote));
      for (const draft of ofRemote) {
        const commit = commits.get(draft.plan.region);
        if (commit === undefined) continue;
        draft.pending = commit;
        const pending = await readPending(io, place, cat, commit);
        const error = await joinOne(input, draft, pending);
        if (error !== undefined) differing.set(draft.plan.region, error);
      }
    }
  } finally {
    cat.close();
  }
  return differing;
}

async function joinOne(
  input: JoinInput,
  draft: Draft,
  pending: Pending | undefined,
): Promise<EdgesealError | undefined> {
  const { root } = input;
  const mine = draft.snapshot;
  if (mine === undefined) return undefined;
  const byPublishers = (bytes: Uint8Array): KeySignature[] =>
    validSignatures(pending?.signatures ?? '', bytes, signatureNamespaces.snapshot).filter(
      ({ key }) => lists(root.spec.publishers.keys, key),
    );
  draft.others = byPublishers(mine);
  if (draft.others.length > 0) return undefined;
  const signers = pending === undefined ? [] : byPublishers(pending.snapshot);
  const there = `${draft.plan.region} as it waits on ${printable(draft.base.remote)}`;
  if (pending === undefined || signers.length === 0) {
    return new EdgesealError(
      'trust-signature',
      `${there} is signed by no publisher of trust root ${root.number}: it was ignored`,
      { hint: 'see who may push to edgeseal-pending/*; nothing else is lost' },
    );
  }
  const theirs = snapshotIn(pending.snapshot);
  // What is below was published meanwhile: a leftover, and no contradiction.
  if (theirs !== undefined && theirs.sequence < draft.sequence) return undefined;
  if (theirs !== undefined && (await isEarlierMain(input, draft, theirs))) {
    const again = renderSnapshot(draft.base.channel?.verified, {
      region: draft.plan.region,
      root,
      source: theirs.source,
      indexes: parseSnapshot(mine).indexes,
    });
    const others = byPublishers(again);
    if (others.length > 0) {
      Object.assign(draft, {
        snapshot: again,
        sha256: sha256Of(again),
        source: theirs.source,
        others,
      });
      return undefined;
    }
  }
  if (signers.every(({ key }) => input.own.some((one) => sameSshKey(one, key)))) return undefined;
  const who = signers.map(({ key }) => keyWords(key, root.spec)).join(', ');
  const what =
    theirs === undefined
      ? 'it is no snapshot'
      : await differenceWords(pending, theirs, draft, parseSnapshot(mine));
  return new EdgesealError(
    'trust-snapshot',
    `${there} was signed by ${who}, and is not what main (${input.main.slice(0, 10)}) gives here: ${what}`,
    {
      hint: 'where main went on, they run edgeseal publish again; where it did not, find out what that machine rendered',
    },
  );
}

/**
 * Whether main only went on, without a change for this region: then what another publisher signed of the older commit says
 * the same, and nobody has to sign again.
 */
async function isEarlierMain(
  { io, place, main }: JoinInput,
  { base }: Draft,
  { source }: Snapshot,
): Promise<boolean> {
  const cwd = place.top;
  const isAncestor = async (a: string, b: string): Promise<boolean> =>
    (await gitAnswer(io, ['merge-base', '--is-ancestor', a, b], { cwd })) !== undefined;
  const before = base.channel?.verified.snapshot.source;
  return (
    (await isAncestor(source, main)) && (before === undefined || (await isAncestor(before, source)))
  );
}
