import { execFile } from 'node:child_process';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { ok, warn } from './check.ts';
import type { Check } from './check.ts';

const timeoutMs = 10_000;

/** The remote that `publish` reads main from and pushes to: warnings only, since one can seal without. */
export async function checkRemote(io: Io, top: string, state: RepositoryState): Promise<Check> {
  const name = 'publish remote';
  const { remote = 'origin', branch = 'main' } = state.repository.spec.publish ?? {};
  const isUrl = /[:/]/.test(remote);
  const url = isUrl
    ? remote
    : await gitAnswer(io, ['remote', 'get-url', '--', remote], { cwd: top });
  if (url === undefined) {
    return warn(
      name,
      `there is no Git remote ${remote}: nothing can be published`,
      `git remote add ${remote} URL`,
    );
  }
  const answer = await ask(io, top, ['ls-remote', '--exit-code', '--heads', '--', remote, branch]);
  const shown = url.replace(/\/\/[^/@\s]+@/, '//');
  if (answer === 0) return ok(name, `${shown}, branch ${branch}`);
  if (answer === 2) {
    return warn(name, `${shown} has no branch ${branch} yet`, `git push -u ${remote} ${branch}`);
  }
  return warn(
    name,
    `${shown} cannot be reached`,
    `see why: git ls-remote ${isUrl ? 'URL' : remote}`,
  );
}

/** Its exit code; a remote that hangs, or would ask for a password, counts as unreachable. */
function ask(io: Io, cwd: string, args: string[]): Promise<number> {
  const env = { ...io.env, GIT_TERMINAL_PROMPT: '0', SSH_ASKPASS_REQUIRE: 'never', LC_ALL: 'C' };
  return new Promise((resolve) => {
    execFile('git', args, { cwd, env, timeout: timeoutMs }, (error) => {
      resolve(error === null ? 0 : typeof error.code === 'number' ? error.code : -1);
    }).stdin?.end();
  });
}
