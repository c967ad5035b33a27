import { compareMarks, judgeAgainstMark, markOf } from '../../core/channel/mark.ts';
import type { Mark } from '../../core/channel/mark.ts';
import { readHeartbeat, verifySnapshot } from '../../core/channel/snapshot-check.ts';
import type { ChannelReader, VerifiedSnapshot } from '../../core/channel/snapshot-check.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import type { Heartbeat } from '../../core/format/snapshot.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { FetchSession } from '../mirrors/fetch-session.ts';
import type { Ledger } from '../store/ledger.ts';
import { findRoot } from '../../core/channel/pinned-root.ts';
import { explainStranger } from './stranger.ts';

/** What a mirror's commit was found to hold: a snapshot with the right signatures, held against the mark. */
export interface Offer {
  verified: VerifiedSnapshot;
  mark: Mark;
  /** `older` than what counts, its own (`same`), or above it. */
  judged: 'new' | 'same' | 'older';
  /** Bytes of the root that it names, where the store does not have them. */
  rootBytes: Uint8Array | undefined;
  /** When the publisher last said that this snapshot is the newest. */
  issuedAt: string | undefined;
}

/** What an offer is held against. */
export interface Bounds {
  repository: string;
  region: string;
  /** SHA-256 of the pinned root. */
  pinned: string;
  /** The higher one of the store's mark and the target's. */
  mark: Mark | undefined;
  /** The least snapshot that the operator accepts. */
  floor: { root: number; sequence: number } | undefined;
  /** The newest snapshot that this mirror has served before. */
  best: Mark | undefined;
}

/** An equivocation, with the snapshot that does not fit. */
export class Equivocation extends EdgesealError {
  readonly snapshot: string;

  constructor(error: EdgesealError, snapshot: string) {
    const { code, message, hint, cause } = error;
    super(code, message, { hint, cause });
    this.snapshot = snapshot;
  }
}

/**
 * Reads and judges the snapshot of a fetched commit. Of the rest of the channel nothing is read.
 *
 * @throws EdgesealError of verifySnapshot, `trust-pin`; {@link Equivocation}; what the session throws
 */
export async function readOffer(
  session: FetchSession,
  ledger: Ledger,
  bounds: Bounds,
): Promise<Offer> {
  const read = (path: string): Promise<Uint8Array | undefined> => session.read(path);
  try {
    return await judgeChannel(read, ledger, bounds);
  } catch (error) {
    throw await explainStranger(error, read, bounds);
  }
}

async function judgeChannel(read: ChannelReader, ledger: Ledger, bounds: Bounds): Promise<Offer> {
  const found =
    ledger.root === undefined ? await findRoot(read, bounds.pinned, ledger.rootWanted) : undefined;
  const held = found?.root ?? ledger.root;
  if (held === undefined) throw new EdgesealError('internal', 'there is no root to begin with');
  const verified = await verifySnapshot(read, held, bounds);
  const { snapshot, sha256, root, newRoots } = verified;
  const step = newRoots.find(({ accepted }) => accepted.sha256 === root.sha256);
  const rootBytes =
    step?.file.bytes ?? (found?.root.sha256 === root.sha256 ? found.bytes : undefined);
  const judged = judge(verified, bounds);
  const alive = await readAlive(read, root, bounds);
  return {
    verified,
    mark: markOf(snapshot, sha256),
    judged,
    rootBytes,
    // A heartbeat for another snapshot says that a newer one is withheld, or is an old one's: neither is news.
    issuedAt: alive?.snapshot === sha256 ? alive.issuedAt : undefined,
  };
}

/** A heartbeat that is wrong counts as none, and shows as *Stale* in time: it never decides what is accepted. */
async function readAlive(
  read: ChannelReader,
  root: AcceptedRoot,
  bounds: Bounds,
): Promise<Heartbeat | undefined> {
  try {
    return await readHeartbeat(read, root, bounds);
  } catch (error) {
    if (
      isEdgesealError(error) &&
      error.code !== 'input-cancelled' &&
      /^(?:trust|format|input)-/.test(error.code)
    )
      return undefined;
    throw error;
  }
}

function judge(verified: VerifiedSnapshot, { mark, floor, best }: Bounds): Offer['judged'] {
  const { snapshot, sha256 } = verified;
  const offered = markOf(snapshot, sha256);
  try {
    // Also below our mark one publisher must not tell two stories.
    if (best !== undefined && compareMarks(offered, best) === 0)
      judgeAgainstMark(snapshot, sha256, best);
    const judged = judgeAgainstMark(snapshot, sha256, mark);
    if (judged === 'new' && floor !== undefined && compareMarks(offered, floor) < 0) return 'older';
    return judged;
  } catch (error) {
    if (isEdgesealError(error, 'trust-equivocation')) throw new Equivocation(error, sha256);
    throw error;
  }
}
