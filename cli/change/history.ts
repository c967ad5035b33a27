import { isEdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { CatFile } from '../git/commit-view.ts';
import { gitAnswer } from '../git/git.ts';
import { rawChanges, rawLogOptions } from '../../core/repository/raw-log.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';

/** A sealed file as some commit left it, or as a commit found it. */
interface Trace {
  file: string;
  commit: string;
  blob: string;
}

/** Reads per call of {@link lastVersions}, newest first: what went before those was overtaken by them. */
const maxReads = 4000;

/** More than this many names go to git as their common folder instead. */
const maxPathspecs = 50;

/**
 * The highest version that Git history (this branch, merges included) has for each of some sealed files, whether they
 * are still there or not: the next one has to lie above it, or clusters that have seen it refuse the new one. A file that
 * went back to an older version by `git revert` is why the file itself does not suffice.
 *
 * @param files below the repository's folder
 * @returns no entry for a file that history does not know
 */
export async function lastVersions(
  io: Io,
  place: Place,
  files: readonly string[],
): Promise<Map<string, number>> {
  const wanted = new Set(files);
  const walk = ['--full-history', ...(await mergedHeads(io, place))];
  const traces = (await tracesOf(io, place, files, walk)).filter((t) => wanted.has(t.file));
  const perFile = Math.max(4, Math.floor(maxReads / Math.max(1, files.length)));
  const highest = new Map<string, number>();
  const read = new Map<string, Set<string>>();
  await withBlobs(io, place, async (blobs) => {
    await Promise.all(
      traces.map(async ({ file, blob }) => {
        const seen = read.get(file) ?? new Set<string>();
        read.set(file, seen);
        if (seen.has(blob) || seen.size >= perFile) return;
        seen.add(blob);
        const version = versionIn(await readBlob(blobs, blob), file);
        if (version > (highest.get(file) ?? 0)) highest.set(file, version);
      }),
    );
  });
  return highest;
}

/** One version of a sealed secret in history. */
export interface PastVersion {
  version: number;
  commit: string;
  secret: EdgeSecret;
}

/**
 * Every readable version of one sealed file in history. Where two commits made the same version, on two branches, it
 * is the one that the first parents of this branch had.
 *
 * @returns sorted, the newest first
 */
export async function pastVersions(io: Io, place: Place, file: string): Promise<PastVersion[]> {
  const traces = [
    ...(await tracesOf(io, place, [file], ['--first-parent', '-m'])),
    ...(await tracesOf(io, place, [file], ['--full-history'])),
  ];
  const found = new Map<number, PastVersion>();
  const seen = new Set<string>();
  await withBlobs(io, place, async (blobs) => {
    for (const { blob, commit } of traces) {
      if (seen.has(blob)) continue;
      seen.add(blob);
      const bytes = await readBlob(blobs, blob);
      const secret = bytes === undefined ? undefined : readable(bytes, file);
      if (secret === undefined || found.has(secret.spec.version)) continue;
      found.set(secret.spec.version, { version: secret.spec.version, commit, secret });
    }
  });
  return [...found.values()].sort((a, b) => b.version - a.version);
}

/**
 * For each of some sealed files, the newest version in history that `accept` takes. Files are read newest first, and only
 * as far as that.
 */
export async function lastAccepted(
  io: Io,
  place: Place,
  files: readonly string[],
  accept: (secret: EdgeSecret) => boolean,
): Promise<Map<string, PastVersion>> {
  const traces = new Map<string, Trace[]>(files.map((file) => [file, []]));
  for (const trace of await tracesOf(io, place, files, ['--full-history']))
    traces.get(trace.file)?.push(trace);
  const found = new Map<string, PastVersion>();
  await withBlobs(io, place, async (blobs) => {
    await Promise.all(
      [...traces].map(async ([file, all]) => {
        const seen = new Set<string>();
        for (const { blob, commit } of all) {
          if (seen.has(blob)) continue;
          seen.add(blob);
          const bytes = await readBlob(blobs, blob);
          const secret = bytes === undefined ? undefined : readable(bytes, file);
          if (secret === undefined || !accept(secret)) continue;
          found.set(file, { version: secret.spec.version, commit, secret });
          return;
        }
      }),
    );
  });
  return found;
}

/** While a merge, rebase or cherry-pick waits for a person: HEAD, and what is being brought into it. */
async function mergedHeads(io: Io, { top }: Place): Promise<string[]> {
  const names = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REBASE_HEAD'];
  const ids = await Promise.all(
    names.map((name) => gitAnswer(io, ['rev-parse', '--verify', '--quiet', name], { cwd: top })),
  );
  const heads = ids.filter((id) => id !== undefined);
  return heads.length === 0 ? [] : ['HEAD', ...heads];
}

async function tracesOf(
  io: Io,
  place: Place,
  files: readonly string[],
  walk: string[],
): Promise<Trace[]> {
  const paths = files.length > maxPathspecs ? ['secrets'] : files;
  const log = await gitAnswer(
    io,
    [
      ...['log', ...walk, ...rawLogOptions],
      ...['--', ...paths.map((path) => `:(top,literal)${place.prefix}${path}`)],
    ],
    { cwd: place.top },
  );
  // No commit yet: no history.
  if (log === undefined) return [];
  const traces: Trace[] = [];
  for (const { path, commit, before, after } of rawChanges(log)) {
    if (!path.startsWith(place.prefix)) continue;
    const file = path.slice(place.prefix.length);
    for (const blob of [after, before]) if (blob !== undefined) traces.push({ file, commit, blob });
  }
  return traces;
}

async function withBlobs(
  io: Io,
  place: Place,
  use: (blobs: () => CatFile) => Promise<void>,
): Promise<void> {
  let opened: CatFile | undefined;
  try {
    await use(() => (opened ??= new CatFile(io, place.top)));
  } finally {
    opened?.close();
  }
}

/** A shallow or partial clone names objects that it does not have; what cannot be read counts as not there. */
async function readBlob(blobs: () => CatFile, blob: string): Promise<Uint8Array | undefined> {
  try {
    return await blobs().read(blob);
  } catch (error) {
    if (isEdgesealError(error)) return undefined;
    throw error;
  }
}

/** The version alone, without parsing what edgeseal wrote itself. */
function versionIn(bytes: Uint8Array | undefined, file: string): number {
  if (bytes === undefined) return 0;
  const line = /^kind: EdgeSecret$[^]*?^ {2}version: ([1-9]\d{0,15})$/m.exec(
    Buffer.from(bytes).toString('latin1'),
  );
  return line === null ? (readable(bytes, file)?.spec.version ?? 0) : Number(line[1]);
}

function readable(bytes: Uint8Array, file: string): EdgeSecret | undefined {
  try {
    return parseEdgeSecret(bytes, file);
  } catch (error) {
    // Somebody's broken commit is no version.
    if (isEdgesealError(error)) return undefined;
    throw error;
  }
}
