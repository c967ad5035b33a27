import { gitAnswer } from '../git/process.ts';
import type { HookIo } from '../git/process.ts';
import type { Judge } from '../judge.ts';
import type { StagedFile, Staging } from '../staged.ts';
import { judgeChange } from './integrity.ts';
import { changesIn } from './paths.ts';
import { pinOfClone } from './pinned.ts';
import { sayFindings } from './say.ts';
import { saySiblings } from './siblings.ts';
import { Tree } from './tree.ts';

/** Judges the files of secrets repositories that are staged: against the index, HEAD, and the sides of a merge. */
export async function judgeStaged(
  io: HookIo,
  staging: Staging,
  files: readonly StagedFile[],
  judge: Judge,
): Promise<void> {
  const tree = await Tree.ofIndex(io, staging.blobs);
  const known = new Map(files.map((file) => [file.path, file]));
  const changes = changesIn(tree.repositories, known.keys());
  if (changes.size === 0) return;
  const head = await gitAnswer(io, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  const heads = [...(head === undefined ? [] : [head]), ...(await staging.mergedCommits())];
  for (const [prefix, changed] of changes) {
    const view = tree.view(prefix);
    const pinned = (await pinOfClone(io, view)) ?? '';
    const base = { tree, prefix, changed, pinned, commits: heads, heads, needsSignature: false };
    // A file that was refused as plaintext already is no sealed one.
    const plain = new Set(judge.refused.map(({ path }) => path));
    const findings = (await judgeChange(io, base)).filter(
      ({ file }) => file === undefined || !plain.has(prefix + file),
    );
    sayFindings(io, findings, prefix, judge, (path) => ({
      isNew: known.get(path)?.isNew ?? false,
    }));
    await saySiblings(io, prefix, changed, plain);
  }
}
