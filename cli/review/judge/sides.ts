import { EdgesealError, isEdgesealError } from '../../../core/errors.ts';
import { repositoryFile } from '../../../core/format/repository.ts';
import { loadRepository } from '../../../core/repository/repository-state.ts';
import type { RepositoryState } from '../../../core/repository/repository-state.ts';
import type { RepositoryView } from '../../../core/repository/view.ts';
import type { Sides } from '../../diff/side.ts';
import { commitView } from '../../git/commit-view.ts';
import { openView } from '../../repository.ts';
import type { Place } from '../../repository.ts';
import type { Io } from '../../terminal/io.ts';
import type { Change } from '../change.ts';

/** What `main` is, and what it would be. */
export interface MergeSides extends Sides {
  /** Main as it is. */
  base: RepositoryState;
  /** Whether what main would be stands on settings and roots of its own. */
  holds: boolean;
}

/**
 * Opens what is and what would be. Trust starts at main's root in force, never at the change's own, nor at an older one that
 * this clone has accepted: what the change brings counts as far as main's root keys of today have signed it.
 *
 * Where its settings or roots do not hold, or there is a conflict, it is judged by main's.
 *
 * @throws EdgesealError where main itself does not hold
 */
export async function openMergeSides(
  io: Io,
  place: Place,
  change: Pick<Change, 'base' | 'from' | 'merged' | 'conflicts'>,
): Promise<MergeSides> {
  const open = async (commit: string): ReturnType<typeof commitView> =>
    await commitView(io, place.top, commit, place.prefix);
  const views = [
    await open(change.base),
    await open(change.from),
    await open(change.merged),
  ] as const;
  const [main, from, merged] = views;
  const close = (): void => {
    for (const view of views) view.close();
  };
  try {
    const base = await openView(io, place, main);
    const own = change.conflicts.length > 0 ? undefined : await loadNext(merged, base);
    const isOwn = own !== undefined && !isEdgesealError(own);
    const judge = isOwn
      ? own
      : await loadRepository(withSettingsOf(main, merged), base.root.sha256);
    const before: Sides['before'] = {
      point: { commit: change.from },
      view: from,
      settings: base,
      roots: base.roots,
      fault: undefined,
    };
    const after: Sides['after'] = {
      point: { commit: change.merged },
      view: merged,
      settings: isOwn ? own : undefined,
      roots: judge.roots,
      fault: isEdgesealError(own) ? own : undefined,
    };
    return { base, before, after, judge: { ...judge, view: merged }, holds: isOwn, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function loadNext(
  view: RepositoryView,
  { root }: RepositoryState,
): Promise<RepositoryState | EdgesealError> {
  try {
    return await loadRepository(view, root.sha256);
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    if (error.code === 'git-repository')
      return new EdgesealError(
        'git-repository',
        'it is taken away, and without it nothing of this is a secrets repository any more',
        { file: repositoryFile, hint: `git checkout origin/main -- ${repositoryFile}` },
      );
    if (error.code !== 'trust-pin') return error;
    return new EdgesealError(
      'trust-root',
      `trust root ${root.number}, which is in force, is changed or taken away: a root is only ever followed by the next`,
      { file: `trust/${root.number}.yaml`, hint: 'git checkout origin/main -- trust' },
    );
  }
}

/** The sealed secrets of one view by the settings of another. */
function withSettingsOf(settings: RepositoryView, secrets: RepositoryView): RepositoryView {
  const of = (path: string): RepositoryView =>
    path === 'secrets' || path.startsWith('secrets/') ? secrets : settings;
  return {
    name: secrets.name,
    read: (path) => of(path).read(path),
    list: (folder) => of(folder).list(folder),
  };
}
