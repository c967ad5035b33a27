import { access } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { EdgesealError } from '../core/errors.ts';
import { repositoryFile } from '../core/format/repository.ts';
import { rootPath } from '../core/format/trust-root.ts';
import { loadRepository, readRepository } from '../core/repository/repository-state.ts';
import type { RepositoryState } from '../core/repository/repository-state.ts';
import { loadRootChain, readRootFile } from '../core/repository/trust.ts';
import type { RepositoryView } from '../core/repository/view.ts';
import { worktreeView } from '../core/repository/view.ts';
import { rootHash } from '../core/trust/root-chain.ts';
import type { AcceptedRoot } from '../core/trust/root-chain.ts';
import { gitAnswer } from './git/git.ts';
import type { Io } from './terminal/io.ts';
import { confirmRoot, readPin, rememberNewest, writePin } from './trust/pin.ts';
import type { Pin } from './trust/pin.ts';
import { quoted } from './terminal/shell-word.ts';

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
  if (root === undefined) throw noRepository(io, await repositoriesBelow(io, io.cwd));
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

/** Folders of secrets repositories that the Git repository of `folder` has below it, absolute. */
export async function repositoriesBelow(io: Io, folder: string): Promise<string[]> {
  const names = ['-z', '--cached', '--others', '--exclude-standard', '--'];
  const listed = await gitAnswer(io, ['ls-files', ...names, `:(glob)**/${repositoryFile}`], {
    cwd: folder,
  });
  const files = (listed ?? '').split('\0').filter((file) => file !== '');
  return [...new Set(files)].map((file) => dirname(join(folder, file))).filter((f) => f !== folder);
}

function noRepository(io: Io, [below, ...others]: string[]): EdgesealError {
  const what = `there is no ${repositoryFile} here or above`;
  const [where, hint] =
    below === undefined
      ? [
          ': this is not a secrets repository',
          'go to your secrets repository, or make one with: edgeseal init',
        ]
      : [`, but below: ${[below, ...others].join(', ')}`, `cd ${quoted(below)}`];
  return new EdgesealError('git-repository', `${what}${where}`, { file: io.cwd, hint });
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
    const { first, newest } = await offeredRoots(view);
    await confirmRoot(io, id, first, newest);
    pin = {
      accepted: first.sha256,
      newest: { number: newest.number, sha256: newest.sha256 },
    };
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
 * The roots whose fingerprints a person may compare: each later one names the one before it by its hash, so confirming any
 * confirms them all.
 *
 * @throws EdgesealError `trust-root` where there is none, or the chain is broken
 */
export async function offeredRoots(
  view: RepositoryView,
): Promise<{ first: AcceptedRoot; newest: AcceptedRoot }> {
  const file = await readRootFile(view, 1);
  if (file === undefined) {
    throw new EdgesealError(
      'trust-root',
      'there is no trust/1.yaml: this repository was not set up to its end',
      { hint: 'run edgeseal init in an empty folder' },
    );
  }
  const chain = await loadRootChain(view, rootHash(file.bytes));
  const [first] = chain;
  const newest = chain.at(-1);
  if (first === undefined || newest === undefined)
    throw new EdgesealError('internal', 'an empty chain of roots');
  return { first, newest };
}

/**
 * Whoever held a root key that was taken out since can sign a second chain from the accepted root. What was seen stays
 * the one.
 */
export function requireSameHistory(
  { view, roots }: Pick<RepositoryState, 'view' | 'roots'>,
  { accepted, newest }: Pin,
): void {
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
