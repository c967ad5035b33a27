import { access } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { EdgesealError } from '../core/errors.ts';
import { repositoryFile } from '../core/format/repository.ts';
import { rootPath } from '../core/format/trust-root.ts';
import { loadRepository, readRepository } from '../core/repository/repository-state.ts';
import type { RepositoryState } from '../core/repository/repository-state.ts';
import { readRootFile } from '../core/repository/trust.ts';
import type { RepositoryView } from '../core/repository/view.ts';
import { worktreeView } from '../core/repository/view.ts';
import { rootHash } from '../core/trust/root-chain.ts';
import { gitAnswer } from './git/git.ts';
import type { Io } from './io.ts';
import { confirmRoot, readPin, rememberNewest, writePin } from './pin.ts';
import type { Pin } from './pin.ts';

/** Where a secrets repository lies: inside a Git repository, at its top or in a folder of it. */
export interface Place {
  /** Folder of `edgeseal.yaml`, absolute. */
  root: string;
  /** Top of the Git working tree, absolute. */
  top: string;
  /** `root` below `top`, as Git writes it: `''` or `some/folder/`. */
  prefix: string;
}

/** A repository opened by a command. */
export interface OpenRepository extends Place {
  state: RepositoryState;
}

/**
 * Finds the secrets repository that a folder belongs to.
 *
 * @throws EdgesealError `git-repository` where there is none, or it is not inside a Git repository
 */
export async function findRepository(io: Io): Promise<Place> {
  const root = await folderOf(repositoryFile, io.cwd);
  if (root === undefined) {
    throw new EdgesealError(
      'git-repository',
      `there is no ${repositoryFile} here or above: this is not a secrets repository`,
      {
        file: io.cwd,
        hint: 'go to your secrets repository, or make one with: edgeseal init',
      },
    );
  }
  const top = await gitAnswer(io, ['rev-parse', '--show-toplevel'], { cwd: root });
  if (top === undefined || top === '') {
    throw new EdgesealError(
      'git-repository',
      'the secrets repository is not inside a Git repository',
      {
        file: root,
        hint: 'make it one with: git init -b main',
      },
    );
  }
  const below = relative(resolve(top), root).split(sep).join('/');
  return { root, top: resolve(top), prefix: below === '' ? '' : `${below}/` };
}

/**
 * Opens the repository of the current folder as the working tree has it, from the root that this clone has
 * accepted (asking a person once).
 */
export async function openRepository(io: Io): Promise<OpenRepository> {
  const place = await findRepository(io);
  return { ...place, state: await openView(io, place, worktreeView(place.root)) };
}

/** Opens any view of the repository (a commit, the index) from the root that this clone has accepted. */
export async function openView(
  io: Io,
  place: Place,
  view: RepositoryView,
): Promise<RepositoryState> {
  const repository = await readRepository(view);
  const { id } = repository.spec;
  let pin = await readPin(io, place.top, id);
  if (pin === undefined) {
    const first = await readRootFile(view, 1);
    if (first === undefined) {
      throw new EdgesealError(
        'trust-root',
        'there is no trust/1.yaml: this repository was not set up to its end',
        {
          hint: 'run edgeseal init in an empty folder',
        },
      );
    }
    const sha256 = rootHash(first.bytes);
    await confirmRoot(io, id, sha256);
    pin = { accepted: sha256, newest: { number: 1, sha256 } };
    await writePin(io, place.top, id, pin);
  }
  const state = await loadRepository(view, pin.accepted);
  requireSameHistory(state, pin);
  if (state.root.number < pin.newest.number) {
    io.stderr.write(
      `warning: ${view.name} stands on trust root ${state.root.number}, root ${pin.newest.number} was seen already\n  hint: merge the newer main first: a key may have been revoked since\n`,
    );
  }
  await rememberNewest(io, place.top, pin, state.root);
  return state;
}

/**
 * Whoever held a root key that was taken out since can sign a second chain from the accepted root. What was seen stays
 * the one.
 */
function requireSameHistory({ view, roots }: RepositoryState, { accepted, newest }: Pin): void {
  const { number, sha256 } = newest;
  const here = roots.find((root) => root.number === number);
  if (here === undefined || here.sha256 === sha256) return;
  throw new EdgesealError(
    'trust-root',
    `${view.name} has another trust root ${number} than the one that this clone has seen (${sha256.slice(0, 16)}...)`,
    {
      file: rootPath(number),
      hint: `ask whoever signs roots which one is right; only if yours was made here and never pushed: edgeseal trust accept ${accepted}`,
    },
  );
}

async function folderOf(name: string, start: string): Promise<string | undefined> {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    try {
      await access(join(folder, name));
      return folder;
    } catch {
      if (dirname(folder) === folder) return undefined;
    }
  }
}
