import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rootPath, rootSignaturePath } from '../../core/format/trust-root.ts';
import {
  proposalFolder,
  proposedRootPath,
  proposedSignaturePath,
} from '../../core/repository/proposals.ts';
import type { Proposal } from '../../core/repository/proposals.ts';
import { acceptNextRoot } from '../../core/trust/root-chain.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { signatureText } from '../../core/trust/signed-by.ts';
import { missingFolders, removeFolders, writeFileAtomic } from '../files.ts';
import type { Place } from '../repository.ts';
import { lists } from './key-words.ts';

type Signed = Pick<Proposal, 'root' | 'bytes' | 'signers'>;

/**
 * Writes a root that has all its signatures to its place in the chain, checked as everybody else will check it; its
 * proposal goes.
 *
 * @returns what takes the files away again while nothing was committed
 * @throws EdgesealError `trust-signature`, or of writing; nothing is written then
 */
export async function writeRoot(
  { root: folder }: Place,
  held: AcceptedRoot,
  { root, bytes, signers }: Signed,
): Promise<() => Promise<void>> {
  const listed = signers.filter(({ key }) =>
    [held, root].some(({ spec }) => lists(spec.roots.keys, key)),
  );
  const signatures = signatureText(listed);
  acceptNextRoot(held, { bytes, signatures, file: rootPath(root.number) });
  // Signature first: a root without one would be an error, a signature without its root is nothing.
  const undo = await writeAll(folder, [
    [rootSignaturePath(root.number), signatures],
    [rootPath(root.number), bytes],
  ]);
  await removeProposal({ root: folder }, { root });
  return undo;
}

/** Takes a proposal away. */
export async function removeProposal(
  { root: folder }: Pick<Place, 'root'>,
  { root }: Pick<Proposal, 'root'>,
): Promise<void> {
  await rm(join(folder, proposalFolder(root)), { recursive: true, force: true });
  await removeFolders([join(folder, 'trust/proposed')]);
}

/** Writes a root that still lacks signatures beside the chain. */
export async function writeProposal(
  { root: folder }: Place,
  { root, bytes, signers }: Signed,
): Promise<() => Promise<void>> {
  const at = proposalFolder(root);
  const signatures = signers.map((one): [string, string] => [
    proposedSignaturePath(at, one.key),
    signatureText([one]),
  ]);
  return await writeAll(folder, [...signatures, [proposedRootPath(at), bytes]]);
}

async function writeAll(
  folder: string,
  files: readonly (readonly [path: string, content: string | Uint8Array])[],
): Promise<() => Promise<void>> {
  const paths = files.map(([path]) => join(folder, path));
  const made = missingFolders(paths);
  const undo = async (): Promise<void> => {
    for (const file of paths.toReversed()) await rm(file, { force: true });
    await removeFolders(made);
  };
  try {
    for (const [path, content] of files) await writeFileAtomic(join(folder, path), content);
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
}
