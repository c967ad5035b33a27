import { existsSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { repositoryFile } from '../../core/format/repository.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { realPath } from '../region-key/private-key.ts';
import { repositoriesBelow } from '../repository.ts';
import { quoted } from '../terminal/shell-word.ts';

/** Where `init` is going to make a secrets repository. */
export interface NewPlace {
  /** Folder of `edgeseal.yaml` to be, absolute; it may not exist yet. */
  root: string;
  /** Top of the Git working tree; the same folder where there is no Git repository yet. */
  top: string;
  /** `root` below `top` with `/`; `''` for the top itself. */
  folder: string;
  /** Whether `git init` is still to come. */
  isNew: boolean;
  /** The branch that people merge into. */
  branch: string;
}

/**
 * Decides where the repository is made, without making anything.
 *
 * @throws EdgesealError `input-usage` where one is there already, or a folder of somebody's repository was not named
 */
export async function choosePlace(io: Io, path: string | undefined): Promise<NewPlace> {
  const root = realPath(resolve(io.cwd, path ?? '.'));
  for (let at = root; ; at = dirname(at)) {
    if (existsSync(resolve(at, repositoryFile))) {
      throw new EdgesealError('input-usage', 'there is a secrets repository already', {
        file: resolve(at, repositoryFile),
        hint: `look at it with: edgeseal -C ${at} doctor`,
      });
    }
    if (dirname(at) === at) break;
  }
  const top = await gitTop(io, root);
  if (top === undefined) {
    return { root, top: root, folder: '', isNew: true, branch: 'main' };
  }
  const folder = relative(top, root).split(sep).join('/');
  if (folder !== '' && path === undefined) {
    throw new EdgesealError('input-usage', `this is a folder of the Git repository ${top}`, {
      file: root,
      hint: 'to put the secrets here: edgeseal init --path . ; for a repository of their own, go outside of it',
    });
  }
  const below = existsSync(root) ? await repositoriesBelow(io, root) : [];
  if (below[0] !== undefined) {
    throw new EdgesealError('input-usage', 'there is a secrets repository below already', {
      file: below[0],
      hint: `cd ${quoted(below[0])}; for a second one beside it: edgeseal init --path FOLDER`,
    });
  }
  // It becomes part of workflow files and of a hook's command line.
  if (!/^[\w./-]*$/.test(folder) || /(^|\/)-/.test(folder)) {
    throw new EdgesealError('input-usage', 'the path may hold letters, digits and . _ - / only', {
      file: folder,
    });
  }
  return { root, top, folder, isNew: false, branch: await mainBranch(io, top) };
}

/** A name for the repository, from `--name` or its folder. */
export function chooseName(given: string | undefined, root: string): string {
  const name = given ?? basename(root).replace(/[^\w.-]+/g, '-');
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) return name;
  throw new EdgesealError('input-usage', 'the name may hold letters, digits and . _ - only', {
    hint: 'choose one with --name',
  });
}

async function gitTop(io: Io, folder: string): Promise<string | undefined> {
  let at = folder;
  while (!existsSync(at)) at = dirname(at);
  const top = await gitAnswer(io, ['rev-parse', '--show-toplevel'], { cwd: at });
  return top === undefined || top === '' ? undefined : realPath(top);
}

async function mainBranch(io: Io, top: string): Promise<string> {
  const ask = (...args: string[]): Promise<string | undefined> => gitAnswer(io, args, { cwd: top });
  const remote = await ask('symbolic-ref', '--short', 'refs/remotes/origin/HEAD');
  if (remote !== undefined) return safeBranch(remote.replace(/^origin\//, ''));
  if ((await ask('rev-parse', '--verify', '--quiet', 'refs/heads/main')) !== undefined)
    return 'main';
  return safeBranch((await ask('symbolic-ref', '--short', 'HEAD')) ?? 'main');
}

/** It becomes part of a workflow file. */
function safeBranch(branch: string): string {
  return /^[\w][\w./-]*$/.test(branch) ? branch : 'main';
}
