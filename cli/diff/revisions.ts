import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import { gitAnswer, runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { parseSecretRef } from '../secret-ref.ts';
import type { From, To } from './side.ts';

/** What a person asked to see. */
export interface Asked {
  before: From;
  after: To;
  /** Words for the two sides: `HEAD`, `the working tree`. */
  words: [before: string, after: string];
  /** Undefined where everything was asked for. */
  only: ((file: string) => boolean) | undefined;
}

/**
 * Understands what was typed as git does: `A`, `A B`, `A..B`, `A...B`, then secrets or paths. HEAD is compared with the
 * working tree where nothing is said.
 *
 * @param staged compare with the index instead of the working tree
 * @throws EdgesealError `input-usage` for what is neither a commit nor a secret, or is both
 */
export async function understand(
  io: Io,
  place: Place,
  given: readonly string[],
  staged: boolean,
): Promise<Asked> {
  const rest = [...given];
  const to: To = staged ? 'index' : 'worktree';
  const toWords = staged ? 'what is staged' : 'the working tree';
  const [range] = rest;
  const dots = range === undefined ? null : /^(.*?)(\.{2,3})(.*)$/.exec(range);
  if (dots !== null && !isPath(io, range ?? '')) {
    rest.shift();
    const [, a = '', middle, b = ''] = dots;
    if (staged) throw usage('--staged compares with one commit, not with a range');
    const [left, right] = [await commitOf(io, place, a), await commitOf(io, place, b)];
    const before = middle === '...' ? await mergeBase(io, place, left, right) : left;
    const words: Asked['words'] = [
      middle === '...' ? `where ${named(b)} left ${named(a)}` : named(a),
      named(b),
    ];
    const only = onlyOf(io, place, rest);
    return { before: { commit: before }, after: { commit: right }, words, only };
  }
  const commits: { name: string; commit: string }[] = [];
  while (commits.length < 2 && rest[0] !== undefined) {
    const [name] = rest;
    const commit = await findCommit(io, place, name);
    const isSecret = isSecretName(io, place, name);
    const isOther = isSecret || isPath(io, name);
    if (commit !== undefined && isOther) {
      const file = isSecret ? `secrets/${name}.yaml` : `./${name}`;
      throw usage(
        `${name} is both a commit and a ${isSecret ? 'secret' : 'file'}`,
        `name the branch refs/heads/${name}, or the file ${file}`,
      );
    }
    if (commit === undefined) {
      if (!isOther && !/[/.]/.test(name)) throw noCommit(name);
      break;
    }
    commits.push({ name, commit });
    rest.shift();
  }
  const only = onlyOf(io, place, rest);
  const [first, second] = commits;
  if (first === undefined) {
    const head = await findCommit(io, place, 'HEAD');
    const before: From = head === undefined ? 'nothing' : { commit: head };
    return { before, after: to, words: [head === undefined ? 'nothing' : 'HEAD', toWords], only };
  }
  if (second === undefined)
    return { before: { commit: first.commit }, after: to, words: [first.name, toWords], only };
  if (staged) throw usage('--staged compares with one commit, not with two');
  return {
    before: { commit: first.commit },
    after: { commit: second.commit },
    words: [first.name, second.name],
    only,
  };
}

/** Whole secrets by name or file, or folders of them. */
function onlyOf(io: Io, place: Place, names: readonly string[]): Asked['only'] {
  if (names.length === 0) return undefined;
  const prefixes = names.map((name) => {
    const path = relativeTo(place.root, resolve(io.cwd, name));
    if (path === 'secrets' || /^secrets\/[^/]+$/.test(path)) return `${path}/`;
    return parseSecretRef(io, place, name).file;
  });
  return (file) => prefixes.some((p) => (p.endsWith('/') ? file.startsWith(p) : file === p));
}

function relativeTo(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

function isPath(io: Io, name: string): boolean {
  return existsSync(resolve(io.cwd, name));
}

function isSecretName(io: Io, place: Place, name: string): boolean {
  const [namespace = '', rest = ''] = name.split('/');
  const file = `secrets/${namespace}/${rest}.yaml`;
  return parseSecretPath(file) !== undefined && isPath({ ...io, cwd: place.root }, file);
}

function named(name: string): string {
  return name === '' ? 'HEAD' : name;
}

async function commitOf(io: Io, place: Place, name: string): Promise<string> {
  const commit = await findCommit(io, place, named(name));
  if (commit === undefined) throw noCommit(named(name));
  return commit;
}

async function findCommit(io: Io, place: Place, name: string): Promise<string | undefined> {
  // What begins with a dash would be an option to git, and is no name of a commit.
  if (name.startsWith('-')) return undefined;
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  return await gitAnswer(io, args, { cwd: place.top });
}

async function mergeBase(io: Io, place: Place, a: string, b: string): Promise<string> {
  const { code, stdout } = await runGit(io, ['merge-base', a, b], { cwd: place.top, allow: [1] });
  if (code === 0) return stdout.toString('utf8').trim();
  throw usage('the two have no commit in common', 'compare them as they are, with two dots');
}

function noCommit(name: string): EdgesealError {
  return usage(
    `there is no commit ${name} here`,
    'name a branch, tag or commit; for a remote branch: git fetch, then origin/main; a secret is NAMESPACE/NAME',
  );
}

function usage(message: string, hint?: string): EdgesealError {
  return new EdgesealError('input-usage', message, { hint });
}
