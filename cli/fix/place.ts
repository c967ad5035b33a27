import { join, posix } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { settingsIn } from '../../hooks/sealed/paths.ts';
import type { Io } from '../terminal/io.ts';
import type { Candidate } from './candidates.ts';

/**
 * The folder of the secrets repository that plaintext is sealed into: the one that it lies in, or the only one.
 *
 * @throws EdgesealError `git-repository` where there is none, or it is not clear which
 */
export async function repositoryFor(
  io: Io,
  top: string,
  candidates: readonly Pick<Candidate, 'path'>[],
): Promise<string> {
  const settings = await settingsIn({ cwd: top, env: io.env, stderr: io.stderr });
  const folders = settings.map((file) => posix.dirname(file)).sort((a, b) => b.length - a.length);
  const around = candidates.map(({ path }) =>
    folders.find((folder) => folder === '.' || path.startsWith(`${folder}/`)),
  );
  const [first] = around;
  if (first !== undefined && around.every((folder) => folder === first)) return join(top, first);
  const [only, ...more] = folders;
  if (only !== undefined && more.length === 0) return join(top, only);
  throw only === undefined
    ? new EdgesealError('git-repository', 'there is no secrets repository to seal it into', {
        hint: 'make one here: edgeseal init --path secrets; then stage it: git add -A -- secrets',
      })
    : new EdgesealError(
        'git-repository',
        `there are several secrets repositories: ${folders.join(', ')}`,
        { hint: 'seal it into one of them: edgeseal -C FOLDER seal FILE --remove' },
      );
}
