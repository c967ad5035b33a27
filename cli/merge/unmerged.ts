import { CatFile } from '../git/commit-view.ts';
import { runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';

/** A sealed file that git could not merge: the blobs of its three contents. */
export interface Unmerged {
  /** Below the repository's folder. */
  file: string;
  base: string | undefined;
  /** Undefined where that side removed the file. */
  ours: string | undefined;
  theirs: string | undefined;
}

/** Sealed files that are in conflict in the index, by file. */
export async function unmergedFiles(io: Io, place: Place): Promise<Map<string, Unmerged>> {
  const scope = [`${place.prefix}secrets/`];
  const args = ['ls-files', '--unmerged', '-z', '--full-name', '--', ...scope];
  const { stdout } = await runGit(io, args, {
    cwd: place.top,
    env: { GIT_LITERAL_PATHSPECS: '1' },
  });
  const found = new Map<string, Unmerged>();
  for (const line of stdout.toString('utf8').split('\0')) {
    const [, oid, stage, path] = /^\d+ ([0-9a-f]+) ([123])\t(.*)$/s.exec(line) ?? [];
    if (oid === undefined || path === undefined) continue;
    const file = path.slice(place.prefix.length);
    const known = found.get(file) ?? { file, base: undefined, ours: undefined, theirs: undefined };
    const side = stage === '1' ? 'base' : stage === '2' ? 'ours' : 'theirs';
    found.set(file, { ...known, [side]: oid });
  }
  return found;
}

/** The contents of one of them that both sides have. */
export async function readUnmerged(
  io: Io,
  place: Place,
  { base, ours, theirs }: Record<'ours' | 'theirs', string> & Pick<Unmerged, 'base'>,
): Promise<{ base: Uint8Array | undefined; ours: Uint8Array; theirs: Uint8Array }> {
  const cat = new CatFile(io, place.top);
  try {
    return {
      base: base === undefined ? undefined : await cat.read(base),
      ours: await cat.read(ours),
      theirs: await cat.read(theirs),
    };
  } finally {
    cat.close();
  }
}
