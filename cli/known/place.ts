import { resolve } from 'node:path';
import { knownPlace, readKnown } from '../../core/scan/known/local-files.ts';
import type { KnownPlace } from '../../core/scan/known/local-files.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';

/** Where the known values of a folder's Git repository lie; undefined outside of one. */
export async function localKnownPlace(io: Io, folder: string): Promise<KnownPlace | undefined> {
  const gitDir = await gitAnswer(io, ['rev-parse', '--git-common-dir'], { cwd: folder });
  if (gitDir === undefined || gitDir === '') return undefined;
  return knownPlace(resolve(folder, gitDir), io.env);
}

/** The known values of where a person stands, for a scan; what of them cannot be used is said once. */
export async function knownHere(io: Io): Promise<KnownPlace | undefined> {
  const place = await localKnownPlace(io, io.cwd);
  if (place === undefined) return undefined;
  const output = new Output(io);
  try {
    const known = await readKnown(place);
    if (known === undefined) return undefined;
    if (known.foreign > 0) {
      output.warn(
        'some values that were sealed here are not known again: they were noted with another key',
        `the key was ${place.keyFile}; to note a secret's values anew: edgeseal unseal SECRET --key KEY-FILE`,
      );
    }
    return place;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    output.warn(
      `values that were sealed here are not known again: ${place.file} or its key cannot be read (${code})`,
    );
    return undefined;
  }
}
