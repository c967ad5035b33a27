import { EdgesealError } from '../errors.ts';
import { channelPaths } from '../format/snapshot.ts';
import type { Snapshot } from '../format/snapshot.ts';

/** How far a controller (or a publisher) has come: root number first, sequence second. */
export interface Mark {
  root: number;
  sequence: number;
  /** SHA-256 of the snapshot's bytes. */
  sha256: string;
}

/** Orders marks by (root, sequence), root first. */
export function compareMarks(
  a: Pick<Mark, 'root' | 'sequence'>,
  b: Pick<Mark, 'root' | 'sequence'>,
): number {
  return a.root - b.root || a.sequence - b.sequence;
}

export function markOf(snapshot: Snapshot, sha256: string): Mark {
  return { root: snapshot.root.number, sequence: snapshot.sequence, sha256 };
}

/**
 * Compares an offered, verified snapshot with the high-water mark.
 *
 * @returns `new` where it is above the mark, `same` where it is the mark's own, `older` where it is below
 * @throws EdgesealError `trust-equivocation` where the publisher has signed two histories, `trust-snapshot` where a new
 *   one contradicts itself: the first of a history, and no other, follows nothing
 */
export function judgeAgainstMark(
  snapshot: Snapshot,
  sha256: string,
  mark: Mark | undefined,
): 'new' | 'same' | 'older' {
  if (mark === undefined) return requireWhole(snapshot);
  const offered = markOf(snapshot, sha256);
  const order = compareMarks(offered, mark);
  if (order < 0) return 'older';
  if (order === 0) {
    if (sha256 === mark.sha256) return 'same';
    throw equivocation(`two snapshots carry the sequence ${snapshot.sequence}`);
  }
  const follows = offered.root === mark.root && offered.sequence === mark.sequence + 1;
  if (follows && snapshot.previous !== mark.sha256) {
    throw equivocation(
      `snapshot ${snapshot.sequence} does not follow the snapshot ${mark.sequence} that was accepted`,
    );
  }
  return requireWhole(snapshot);
}

function requireWhole({ sequence, previous }: Snapshot): 'new' {
  if ((sequence === 1) === (previous === null)) return 'new';
  throw new EdgesealError(
    'trust-snapshot',
    previous === null
      ? `snapshot ${sequence} follows no other, which only snapshot 1 does`
      : 'snapshot 1 follows another, and it is the first',
    { file: channelPaths.snapshot },
  );
}

function equivocation(message: string): EdgesealError {
  return new EdgesealError('trust-equivocation', message, {
    hint: 'a publisher signed two histories, or a stolen key did: compare the mirrors, and the publish log, before you go on',
  });
}
