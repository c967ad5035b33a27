import { gitAnswer, runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { ownCommand } from '../template.ts';
import { version } from '../version.ts';

/** Where the drivers of a clone are. */
type At = Pick<Place, 'top' | 'prefix'>;

/** The line of `.gitattributes`, in the repository's folder. */
export const attributesLine = 'secrets/** diff=edgeseal merge=edgeseal';

/** What `git config` calls them. */
const keys = { textconv: 'diff.edgeseal.textconv', merge: 'merge.edgeseal.driver' } as const;

/**
 * Writes Git's drivers for sealed files into the clone's own configuration, where alone Git lets them be: a repository that
 * could bring its commands along would run them on whoever clones it.
 *
 * Where edgeseal is not to be found (another worktree, before `npm install`), a diff shows the file as it is, and a merge is
 * one of text, as it would be without the drivers: no command of Git's ends for it.
 */
export async function installDrivers(io: Io, { top, prefix }: At): Promise<void> {
  const at = { cwd: top };
  const set = (name: string, value: string): Promise<unknown> =>
    runGit(io, ['config', '--local', name, value], at);
  await set(keys.textconv, textconvCommand(prefix));
  await set('diff.edgeseal.cachetextconv', 'true');
  await set('merge.edgeseal.name', 'edgeseal: sealed secrets, item by item');
  await set(keys.merge, mergeCommand(prefix));
  // For the made-up base of a criss-cross merge: nobody is asked to sign what nobody will see.
  await set('merge.edgeseal.recursive', 'binary');
  // What was shown while edgeseal was not there must not be remembered.
  await gitAnswer(io, ['update-ref', '-d', 'refs/notes/textconv/edgeseal'], at);
}

/** What a clone has of the drivers. */
export interface DriverState {
  /** Both commands are configured. */
  configured: boolean;
  /** `.gitattributes` names them for sealed files. */
  named: boolean;
}

export async function driverState(io: Io, { top, prefix }: At): Promise<DriverState> {
  const commands = await Promise.all(
    Object.values(keys).map((key) => gitAnswer(io, ['config', key], { cwd: top })),
  );
  const attributes = await gitAnswer(
    io,
    ['check-attr', '-z', 'diff', 'merge', '--', `${prefix}secrets/namespace/name.yaml`],
    { cwd: top },
  );
  const values = (attributes ?? '').split('\0').filter((_, index) => index % 3 === 2);
  return {
    configured: commands.every((command) => command?.includes('edgeseal') === true),
    named: values.length === 2 && values.every((value) => value === 'edgeseal'),
  };
}

/** Git puts the file behind it, and runs it by a shell at the top of the working tree. */
function textconvCommand(prefix: string): string {
  const tries = programs(prefix).map(
    ({ test, run }) => `if ${test}; then ${run} textconv "$1" 2>/dev/null && return; fi`,
  );
  // The version: what Git has remembered of an older one's output is forgotten.
  return `f() { : ${version}; ${tries.join('; ')}; cat "$1"; }; f`;
}

/** 0 and 1 are answers; whatever else comes of it is as if edgeseal were not there. */
function mergeCommand(prefix: string): string {
  const tries = programs(prefix).map(
    ({ test, run }) =>
      `if ${test}; then ${run} merge-driver "$@"; s=$?; [ $s -gt 1 ] || return $s; fi`,
  );
  const missing = "echo 'edgeseal: warning: edgeseal is not installed here: merged as text' >&2";
  const text = 'git merge-file -L ours -L base -L theirs "$2" "$1" "$3"';
  return `f() { ${tries.join('; ')}; ${missing}; ${text}; }; f %O %A %B %P`;
}

/** The repository's own edgeseal, the main worktree's, and the one that is running now. */
function programs(prefix: string): { test: string; run: string }[] {
  const bin = `${prefix}node_modules/.bin/edgeseal`;
  const here = quote(`./${bin}`);
  const main = `"$(git rev-parse --git-common-dir)/.."/${quote(bin)}`;
  const own = quote(ownCommand());
  return [
    { test: `[ -x ${here} ]`, run: here },
    { test: `[ -x ${main} ]`, run: main },
    { test: `[ -e ${own} ]`, run: `${quote(process.execPath)} ${own}` },
  ];
}

function quote(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
