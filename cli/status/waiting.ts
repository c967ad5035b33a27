import { compareMarks, markOf } from '../../core/channel/mark.ts';
import { sha256Of } from '../../core/channel/snapshot-check.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { signatureNamespaces, validSignatures } from '../../core/trust/signed-by.ts';
import { sshFingerprint } from '../../core/trust/ssh-key.ts';
import type { SshPublicKey } from '../../core/trust/ssh-key.ts';
import type { CatFile } from '../git/commit-view.ts';
import type { PublishedChannel } from '../publish/channel.ts';
import { readPending, snapshotIn } from '../publish/together/pending.ts';
import type { Place } from '../repository.ts';
import type { Io } from '../terminal/io.ts';
import { keyWords, lists, missingWords } from '../trust/key-words.ts';

/** A snapshot that some publishers have signed, and not enough yet. */
export interface WaitingSnapshot {
  sequence: number;
  /** Commit of main that it was rendered from. */
  source: string;
  signers: SshPublicKey[];
  /** The root that says who has to sign. */
  root: AcceptedRoot;
}

/**
 * What waits for other publishers of a region, as it was last fetched. Anybody may have put it there: it is shown where a
 * publisher of the root in force has signed it and it goes on from the channel as it stands, and never taken over. Whether it
 * is what main gives, `publish` finds out.
 *
 * @param commit what lies on the region's pending branch
 * @param channel the region's channel as it stands
 */
export async function waitingSnapshot(
  io: Io,
  place: Place,
  cat: CatFile,
  commit: string,
  region: string,
  channel: PublishedChannel | undefined,
  root: AcceptedRoot,
): Promise<WaitingSnapshot | undefined> {
  const { keys, threshold } = root.spec.publishers;
  const pending = await readPending(io, place, cat, commit);
  if (pending === undefined || threshold === 1) return undefined;
  const { snapshot: bytes, signatures } = pending;
  const signers = validSignatures(signatures, bytes, signatureNamespaces.snapshot)
    .map(({ key }) => key)
    .filter((key) => lists(keys, key));
  if (signers.length === 0) return undefined;
  const snapshot = snapshotIn(bytes);
  if (snapshot?.region !== region || snapshot.root.sha256 !== root.sha256) return undefined;
  const standing = channel?.verified;
  if (standing !== undefined) {
    const order = compareMarks(
      markOf(snapshot, sha256Of(bytes)),
      markOf(standing.snapshot, standing.sha256),
    );
    if (order <= 0) return undefined;
  }
  if (snapshot.previous !== (standing?.sha256 ?? null)) return undefined;
  const { sequence, source } = snapshot;
  return { sequence, source, signers, root };
}

/** Who has signed it, and who may. */
export function waitingWords({ sequence, signers, root: { spec } }: WaitingSnapshot): string {
  const by = signers.map((key) => keyWords(key, spec)).join(', ');
  const isEnough = signers.length >= spec.publishers.threshold;
  const lacks = isEnough ? 'no signature is missing' : missingWords(spec, signers);
  return `snapshot ${sequence} is signed by ${by} and not published: ${lacks}`;
}

/** The same for a script. */
export function waitingJson({ sequence, source, signers, root }: WaitingSnapshot): unknown {
  const { keys, threshold } = root.spec.publishers;
  return {
    sequence,
    source,
    signedBy: signers.map((key) => sshFingerprint(key.blob)),
    missing: Math.max(0, threshold - signers.length),
    publishers: keys.length,
  };
}
