import { EdgesealError } from '../errors.ts';
import { isElided, parseEdgeSecret, regionsOf } from '../format/edge-secret.ts';
import type { EdgeSecret } from '../format/edge-secret.ts';
import type { IndexEntry } from '../format/snapshot.ts';
import { statementDigest } from '../secret/statement.ts';
import type { AcceptedRoot } from '../trust/root-chain.ts';
import { compareMarks, judgeAgainstMark, markOf } from './mark.ts';
import { requireFloor } from './secret-check.ts';
import type { VerifiedSnapshot } from './snapshot-check.ts';

/**
 * Requires a secret of main to be one that a cluster which has the published one would accept: a version not
 * below it, and at the same version the same statement.
 *
 * @param published the entry that the last snapshot lists
 * @param publishedBytes the listed file; only looked at where the versions are equal
 * @throws EdgesealError `trust-floor`
 */
export function requirePublishable(
  secret: EdgeSecret,
  repository: string,
  published: IndexEntry,
  publishedBytes: Uint8Array | undefined,
  file: string,
): void {
  const { version } = published;
  if (secret.spec.version !== version || publishedBytes === undefined) {
    requireFloor(secret, '', { version }, file);
    return;
  }
  const statement = statementDigest(repository, parseEdgeSecret(publishedBytes, file));
  requireFloor(secret, statementDigest(repository, secret), { version, statement }, file);
}

/** Ids of the region's active keys that some envelope for it has no wrap for: clusters with that key fail. */
export function missingWraps(
  secret: EdgeSecret,
  region: string,
  activeKeyIds: readonly string[],
): string[] {
  const missing = new Set<string>();
  for (const envelope of secret.spec.envelopes) {
    if (isElided(envelope) || !regionsOf(envelope).includes(region)) continue;
    for (const id of activeKeyIds) {
      const wrapped = envelope.recipients.some(
        (r) => r.region === region && r.key === id && r.wrapped !== undefined,
      );
      if (!wrapped) missing.add(id);
    }
  }
  return [...missing];
}

/**
 * Requires that publishing on top of a channel makes no second history: its snapshot names a root that main
 * has, and it is not behind what this clone knows to have been published.
 *
 * @param roots main's roots, from the first to the one in force
 * @param known the newest snapshot of this channel that this clone has seen, where it remembers one
 * @throws EdgesealError `trust-root`, `trust-rollback` or `trust-equivocation`
 */
export function requireContinuation(
  published: VerifiedSnapshot,
  roots: readonly AcceptedRoot[],
  known: VerifiedSnapshot | undefined,
): void {
  const { root, region, sequence } = published.snapshot;
  if (!roots.some((r) => r.number === root.number && r.sha256 === root.sha256)) {
    throw new EdgesealError(
      'trust-root',
      `the last snapshot of ${region} names trust root ${root.number}, which main does not have`,
      { hint: 'bring main up to date with that root: clusters that follow it accept no older one' },
    );
  }
  if (known === undefined) return;
  const mark = markOf(known.snapshot, known.sha256);
  if (compareMarks(markOf(published.snapshot, published.sha256), mark) < 0) {
    throw new EdgesealError(
      'trust-rollback',
      `the channel of ${region} is at snapshot ${sequence}, snapshot ${mark.sequence} was seen there already`,
    );
  }
  judgeAgainstMark(published.snapshot, published.sha256, mark);
}
