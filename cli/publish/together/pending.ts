import type { ChannelReader } from '../../../core/channel/snapshot-check.ts';
import { isEdgesealError } from '../../../core/errors.ts';
import {
  channelPaths,
  maxIndexBytes,
  maxSnapshotBytes,
  parseSnapshot,
} from '../../../core/format/snapshot.ts';
import type { Snapshot } from '../../../core/format/snapshot.ts';
import type { CatFile } from '../../git/commit-view.ts';
import { gitText } from '../../git/git.ts';
import type { Place } from '../../repository.ts';
import type { Io } from '../../terminal/io.ts';
import { commitReader } from '../channel.ts';

/** What some publishers have signed, as it lies on the remote. Nothing of it is believed. */
export interface Pending {
  snapshot: Uint8Array;
  /** Text of its `.sig` file. */
  signatures: string;
  /** Its other files, by path; undefined for what is not there or too long. */
  read: ChannelReader;
}

const maxSignatureBytes = 64 * 1024;

/** @returns undefined where the commit has none, or files that are too long to be looked at */
export async function readPending(
  io: Io,
  place: Place,
  cat: CatFile,
  commit: string,
): Promise<Pending | undefined> {
  const file = commitReader(cat, commit);
  const read = async (path: string, limit: number): Promise<Uint8Array | undefined> => {
    const size = await sizeOf(io, place, `${commit}:${path}`);
    return size === undefined || size > limit ? undefined : await file(path);
  };
  const snapshot = await read(channelPaths.snapshot, maxSnapshotBytes);
  const signatures = await read(channelPaths.snapshotSignature, maxSignatureBytes);
  if (snapshot === undefined || signatures === undefined) return undefined;
  return {
    snapshot,
    signatures: Buffer.from(signatures).toString('latin1'),
    read: (path) => read(path, maxIndexBytes),
  };
}

/** Asked before it is read: a file of a gigabyte is pushed as easily as any other. */
async function sizeOf(io: Io, place: Place, name: string): Promise<number | undefined> {
  const args = ['cat-file', '--batch-check=%(objecttype) %(objectsize)'];
  const answer = await gitText(io, args, { cwd: place.top, input: `${name}\n` });
  const [, size] = /^blob (\d+)$/.exec(answer) ?? [];
  return size === undefined ? undefined : Number(size);
}

/** A snapshot that anybody may have put there; undefined for what is none. */
export function snapshotIn(bytes: Uint8Array): Snapshot | undefined {
  try {
    return parseSnapshot(bytes);
  } catch (error) {
    if (isEdgesealError(error)) return undefined;
    throw error;
  }
}
