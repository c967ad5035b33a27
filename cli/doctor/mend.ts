import type { EdgesealError } from '../../core/errors.ts';
import { repositoryFile } from '../../core/format/repository.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { quoted } from '../terminal/shell-word.ts';

/** Which part of the repository an error is about, in a word. */
export function partOf({ file, code }: EdgesealError): string {
  if (file?.startsWith('policy/') === true) return 'policy';
  if (file?.startsWith('regions/') === true) return 'regions';
  return file === repositoryFile || !code.startsWith('trust-') ? 'repository' : 'trust';
}

/**
 * The command that mends a file which cannot be used: where only the working tree has it so, what was committed is
 * brought back; else the commit has to be looked for.
 */
export async function mendOf(
  io: Io,
  place: Place,
  error: EdgesealError,
): Promise<string | undefined> {
  // Of a policy the error names the document inside, too.
  const file = error.file?.replace(/ \(.*\)$/, '');
  if (file === undefined) return error.hint;
  // A root and its signature belong together, and each to the one before.
  const path = `${place.prefix}${file.startsWith('trust/') ? 'trust' : file}`;
  const at = { cwd: place.top };
  const committed = await gitAnswer(io, ['cat-file', '-e', `HEAD:${path}`], at);
  if (committed === undefined) return error.hint;
  const same = await gitAnswer(io, ['diff', '--quiet', 'HEAD', '--', path], at);
  const git = `git -C ${quoted(place.top)}`;
  if (same === undefined)
    return `take back what was not committed: ${git} checkout HEAD -- ${quoted(path)}`;
  return error.hint ?? `see which commit broke it: ${git} log -p -- ${quoted(path)}`;
}
