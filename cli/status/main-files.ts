import { isEdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import type { CatFile } from '../git/commit-view.ts';
import { gitAnswer, runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';

/** Blob ids of a commit's sealed files, by path below the repository's folder; empty for no commit. */
export async function sealedBlobs(
  io: Io,
  place: Place,
  commit: string | undefined,
): Promise<Map<string, string>> {
  const blobs = new Map<string, string>();
  if (commit === undefined) return blobs;
  const { stdout } = await runGit(
    io,
    ['ls-tree', '-r', '-z', '--full-tree', commit, '--', `${place.prefix}secrets/`],
    { cwd: place.top },
  );
  for (const line of stdout.toString('utf8').split('\0')) {
    const [, blob, path] = /^100\d{3} blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    if (blob === undefined || path?.startsWith(place.prefix) !== true) continue;
    const file = path.slice(place.prefix.length);
    if (parseSecretPath(file) !== undefined) blobs.set(file, blob);
  }
  return blobs;
}

/** A sealed file of a commit; undefined where it cannot be read as one. */
export async function readSealedBlob(cat: CatFile, blob: string): Promise<EdgeSecret | undefined> {
  try {
    return parseEdgeSecret(await cat.read(blob));
  } catch (error) {
    if (isEdgesealError(error)) return undefined;
    throw error;
  }
}

/**
 * Sealed files that differ between main and the commits that channels were rendered from.
 *
 * @returns undefined where one of the commits is not in this clone
 */
export async function changedSince(
  io: Io,
  place: Place,
  main: string,
  source: string,
): Promise<Set<string> | undefined> {
  const listing = await gitAnswer(
    io,
    ['diff-tree', '-r', '-z', '--name-only', '--no-renames', source, main].concat([
      '--',
      `${place.prefix}secrets/`,
    ]),
    { cwd: place.top },
  );
  if (listing === undefined) return undefined;
  return new Set(listing.split('\0').map((path) => path.slice(place.prefix.length)));
}
