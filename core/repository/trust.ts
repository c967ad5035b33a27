import { EdgesealError } from '../errors.ts';
import { conflictLine } from '../format/conflict.ts';
import { rootPath, rootSignaturePath } from '../format/trust-root.ts';
import { acceptPinnedRoot, followChain, rootHash } from '../trust/root-chain.ts';
import type { AcceptedRoot, RootFile } from '../trust/root-chain.ts';
import type { RepositoryView } from './view.ts';

/** Reads root `n` of a repository. */
export async function readRootFile(view: RepositoryView, n: number): Promise<RootFile | undefined> {
  const file = rootPath(n);
  const bytes = await view.read(file);
  if (bytes === undefined) return undefined;
  const signatures = await view.read(rootSignaturePath(n));
  if (signatures === undefined) {
    throw new EdgesealError(
      'trust-root',
      `${rootSignaturePath(n)} is missing: root ${n} is not signed`,
      { file },
    );
  }
  for (const [path, content] of [
    [file, bytes],
    [rootSignaturePath(n), signatures],
  ] as const)
    if (conflictLine(Buffer.from(content).toString('latin1')) !== undefined)
      throw conflict(n, path);
  return { bytes, signatures: Buffer.from(signatures).toString('latin1'), file };
}

/** Two people made the same step on two branches. */
function conflict(n: number, file: string): EdgesealError {
  const both = `${rootPath(n)} ${rootSignaturePath(n)}`;
  return file === rootPath(n)
    ? new EdgesealError(
        'trust-root',
        `two trust roots ${n} were made on two branches, and only one can stand`,
        {
          file,
          hint: `keep the one that main has, as it may be published: git checkout origin/main -- ${both}; then make the other change again on top of it`,
        },
      )
    : new EdgesealError('trust-root', `the signatures of root ${n} have a merge conflict`, {
        file,
        hint: `each side is whole, so take either: git checkout --ours -- ${file} && git add ${file}`,
      });
}

/**
 * Finds the pinned root among those of a repository and follows the chain from it to the newest.
 *
 * @param pinned SHA-256 (hex) of the root that this clone, or this CI, has accepted
 * @returns the pinned root and those after it; the last one is in force
 * @throws EdgesealError `trust-pin` where no root of the repository is the pinned one, or a chain error
 */
export async function loadRootChain(view: RepositoryView, pinned: string): Promise<AcceptedRoot[]> {
  for (let n = 1; ; n++) {
    const file = await readRootFile(view, n);
    if (file === undefined) break;
    if (rootHash(file.bytes) !== pinned) continue;
    const held = acceptPinnedRoot(file, pinned);
    return [held, ...(await followChain(held, (next) => readRootFile(view, next)))];
  }
  throw new EdgesealError(
    'trust-pin',
    `${view.name} has no trust root with the accepted fingerprint ${pinned}`,
    {
      file: 'trust/',
      hint: 'somebody replaced the roots, or this is another repository: ask whoever set it up, and do not accept it unseen',
    },
  );
}
