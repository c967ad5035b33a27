import { EdgesealError } from '../../core/errors.ts';
import type { Repository } from '../../core/format/repository.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { CatFile, commitView } from '../git/commit-view.ts';
import type { Io } from '../terminal/io.ts';
import { openView } from '../repository.ts';
import type { Place } from '../repository.ts';
import { openBase } from './base.ts';
import type { Base, BaseInput } from './base.ts';
import { allRoots } from './channel.ts';
import { stage } from './stage.ts';
import {
  channelRemote,
  fetchRemote,
  mainRemote,
  printable,
  rememberedChannels,
} from './transport/remote.ts';

/** Where what is merged is to be looked for. */
export interface MergedInput {
  io: Io;
  place: Place;
  /** As the working tree has it: it says where main is. */
  local: Repository;
  resumeFrom?: string | undefined;
}

/** What is merged and published, as it was just fetched. */
export interface Merged {
  remote: string;
  branch: string;
  /** Commit of main. */
  main: string;
  state: RepositoryState;
  /** Opens a region's channel, from the remote that it lives on. A channel that does not hold is the base's error. */
  base: (region: string) => Promise<Base>;
}

/**
 * Fetches main and the channels beside it, and opens main for as long as `use` takes.
 *
 * @throws EdgesealError of fetchRemote and openView; `git-repository` where there is no main; what `use` throws
 */
export async function withMerged<T>(
  { io, place, local, resumeFrom }: MergedInput,
  use: (merged: Merged) => Promise<T>,
): Promise<T> {
  const { remote, branch } = mainRemote(local);
  const fetch = (from: string, ref?: string): ReturnType<typeof fetchRemote> =>
    stage(io, `fetching from ${printable(from)}`, fetchRemote(io, place, from, ref));
  const { main, channels } = await fetch(remote, branch);
  if (main === undefined)
    throw new EdgesealError('git-repository', `${printable(remote)} has no branch ${branch}`);
  const view = await commitView(io, place.top, main, place.prefix);
  const cat = new CatFile(io, place.top);
  try {
    const state = await openView(io, place, view);
    const fetched = new Map([[remote, Promise.resolve(channels)]]);
    let by: BaseInput | undefined;
    const base = async (region: string): Promise<Base> => {
      by ??= {
        ...{ io, place, cat, resumeFrom },
        roots: await allRoots(state),
        remembered: await rememberedChannels(io, place),
      };
      const from = channelRemote(state.repository, region);
      const there = fetched.get(from) ?? fetch(from).then((answer) => answer.channels);
      fetched.set(from, there);
      return await openBase(by, region, from, there);
    };
    return await use({ remote, branch, main, state, base });
  } finally {
    view.close();
    cat.close();
  }
}
