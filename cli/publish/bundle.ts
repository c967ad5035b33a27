import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitText, runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import type { PublishedChannel } from './channel.ts';
import { channelRef } from './transport/remote.ts';

/** Name and time of the bundle's commit: the same channel makes the same bundle on any machine. */
const identity = {
  GIT_AUTHOR_NAME: 'edgeseal',
  GIT_AUTHOR_EMAIL: 'edgeseal@localhost',
  GIT_COMMITTER_NAME: 'edgeseal',
  GIT_COMMITTER_EMAIL: 'edgeseal@localhost',
};

/**
 * Writes a verified channel as a complete Git bundle with the channel's branch and HEAD, so that both a
 * controller and `git clone` take it.
 *
 * It holds one commit without a parent and the channel's newest tree: with its real commit the whole history
 * would have to go along (a bundle cannot be shallow), and what has to fit a USB stick would grow with every
 * publication. Nothing relies on commit ids: the snapshot in the tree is what is signed.
 *
 * @returns its size in bytes
 */
export async function writeBundle(
  io: Io,
  place: Place,
  channel: PublishedChannel,
  file: string,
): Promise<number> {
  const { region } = channel.verified.snapshot;
  const ref = channelRef(region);
  const cwd = place.top;
  const objects = await gitText(
    io,
    ['rev-parse', '--path-format=absolute', '--git-path', 'objects'],
    { cwd },
  );
  const [message, date] = await Promise.all([
    gitText(io, ['log', '-1', '--no-show-signature', '--format=%B', channel.commit], { cwd }),
    gitText(io, ['log', '-1', '--no-show-signature', '--format=%ct +0000', channel.commit], {
      cwd,
    }),
  ]);
  // A bundle names refs of the repository that makes it; one of its own leaves the person's branches alone.
  const own = await mkdtemp(join(tmpdir(), 'edgeseal-bundle-'));
  try {
    await runGit(io, ['init', '--quiet', '--bare', '--template=', own], { cwd });
    const env = {
      ...identity,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
      GIT_DIR: own,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
    };
    const tree = `${channel.commit}^{tree}`;
    const making = { cwd: own, env, input: message };
    const commit = await gitText(io, ['commit-tree', '--no-gpg-sign', '-F', '-', tree], making);
    await runGit(io, ['update-ref', ref, commit], { cwd: own, env });
    await runGit(io, ['symbolic-ref', 'HEAD', ref], { cwd: own, env });
    await runGit(io, ['bundle', 'create', '--quiet', file, 'HEAD', ref], { cwd: own, env });
  } finally {
    await rm(own, { recursive: true, force: true });
  }
  return (await stat(file)).size;
}
