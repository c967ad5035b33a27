import { BlobReader } from '../git/blobs.ts';
import { decodePath } from '../git/path-name.ts';
import { gitAnswer, gitOutput } from '../git/process.ts';
import type { HookIo } from '../git/process.ts';
import type { Judge } from '../judge.ts';
import type { Update } from '../pushed.ts';
import { fieldsOf } from '../staged.ts';
import { changesIn, isOfRepository } from './paths.ts';
import { Tree } from './tree.ts';

/** A push, and how its sealed files are judged. */
export interface SealedPush {
  updates: readonly Update[];
  /** Paths that its new commits bring. */
  paths: ReadonlySet<string>;
  judge: Judge;
  /** Whose trust root is followed. */
  pinned: 'clone' | 'server';
  /** Branches on which a sealed file that nobody has signed is refused. */
  signed: readonly string[];
}

/**
 * Judges sealed files and settings as each pushed branch has them in the end: what is published is a state of a branch, and
 * a fault that a later commit has mended is none. Against history, and against what the branch was before, which a forced
 * push would leave behind.
 */
export async function judgePush(io: HookIo, push: SealedPush): Promise<void> {
  const blobs = new BlobReader(io);
  try {
    const head = push.pinned === 'server' ? await headOf(io, blobs) : undefined;
    for (const update of push.updates) {
      if (!update.ref.startsWith('refs/heads/')) continue;
      const before = await isKnown(io, update.before);
      const paths = new Set(push.paths);
      if (before !== undefined)
        for (const path of await changedPaths(io, before, update.after)) paths.add(path);
      if ([...paths].some(isOfRepository))
        await judgeTip(io, blobs, push, { ...update, before }, head, paths);
    }
  } finally {
    blobs.close();
  }
}

async function judgeTip(
  io: HookIo,
  blobs: BlobReader,
  { judge, pinned, signed }: SealedPush,
  { ref, before, after }: Update,
  head: Tree | undefined,
  paths: ReadonlySet<string>,
): Promise<void> {
  const tree = await Tree.ofCommit(io, blobs, after);
  const here = [...paths].filter((path) => tree.files.has(path));
  const changes = changesIn(tree.repositories, here);
  if (changes.size === 0) return;
  const [{ judgeChange }, { pinOfClone, pinOfServer }, { sayFindings }] = await Promise.all([
    import('./integrity.ts'),
    import('./pinned.ts'),
    import('./say.ts'),
  ]);
  const needsSignature = signed.includes(ref.slice('refs/heads/'.length));
  for (const [prefix, changed] of changes) {
    const view = tree.view(prefix);
    const root =
      pinned === 'clone' ? await pinOfClone(io, view) : await pinOfServer(io, view, head, prefix);
    const commits = before === undefined ? [after] : [after, before];
    const change = { tree, prefix, changed, pinned: root ?? '', commits, needsSignature };
    sayFindings(io, await judgeChange(io, change), prefix, judge, () => ({
      isNew: false,
      commit: after,
    }));
  }
}

/** What the server's own main branch is before the push. */
async function headOf(io: HookIo, blobs: BlobReader): Promise<Tree | undefined> {
  const commit = await gitAnswer(io, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  return commit === undefined ? undefined : await Tree.ofCommit(io, blobs, commit);
}

async function isKnown(io: HookIo, commit: string | undefined): Promise<string | undefined> {
  if (commit === undefined) return undefined;
  return await gitAnswer(io, ['rev-parse', '--verify', '--quiet', `${commit}^{commit}`]);
}

async function changedPaths(io: HookIo, before: string, after: string): Promise<Set<string>> {
  const options = ['-r', '-z', '--no-renames', '--name-only', '--diff-filter=d'];
  return new Set(
    fieldsOf(await gitOutput(io, ['diff-tree', ...options, before, after])).map(decodePath),
  );
}
