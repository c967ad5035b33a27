import { createHash } from 'node:crypto';
import { EdgesealError } from '../errors.ts';
import {
  channelPaths,
  maxHeartbeatBytes,
  maxIndexBytes,
  maxSnapshotBytes,
  parseHeartbeat,
  parseIndex,
  parseSnapshot,
} from '../format/snapshot.ts';
import type { Heartbeat, Index, Snapshot } from '../format/snapshot.ts';
import { maxRootBytes } from '../format/trust-root.ts';
import { countSigners, requireThreshold, signatureNamespaces } from '../trust/signed-by.ts';
import { followChain } from '../trust/root-chain.ts';
import type { AcceptedRoot, RootFile } from '../trust/root-chain.ts';

/** Gives a file of a channel by its path; undefined where it is not there. Nothing it gives is trusted. */
export type ChannelReader = (
  path: string,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** A snapshot whose signatures, root and place are right. Its indexes are not read yet. */
export interface VerifiedSnapshot {
  snapshot: Snapshot;
  bytes: Uint8Array;
  /** SHA-256 of `bytes`. */
  sha256: string;
  /** The root that it names: held, or reached from the held one. */
  root: AcceptedRoot;
  /** Roots after the held one, up to `root`, with their files: to be kept once the snapshot is accepted. */
  newRoots: { accepted: AcceptedRoot; file: RootFile }[];
}

const maxSignatureBytes = 64 * 1024;

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Verifies a channel's snapshot: signed by the publishers of exactly the root that it names, that root held
 * or reached from the held one through signed steps, repository and region as expected. Bytes are parsed
 * only after their signatures were verified.
 *
 * @throws EdgesealError `trust-snapshot`, `trust-signature`, `trust-root`, `trust-rollback` or a format error
 */
export async function verifySnapshot(
  read: ChannelReader,
  held: AcceptedRoot,
  expected: { repository: string; region: string },
): Promise<VerifiedSnapshot> {
  const bytes = await required(read, channelPaths.snapshot, maxSnapshotBytes);
  const signatures = text(await required(read, channelPaths.snapshotSignature, maxSignatureBytes));
  const steps: { accepted: AcceptedRoot; file: RootFile }[] = [];
  const files = new Map<number, RootFile>();
  const chain = await followChain(held, async (n) => {
    const file = await readRoot(read, n);
    if (file !== undefined) files.set(n, file);
    return file;
  });
  for (const accepted of chain) {
    const file = files.get(accepted.number);
    if (file !== undefined) steps.push({ accepted, file });
  }
  const candidates = [held, ...chain];
  const signer = candidates.findLast((root) => isSignedBy(root, signatures, bytes));
  if (signer === undefined) {
    throw new EdgesealError(
      'trust-signature',
      `the snapshot is not signed by the publishers of trust root ${held.number}${chain.length > 0 ? ` or of one that follows it` : ''}`,
      {
        file: channelPaths.snapshot,
      },
    );
  }
  const snapshot = parseSnapshot(bytes);
  const root = requireNamedRoot(snapshot, candidates, held);
  requireThreshold(
    root.spec.publishers,
    signatures,
    bytes,
    signatureNamespaces.snapshot,
    'the snapshot',
  );
  if (snapshot.repository !== expected.repository || snapshot.repository !== root.spec.repository) {
    throw new EdgesealError(
      'trust-snapshot',
      `the snapshot belongs to repository ${snapshot.repository}, not to ${expected.repository}`,
    );
  }
  if (snapshot.region !== expected.region) {
    throw new EdgesealError(
      'trust-snapshot',
      `the snapshot is the one of region ${snapshot.region}, not of ${expected.region}`,
    );
  }
  const newRoots = steps.filter((step) => step.accepted.number <= root.number);
  return { snapshot, bytes, sha256: sha256Of(bytes), root, newRoots };
}

/** Reads and checks the index of every listed namespace. */
export async function readIndexes(
  read: ChannelReader,
  snapshot: Snapshot,
): Promise<Map<string, Index>> {
  const indexes = new Map<string, Index>();
  for (const { namespace, sha256, size } of snapshot.indexes) {
    const path = channelPaths.index(namespace);
    const bytes = await required(read, path, maxIndexBytes);
    requireListed(bytes, { sha256, size }, path);
    indexes.set(namespace, parseIndex(bytes, namespace));
  }
  return indexes;
}

/**
 * Requires a file to be the listed one, to the byte.
 *
 * @throws EdgesealError `trust-snapshot`, naming the file: a mirror that changes, swaps or cuts one is named
 */
export function requireListed(
  bytes: Uint8Array | undefined,
  listed: { sha256: string; size: number },
  path: string,
): asserts bytes is Uint8Array {
  if (bytes === undefined) {
    throw new EdgesealError(
      'trust-snapshot',
      `${path} is listed by the snapshot, but is not there`,
      { file: path },
    );
  }
  if (bytes.length !== listed.size || sha256Of(bytes) !== listed.sha256) {
    throw new EdgesealError(
      'trust-snapshot',
      `${path} is not what the snapshot lists: its bytes were changed on the way`,
      { file: path },
    );
  }
}

/**
 * Reads the heartbeat, where the root configures one and the channel carries one that fits.
 *
 * @returns undefined where there is none; an older snapshot's heartbeat is the caller's to judge
 * @throws EdgesealError `input-too-large`, `trust-signature` or a format error where there is one that is wrong
 */
export async function readHeartbeat(
  read: ChannelReader,
  root: AcceptedRoot,
  expected: { repository: string; region: string },
): Promise<Heartbeat | undefined> {
  const { heartbeat } = root.spec;
  if (heartbeat === undefined) return undefined;
  const bytes = await read(channelPaths.alive);
  const signatures = await read(channelPaths.aliveSignature);
  if (bytes === undefined || signatures === undefined) return undefined;
  requireSize(bytes, maxHeartbeatBytes, channelPaths.alive);
  requireSize(signatures, maxSignatureBytes, channelPaths.aliveSignature);
  const signers = { keys: [heartbeat.key], threshold: 1 };
  requireThreshold(signers, text(signatures), bytes, signatureNamespaces.alive, 'the heartbeat');
  const alive = parseHeartbeat(bytes);
  if (alive.repository !== expected.repository || alive.region !== expected.region) {
    throw new EdgesealError('trust-snapshot', 'the heartbeat belongs to another channel', {
      file: channelPaths.alive,
    });
  }
  return alive;
}

function isSignedBy(root: AcceptedRoot, signatures: string, bytes: Uint8Array): boolean {
  const { publishers } = root.spec;
  try {
    return (
      countSigners(publishers, signatures, bytes, signatureNamespaces.snapshot) >=
      publishers.threshold
    );
  } catch (error) {
    // Of many signature files, which one.
    throw error instanceof EdgesealError
      ? error.at({ file: channelPaths.snapshotSignature })
      : error;
  }
}

function requireNamedRoot(
  snapshot: Snapshot,
  candidates: AcceptedRoot[],
  held: AcceptedRoot,
): AcceptedRoot {
  const { number, sha256 } = snapshot.root;
  const root = candidates.find((candidate) => candidate.number === number);
  if (root !== undefined && root.sha256 === sha256) return root;
  if (number < held.number) {
    throw new EdgesealError(
      'trust-rollback',
      `the snapshot names trust root ${number}, root ${held.number} is held already`,
    );
  }
  throw new EdgesealError(
    'trust-root',
    `the snapshot names a trust root ${number} that cannot be reached from root ${held.number}`,
    {
      file: channelPaths.snapshot,
    },
  );
}

async function readRoot(read: ChannelReader, n: number): Promise<RootFile | undefined> {
  const file = channelPaths.root(n);
  const bytes = await read(file);
  const signatures = await read(channelPaths.rootSignature(n));
  if (bytes === undefined || signatures === undefined) return undefined;
  requireSize(bytes, maxRootBytes, file);
  requireSize(signatures, maxSignatureBytes, channelPaths.rootSignature(n));
  return { bytes, signatures: text(signatures), file };
}

async function required(read: ChannelReader, path: string, limit: number): Promise<Uint8Array> {
  const bytes = await read(path);
  if (bytes === undefined) {
    throw new EdgesealError(
      'trust-snapshot',
      `${path} is missing: this is not a channel, or half of one`,
      { file: path },
    );
  }
  requireSize(bytes, limit, path);
  return bytes;
}

/** Before anything is hashed, verified or parsed: what is too long is not worth the work. */
function requireSize(bytes: Uint8Array, limit: number, path: string): void {
  if (bytes.length > limit)
    throw new EdgesealError('input-too-large', `${path} is too long`, { file: path });
}

// Signatures are ASCII armour; anything else fails in its parser.
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
