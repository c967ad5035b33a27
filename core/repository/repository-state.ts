import { parseRegionPublicKey } from '../crypto/region-key.ts';
import type { RegionPublicKey } from '../crypto/region-key.ts';
import { EdgesealError } from '../errors.ts';
import { parseDistributionPolicy } from '../format/distribution-policy.ts';
import type { DistributionPolicy } from '../format/distribution-policy.ts';
import { isRecovery, parseRegion, regionPath } from '../format/region.ts';
import type { Region } from '../format/region.ts';
import { parseRepository, policyFile, repositoryFile } from '../format/repository.ts';
import type { Repository } from '../format/repository.ts';
import type { AcceptedRoot } from '../trust/root-chain.ts';
import { loadRootChain } from './trust.ts';
import type { RepositoryView } from './view.ts';

/** A region's file with its keys parsed (not yet held against the root). */
export interface RegionEntry {
  name: string;
  file: string;
  region: Region;
  recovery: boolean;
  /** In the file's order, with the name that the policy uses for it. */
  keys: { name: string; key: RegionPublicKey }[];
}

/** What a repository says of itself, not yet held against a trust root. */
export interface Settings {
  view: RepositoryView;
  repository: Repository;
  regions: ReadonlyMap<string, RegionEntry>;
  /** Absent where there is no policy file. */
  policy: DistributionPolicy | undefined;
}

/** Everything but the secrets: what sealing, verifying and publishing go by. */
export interface RepositoryState extends Settings {
  /** From the pinned root to the one in force. */
  roots: AcceptedRoot[];
  /** The root in force. */
  root: AcceptedRoot;
}

/**
 * Loads a repository's settings and follows its roots from the pinned one.
 *
 * @throws EdgesealError `git-repository` where `edgeseal.yaml` is missing; format and trust errors with
 * file, line and field
 */
export async function loadRepository(
  view: RepositoryView,
  pinned: string,
): Promise<RepositoryState> {
  const repository = await readRepository(view);
  const roots = await loadRootChain(view, pinned);
  const root = roots.at(-1);
  if (root === undefined) throw new EdgesealError('internal', 'an empty chain of roots');
  if (root.spec.repository !== repository.spec.id) {
    throw new EdgesealError(
      'trust-root',
      `edgeseal.yaml says repository ${repository.spec.id}, the trust root ${root.spec.repository}`,
      {
        file: repositoryFile,
        field: 'spec.id',
      },
    );
  }
  return { ...(await readSettings(view, repository)), roots, root };
}

/**
 * Loads a repository's settings alone: enough to say what they are, never to seal or to vouch by.
 *
 * @throws EdgesealError `git-repository` where `edgeseal.yaml` is missing; format errors with file, line and field
 */
export async function loadSettings(view: RepositoryView): Promise<Settings> {
  return await readSettings(view, await readRepository(view));
}

async function readSettings(view: RepositoryView, repository: Repository): Promise<Settings> {
  return { view, repository, regions: await readRegions(view), policy: await readPolicy(view) };
}

/** Reads `edgeseal.yaml` alone. */
export async function readRepository(view: RepositoryView): Promise<Repository> {
  const bytes = await view.read(repositoryFile);
  if (bytes === undefined) {
    throw new EdgesealError(
      'git-repository',
      `${view.name} has no ${repositoryFile}: this is not a secrets repository`,
      {
        hint: 'make one here with: edgeseal init',
      },
    );
  }
  return parseRepository(bytes, repositoryFile);
}

async function readRegions(view: RepositoryView): Promise<Map<string, RegionEntry>> {
  const regions = new Map<string, RegionEntry>();
  for (const file of await view.list('regions')) {
    if (!file.endsWith('.yaml')) continue;
    const bytes = await view.read(file);
    if (bytes === undefined) continue;
    const region = parseRegion(bytes, file);
    const { name } = region.metadata;
    if (file !== regionPath(name)) {
      throw new EdgesealError(
        'format-schema',
        `the file of region ${name} is called ${regionPath(name)}`,
        { file, field: 'metadata.name' },
      );
    }
    const keys = region.spec.keys.map((entry, index) => ({
      name: entry.name,
      key: publicKeyAt(entry.publicKey, file, index),
    }));
    regions.set(name, { name, file, region, recovery: isRecovery(region), keys });
  }
  return regions;
}

function publicKeyAt(text: string, file: string, index: number): RegionPublicKey {
  try {
    return parseRegionPublicKey(text.trim());
  } catch (error) {
    throw error instanceof EdgesealError
      ? error.at({ file, field: `spec.keys[${index}].publicKey` })
      : error;
  }
}

async function readPolicy(view: RepositoryView): Promise<DistributionPolicy | undefined> {
  const bytes = await view.read(policyFile);
  return bytes === undefined ? undefined : parseDistributionPolicy(bytes, policyFile);
}
