import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { loadSettings } from '../../core/repository/repository-state.ts';
import type { RepositoryState, Settings } from '../../core/repository/repository-state.ts';
import { loadRootChain } from '../../core/repository/trust.ts';
import { worktreeView } from '../../core/repository/view.ts';
import type { RepositoryView } from '../../core/repository/view.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { commitView, indexView } from '../git/commit-view.ts';
import type { Io } from '../terminal/io.ts';
import { openView, requireSameHistory } from '../repository.ts';
import type { Place } from '../repository.ts';
import { readPin } from '../trust/pin.ts';
import type { Pin } from '../trust/pin.ts';

/** A commit; or any tree, such as the one that a merge would make. */
interface Commit {
  commit: string;
}

/** What is compared with something: a commit, or nothing at all, before the first one. */
export type From = Commit | 'nothing';

/** What is compared with it: a commit, what is staged, or the working tree. */
export type To = Commit | 'index' | 'worktree';

/** One side of a comparison, opened for reading. Its settings may be unreadable: that is a finding, not the end. */
export interface Side<P extends From | To = From | To> {
  point: P;
  view: RepositoryView;
  /** Undefined where it is no secrets repository, or its settings cannot be read. */
  settings: Settings | undefined;
  /** From the pinned root on; empty where no chain of this side follows from it. */
  roots: AcceptedRoot[];
  /** Why settings or roots are missing; undefined also where there is no secrets repository yet. */
  fault: EdgesealError | undefined;
}

/** Two sides, and what both are judged by. */
export interface Sides {
  before: Side<From>;
  after: Side<To>;
  /**
   * Settings of `after` (of `before`, where those cannot be read) with the newest root that either side reaches from the
   * pinned one: an old branch must not bring back the rights that a newer root has taken.
   */
  judge: RepositoryState;
  close(): void;
}

/**
 * Opens two points of a repository. Nothing of either counts for trust that does not follow from the root which this
 * clone has accepted.
 *
 * @throws EdgesealError `trust-pin` where none is accepted (a person at a terminal is asked once); the fault of `after`
 * where neither side can be judged
 */
export async function openSides(io: Io, place: Place, before: From, after: To): Promise<Sides> {
  const views = await Promise.all([viewOf(io, place, before), viewOf(io, place, after)]);
  const close = (): void => {
    for (const view of views) view.close();
  };
  try {
    const old = await settingsOf(before, views[0]);
    const now = await settingsOf(after, views[1]);
    const sides = [old, now];
    const settings = now.settings ?? old.settings;
    if (settings === undefined) throw now.fault ?? old.fault ?? noRepository(now);
    const pin = await pinFor(io, place, settings);
    for (const side of sides) await followRoots(side, pin);
    const root = sides.flatMap(({ roots }) => roots).sort((a, b) => b.number - a.number)[0];
    if (root === undefined) throw now.fault ?? old.fault ?? noRepository(now);
    const roots = now.roots.at(-1)?.number === root.number ? now.roots : old.roots;
    // Files are always those of `after`: what is judged is what would be there.
    return { before: old, after: now, judge: { ...settings, view: now.view, roots, root }, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function viewOf(
  io: Io,
  { top, root, prefix }: Place,
  point: From | To,
): Promise<RepositoryView & { close(): void }> {
  const close = (): void => undefined;
  if (point === 'index') return await indexView(io, top, prefix);
  if (point === 'worktree') return { ...worktreeView(root), close };
  if (point !== 'nothing') return await commitView(io, top, point.commit, prefix);
  return {
    name: 'nothing',
    read: () => Promise.resolve(undefined),
    list: () => Promise.resolve([]),
    close,
  };
}

async function settingsOf<P extends From | To>(point: P, view: RepositoryView): Promise<Side<P>> {
  const side: Side<P> = { point, view, settings: undefined, roots: [], fault: undefined };
  try {
    side.settings = await loadSettings(view);
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    if (error.code !== 'git-repository') side.fault = error;
  }
  return side;
}

async function followRoots(side: Side, pin: Pin): Promise<void> {
  if (side.settings === undefined && side.fault === undefined) return;
  try {
    const roots = await loadRootChain(side.view, pin.accepted);
    requireSameHistory({ view: side.view, roots }, pin);
    side.roots = roots;
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    // Before the accepted root, or before any: what was then is not judged by it.
    if (error.code !== 'trust-pin') side.fault ??= error;
  }
}

/** The accepted root; {@link openView} asks for it. */
async function pinFor(io: Io, place: Place, { view, repository }: Settings): Promise<Pin> {
  const { id } = repository.spec;
  const known = await readPin(io, place.top, id);
  if (known !== undefined) return known;
  await openView(io, place, view);
  const accepted = await readPin(io, place.top, id);
  if (accepted !== undefined) return accepted;
  throw new EdgesealError('internal', 'a root was accepted and is not remembered');
}

function noRepository({ view }: Side): EdgesealError {
  return new EdgesealError(
    'git-repository',
    `${view.name} holds no secrets repository whose trust root follows from the accepted one`,
    {
      hint: 'compare branches of one repository; to see which root is accepted: edgeseal trust show',
    },
  );
}
