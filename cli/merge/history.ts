import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { statementDigest } from '../../core/secret/statement.ts';
import type { FilePast } from '../../core/repository/past.ts';
import { CatFile } from '../git/commit-view.ts';
import type { Io } from '../terminal/io.ts';
import { readPast } from '../past/log.ts';
import type { Place } from '../repository.ts';
import type { Heads } from './heads.ts';

/** What the history of each side says of the file. */
export interface MergeHistory {
  ours: FilePast | undefined;
  others: FilePast[];
  trunks: FilePast[];
  /** The highest version, or the floor that a deletion left; 0 without history. */
  floor: number;
}

/** Reads the file's history from every head. */
export async function readHistory(
  io: Io,
  place: Place,
  heads: Heads,
  file: string,
): Promise<MergeHistory> {
  const cat = new CatFile(io, place.top);
  try {
    const pastOf = async (commit: string): Promise<FilePast> =>
      (await readPast(io, place, cat, [commit], new Set([file]))).of(file);
    const ours = heads.ours === undefined ? undefined : await pastOf(heads.ours);
    const others = await Promise.all(heads.others.map(pastOf));
    const trunks = await Promise.all(heads.trunks.map(pastOf));
    const floor = Math.max(0, ours?.floor ?? 0, ...others.map((past) => past.floor));
    return { ours, others, trunks, floor };
  } finally {
    cat.close();
  }
}

/** Whether a history has had this very statement; wraps and signatures say nothing. */
export function hasHad(past: FilePast | undefined, secret: EdgeSecret): boolean {
  const digest = statementDigest('', secret);
  return past?.versions.some((one) => statementDigest('', one.secret) === digest) === true;
}

/**
 * Whether a history went on from this very statement: then it is an older state that somebody brings back, by whatever branch.
 * Its signature still fits, so that nothing else would tell.
 */
export function hasLeftBehind(past: FilePast | undefined, secret: EdgeSecret): boolean {
  return past !== undefined && past.floor > secret.spec.version && hasHad(past, secret);
}
