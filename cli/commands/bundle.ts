import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { readRepository } from '../../core/repository/repository-state.ts';
import { worktreeView } from '../../core/repository/view.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { writeBundle } from '../publish/bundle.ts';
import { requireWhole } from '../publish/channel.ts';
import { withMerged } from '../publish/merged.ts';
import { publishedRegions } from '../publish/round.ts';
import { stage } from '../publish/stage.ts';
import { printable } from '../publish/transport/remote.ts';
import { findRepository } from '../repository.ts';

interface Options {
  output?: string;
  file?: string;
}

/** Writes what a region's remote holds as a Git bundle, to be carried by hand. */
export async function run(io: Io, [region = '']: string[], options: Options): Promise<number> {
  const place = await findRepository(io);
  const local = await readRepository(worktreeView(place.root));
  return await withMerged({ io, place, local }, async ({ state, base }) => {
    publishedRegions(state, [region]);
    const { remote, channel, error } = await base(region);
    if (error !== undefined) throw error;
    if (channel === undefined) {
      throw new EdgesealError(
        'git-repository',
        `${printable(remote)} has no channel of ${region}`,
        { hint: `publish it first: edgeseal publish ${region}` },
      );
    }
    const count = await stage(io, 'verifying', requireWhole(channel));
    const file = resolve(io.cwd, options.output ?? options.file ?? `${region}.bundle`);
    await requireFolder(dirname(file));
    const size = await stage(io, 'writing', writeBundle(io, place, channel, file));
    const output = new Output(io);
    const { sequence } = channel.verified.snapshot;
    const secrets = count === 1 ? '1 secret' : `${count} secrets`;
    output.line(`${file}: snapshot ${sequence} of ${region}, ${secrets}, ${sizeOf(size)}`);
    if (!file.endsWith('.bundle'))
      output.warn('a controller knows a bundle by its name', `mv ${file} ${file}.bundle`);
    return exitCodes.ok;
  });
}

function sizeOf(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.ceil(bytes / 1024)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** @throws EdgesealError `store-io`, in plainer words than git's */
async function requireFolder(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new EdgesealError('store-io', 'the bundle cannot be written there', {
      file: folder,
      cause,
      hint: 'is the stick mounted? name a folder that is there: -o FOLDER/REGION.bundle',
    });
  }
}
