import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { readRepository } from '../../core/repository/repository-state.ts';
import { worktreeView } from '../../core/repository/view.ts';
import { exitCodes } from '../exit-code.ts';
import { CatFile, commitView } from '../git/commit-view.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';
import { openBase } from '../publish/base.ts';
import { writeBundle } from '../publish/bundle.ts';
import { allRoots, requireWhole } from '../publish/channel.ts';
import { publishedRegions } from '../publish/round.ts';
import { stage } from '../publish/stage.ts';
import {
  channelRemote,
  fetchRemote,
  mainRemote,
  printable,
  rememberedChannels,
} from '../publish/transport/remote.ts';
import { findRepository, openView } from '../repository.ts';

interface Options {
  file?: string;
}

/** Writes what a region's remote holds as a Git bundle, to be carried by hand. */
export async function run(io: Io, [region = '']: string[], options: Options): Promise<number> {
  const place = await findRepository(io);
  const { remote, branch } = mainRemote(await readRepository(worktreeView(place.root)));
  const what = `fetching from ${printable(remote)}`;
  const { main, channels } = await stage(io, what, fetchRemote(io, place, remote, branch));
  if (main === undefined)
    throw new EdgesealError('git-repository', `${printable(remote)} has no branch ${branch}`);
  const view = await commitView(io, place.top, main, place.prefix);
  const cat = new CatFile(io, place.top);
  try {
    const state = await openView(io, place, view);
    publishedRegions(state, [region]);
    const from = channelRemote(state.repository, region);
    const there =
      from === remote
        ? Promise.resolve(channels)
        : fetchRemote(io, place, from).then((fetched) => fetched.channels);
    const roots = await allRoots(state);
    const remembered = await rememberedChannels(io, place);
    const by = { io, place, cat, roots, remembered, resumeFrom: undefined };
    const { channel, error } = await openBase(by, region, from, there);
    if (error !== undefined) throw error;
    if (channel === undefined) {
      throw new EdgesealError('git-repository', `${printable(from)} has no channel of ${region}`, {
        hint: `publish it first: edgeseal publish ${region}`,
      });
    }
    const count = await stage(io, 'verifying', requireWhole(channel));
    const file = resolve(io.cwd, options.file ?? `${region}.bundle`);
    const size = await stage(io, 'writing', writeBundle(io, place, channel, file));
    const output = new Output(io);
    const { sequence } = channel.verified.snapshot;
    const secrets = count === 1 ? '1 secret' : `${count} secrets`;
    output.line(`${file}: snapshot ${sequence} of ${region}, ${secrets}, ${sizeOf(size)}`);
    if (!file.endsWith('.bundle'))
      output.warn('a controller knows a bundle by its name', `mv ${file} ${file}.bundle`);
    return exitCodes.ok;
  } finally {
    view.close();
    cat.close();
  }
}

function sizeOf(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.ceil(bytes / 1024)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
