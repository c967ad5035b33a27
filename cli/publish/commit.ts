import { randomBytes } from 'node:crypto';
import { EdgesealError } from '../../core/errors.ts';
import { gitAnswer, gitText, runGit } from '../git/git.ts';
import type { Io } from '../io.ts';
import type { Place } from '../repository.ts';

/** A commit to be made on a channel. */
export interface ChannelCommit {
  region: string;
  /** Commit that it goes on top of; absent for the first. */
  parent: string | undefined;
  message: string;
  /** True where `files` is the whole tree; else they are laid over the parent's. */
  whole: boolean;
  /** New content, or the id of a blob that the clone holds, by path. */
  files: Map<string, Uint8Array | { blob: string }>;
}

/**
 * Makes commits of all channels in one `git fast-import`, without a working tree or an index. Author and
 * committer are those of the person's git.
 *
 * @returns commit ids by region
 */
export async function makeCommits(
  io: Io,
  place: Place,
  commits: readonly ChannelCommit[],
): Promise<Map<string, string>> {
  if (commits.length === 0) return new Map();
  const cwd = place.top;
  const author = await identity(io, place, 'GIT_AUTHOR_IDENT');
  const committer = await identity(io, place, 'GIT_COMMITTER_IDENT');
  // Names of this run alone: two publishes may go on in one clone.
  const refs = `refs/edgeseal/new/${randomBytes(8).toString('hex')}`;
  const parts: Buffer[] = [];
  const text = (line: string): void => void parts.push(Buffer.from(line));
  for (const { region, parent, message, whole, files } of commits) {
    text(`commit ${refs}/${region}\nauthor ${author}\ncommitter ${committer}\n`);
    text(`data ${Buffer.byteLength(message)}\n${message}\n`);
    if (parent !== undefined) text(`from ${parent}\n`);
    if (whole) text('deleteall\n');
    for (const [path, content] of files) {
      if (content instanceof Uint8Array) {
        text(`M 100644 inline ${path}\ndata ${content.length}\n`);
        parts.push(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
        text('\n');
      } else {
        text(`M 100644 ${content.blob} ${path}\n`);
      }
    }
  }
  text('done\n');
  // Ciphertext does not compress by deltas: looking for them costs more than it saves.
  const importing = ['fast-import', '--quiet', '--done', '--depth=0', '--date-format=raw'];
  await runGit(io, importing, { cwd, input: Buffer.concat(parts) });
  const listing = await gitText(io, ['for-each-ref', '--format=%(objectname) %(refname)', refs], {
    cwd,
  });
  const made = new Map<string, string>();
  for (const line of listing.split('\n')) {
    const [oid = '', ref = ''] = line.split(' ');
    made.set(ref.slice(refs.length + 1), oid);
  }
  await signAsUsual(io, place, commits, made);
  await runGit(io, ['update-ref', '--stdin'], {
    cwd,
    input: commits.map(({ region }) => `delete ${refs}/${region}\n`).join(''),
  });
  return made;
}

/** Where the person's git signs commits, so are these; `commit-tree` does it only when told. */
async function signAsUsual(
  io: Io,
  place: Place,
  commits: readonly ChannelCommit[],
  made: Map<string, string>,
): Promise<void> {
  const cwd = place.top;
  if ((await gitAnswer(io, ['config', '--type=bool', 'commit.gpgSign'], { cwd })) !== 'true')
    return;
  for (const { region, parent, message } of commits) {
    const tree = `${made.get(region) ?? ''}^{tree}`;
    const onto = parent === undefined ? [] : ['-p', parent];
    const args = ['commit-tree', '-S', ...onto, '-F', '-', tree];
    made.set(region, await gitText(io, args, { cwd, input: message }));
  }
}

async function identity(io: Io, place: Place, which: string): Promise<string> {
  const line = await gitAnswer(io, ['var', which], { cwd: place.top });
  if (line !== undefined) return line;
  throw new EdgesealError('git-repository', 'git does not know who you are, and commits need it', {
    hint: 'git config user.name "Your Name" && git config user.email you@example.com',
  });
}
