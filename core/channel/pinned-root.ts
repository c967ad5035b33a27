import { EdgesealError } from '../errors.ts';
import { channelPaths } from '../format/snapshot.ts';
import { maxRootBytes } from '../format/trust-root.ts';
import { acceptPinnedRoot, followChain, rootHash } from '../trust/root-chain.ts';
import type { AcceptedRoot, RootFile } from '../trust/root-chain.ts';
import type { ChannelReader } from './snapshot-check.ts';

const maxSignatureBytes = 64 * 1024;

/** A root and the bytes that it was parsed from, which the store keeps. */
export interface HeldRoot {
  root: AcceptedRoot;
  bytes: Uint8Array;
}

/**
 * Finds the pinned root on a channel, by its hash and nothing else, and follows the chain to the root that
 * was accepted before, if there was one.
 *
 * @param accepted the root that was held until its file was damaged in the store
 * @throws EdgesealError `trust-pin` where the channel does not carry it, `trust-root`, `trust-signature`
 */
export async function findRoot(
  read: ChannelReader,
  pinned: string,
  accepted: { number: number; sha256: string } | undefined,
): Promise<HeldRoot> {
  for (let n = 1; ; n += 1) {
    const file = await rootFile(read, n);
    if (file === undefined) {
      throw new EdgesealError('trust-pin', `the channel does not carry the pinned root ${pinned}`, {
        field: 'spec.root',
        hint: 'compare spec.root with what `edgeseal trust show` says in the repository',
      });
    }
    if (rootHash(file.bytes) !== pinned) continue;
    const root = acceptPinnedRoot(file, pinned);
    if (accepted === undefined || accepted.number <= root.number)
      return { root, bytes: file.bytes };
    return followTo(read, root, accepted);
  }
}

/**
 * Finds the pinned root and follows the chain from it as far as it goes, where no snapshot says how far that is.
 *
 * @throws EdgesealError as {@link findRoot}
 */
export async function newestRoot(read: ChannelReader, pinned: string): Promise<AcceptedRoot> {
  const { root } = await findRoot(read, pinned, undefined);
  return (await followChain(root, (n) => rootFile(read, n))).at(-1) ?? root;
}

async function followTo(
  read: ChannelReader,
  pinned: AcceptedRoot,
  accepted: { number: number; sha256: string },
): Promise<HeldRoot> {
  let bytes: Uint8Array = new Uint8Array();
  const source = async (n: number): Promise<RootFile | undefined> => {
    const file = await rootFile(read, n);
    bytes = file?.bytes ?? bytes;
    return file;
  };
  const root = (await followChain(pinned, source, accepted.number)).at(-1);
  if (root?.sha256 === accepted.sha256) return { root, bytes };
  throw new EdgesealError(
    'trust-root',
    `the channel does not lead to trust root ${accepted.number}, which was accepted before`,
  );
}

async function rootFile(read: ChannelReader, n: number): Promise<RootFile | undefined> {
  const file = channelPaths.root(n);
  const bytes = await read(file);
  const signatures = await read(channelPaths.rootSignature(n));
  if (bytes === undefined || signatures === undefined) return undefined;
  if (bytes.length > maxRootBytes || signatures.length > maxSignatureBytes)
    throw new EdgesealError('input-too-large', 'a trust root is too long', { file });
  return { bytes, signatures: Buffer.from(signatures).toString('latin1'), file };
}
