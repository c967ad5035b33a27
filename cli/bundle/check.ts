import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRoot } from '../../core/channel/pinned-root.ts';
import { acceptSecret } from '../../core/channel/secret-check.ts';
import {
  readHeartbeat,
  readIndexes,
  requireListed,
  verifySnapshot,
} from '../../core/channel/snapshot-check.ts';
import type { ChannelReader, VerifiedSnapshot } from '../../core/channel/snapshot-check.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { secretPath } from '../../core/format/names.ts';
import { readBundleHeader } from '../../core/git/bundle.ts';
import { openTree } from '../../core/git/channel-tree.ts';
import { fetchChannel } from '../../core/git/fetch.ts';
import { RegularFile } from '../../core/git/file.ts';
import { withLimits } from '../../core/git/limits.ts';
import { printable } from '../../core/git/mirror.ts';

/** What a bundle was found to hold, every signature and every byte of it checked. */
export interface BundleContent {
  region: string;
  verified: VerifiedSnapshot;
  secrets: number;
  /** Those that a controller would refuse one by one. */
  refused: { name: string; message: string }[];
  /** When the publisher said that this snapshot is the newest. */
  issuedAt: string | undefined;
}

/** What is known before the bundle is opened. */
interface Expected {
  /** SHA-256 of the trust root. */
  pinned: string;
  repository: string | undefined;
  region: string | undefined;
}

const PREFIX = 'refs/heads/edgeseal/';

/**
 * Reads a bundle as a controller would that knows a trust root and nothing else.
 *
 * @throws EdgesealError `git-mirror`, `git-object` or `git-limit` for a file that is no whole bundle; those of findRoot,
 * verifySnapshot, readIndexes and requireListed
 */
export async function readBundle(file: string, expected: Expected): Promise<BundleContent> {
  const region = regionIn(file, expected.region);
  const folder = await mkdtemp(join(tmpdir(), 'edgeseal-bundle-'));
  try {
    const spec = { name: file, url: file };
    const gitdir = join(folder, 'cache.git');
    const fetched = await fetchChannel({ spec, ref: `${PREFIX}${region}`, gitdir });
    const tree = openTree(fetched.gitdir, fetched.oid, fetched.owned);
    try {
      return await readContent((path) => tree.readPath(path), region, expected);
    } finally {
      tree.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readContent(
  read: ChannelReader,
  region: string,
  expected: Expected,
): Promise<BundleContent> {
  const { root: held } = await findRoot(read, expected.pinned, undefined);
  const repository = expected.repository ?? held.spec.repository;
  const verified = await verifySnapshot(read, held, { repository, region });
  const { snapshot, root, sha256 } = verified;
  const refused: BundleContent['refused'] = [];
  let secrets = 0;
  for (const [namespace, index] of await readIndexes(read, snapshot)) {
    for (const entry of index) {
      const path = secretPath(namespace, entry.name);
      const bytes = await read(path);
      requireListed(bytes, entry, path);
      secrets += 1;
      try {
        acceptSecret(bytes, namespace, entry, root, undefined);
      } catch (error) {
        if (!isEdgesealError(error)) throw error;
        refused.push({ name: `${namespace}/${entry.name}`, message: error.message });
      }
    }
  }
  const alive = await readHeartbeat(read, root, { repository, region }).catch((error: unknown) => {
    // As for a controller: one that is wrong counts as none.
    if (isEdgesealError(error)) return undefined;
    throw error;
  });
  const issuedAt = alive?.snapshot === sha256 ? alive.issuedAt : undefined;
  return { region, verified, secrets, refused, issuedAt };
}

/** The region whose channel it carries. */
function regionIn(file: string, wanted: string | undefined): string {
  const opened = new RegularFile(file);
  let refs: string[];
  try {
    refs = [...readBundleHeader(opened, withLimits()).refs.keys()];
  } finally {
    opened.close();
  }
  const regions = refs.flatMap((ref) => (ref.startsWith(PREFIX) ? [ref.slice(PREFIX.length)] : []));
  const named = regions.map((name) => printable(name)).join(', ');
  if (wanted !== undefined && regions.includes(wanted)) return wanted;
  if (wanted !== undefined && regions.length > 0) {
    throw new EdgesealError('git-mirror', `it holds ${named}, and not ${wanted}`, {
      file,
      hint: `make the right one: edgeseal bundle ${wanted}`,
    });
  }
  const [only, second] = regions;
  if (only === undefined) {
    throw new EdgesealError('git-mirror', 'it holds no channel', {
      file,
      hint: 'make one: edgeseal bundle REGION',
    });
  }
  if (second === undefined) return only;
  throw new EdgesealError('input-usage', `it holds several regions: ${named}`, {
    file,
    hint: 'say --region',
  });
}
