import { EdgesealError } from '../../../core/errors.ts';
import { fullDisk } from '../../git/full-disk.ts';
import { runGit } from '../../git/git.ts';
import type { Io } from '../../terminal/io.ts';
import type { Place } from '../../repository.ts';
import { lastWords, printable } from './remote.ts';

/** One branch to be pushed. */
export interface Push {
  ref: string;
  /** undefined takes the branch away. */
  commit: string | undefined;
  /** What the remote held when it was fetched; undefined for nothing. */
  expected: string | undefined;
}

/** `race`: somebody else published meanwhile, so it has to be rendered again. */
export type Pushed = 'done' | 'race' | EdgesealError;

/** What a remote, or this git, says where another push came first. */
const races =
  /stale info|fetch first|non-fast-forward|cannot lock ref|failed to (update|lock)|incorrect old value|already exists|reference already/i;

const everyCode = Array.from({ length: 256 }, (_, i) => i);

/**
 * Pushes branches to one remote through the person's git. Each is on its own: one that lost a race, or was
 * refused, does not keep the others.
 *
 * @returns the outcome by ref
 */
export async function pushRefs(
  io: Io,
  place: Place,
  remote: string,
  pushes: readonly Push[],
): Promise<Map<string, Pushed>> {
  // Without a refspec git would push the person's own branch.
  if (pushes.length === 0) return new Map();
  const leases = pushes.map(({ ref, expected }) => `--force-with-lease=${ref}:${expected ?? ''}`);
  const specs = pushes.map(({ ref, commit }) => `${commit ?? ''}:${ref}`);
  const options = ['--porcelain', '--no-follow-tags', '--no-recurse-submodules'];
  const { code, stdout, stderr } = await runGit(
    io,
    ['push', ...options, ...leases, '--', remote, ...specs],
    { cwd: place.top, allow: everyCode },
  );
  const outcomes = new Map<string, Pushed>();
  const said = new Map<string, { flag: string; summary: string }>();
  for (const line of stdout.toString('utf8').split('\n')) {
    const match = /^([ +\-*!=])\t[^\t]*:([^\t]+)\t(.*)$/.exec(line);
    const [, flag, ref, summary] = match ?? [];
    if (flag !== undefined && ref !== undefined) said.set(ref, { flag, summary: summary ?? '' });
  }
  const full = code === 0 ? undefined : await fullDisk(stderr, place.top);
  for (const { ref } of pushes) {
    const answer = said.get(ref);
    if (answer !== undefined && answer.flag !== '!') outcomes.set(ref, 'done');
    else if (answer === undefined && code === 0) outcomes.set(ref, 'done');
    else if (answer !== undefined && races.test(answer.summary)) outcomes.set(ref, 'race');
    else outcomes.set(ref, full ?? refused(ref, remote, answer?.summary, stderr));
  }
  return outcomes;
}

function refused(
  ref: string,
  remote: string,
  summary: string | undefined,
  stderr: string,
): EdgesealError {
  const name = printable(remote);
  // Where a hook of the person's own refused, this line alone would say nothing.
  const remoteWords = lastWords(stderr.replace(/^error: failed to push some refs.*$/m, ''));
  const words = [summary, remoteWords].filter((part) => part !== undefined && part !== '');
  return new EdgesealError(
    'git-mirror',
    `${name} did not take ${ref.replace('refs/heads/', '')}: ${words.join('; ') || 'git push failed'}`,
    {
      hint: `whoever publishes needs to be let push to ${ref.startsWith('refs/heads/edgeseal-pending/') ? 'edgeseal-pending/*' : 'edgeseal/*'}: look at ${name}'s branch rules, hooks and your access`,
    },
  );
}
