import { resolve } from 'node:path';
import { compareMarks } from '../../core/channel/mark.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import type { RegionSyncSpec } from '../../core/format/region-sync-spec.ts';
import { readBundle } from '../bundle/check.ts';
import { regionFacts } from '../install/facts.ts';
import type { Io } from '../terminal/io.ts';

/** A snapshot that may become the floor, verified, and where it was found. */
export interface Newest {
  root: number;
  sequence: number;
  /** Words. */
  where: string;
}

/**
 * Finds the newest snapshot of a region: on its publish remote, verified from the root that this clone has accepted, or
 * in a bundle, verified from the root that the controller is pinned to.
 *
 * @throws EdgesealError `input-usage` where nothing was published, or the clone is another repository's; `trust-rollback`
 * where it is below the floor that is there; those of regionFacts and readBundle
 */
export async function newestSnapshot(
  io: Io,
  spec: Pick<RegionSyncSpec, 'region' | 'repository' | 'root' | 'floor'>,
  bundle: string | undefined,
): Promise<Newest> {
  const { region, floor } = spec;
  const newest = bundle === undefined ? await published(io, spec) : await carried(io, spec, bundle);
  if (floor !== undefined && compareMarks(newest, floor) < 0) {
    throw new EdgesealError(
      'trust-rollback',
      `the controller accepts nothing below snapshot ${floor.sequence} of root ${floor.root}, and ${newest.where} has snapshot ${newest.sequence} of root ${newest.root}`,
      {
        hint:
          bundle === undefined
            ? `take the newest channel up again first: edgeseal publish ${region} --resume-from URL`
            : `make a newer one: edgeseal bundle ${region}`,
      },
    );
  }
  return newest;
}

async function published(
  io: Io,
  { region, repository }: Pick<RegionSyncSpec, 'region' | 'repository'>,
): Promise<Newest> {
  const facts = await regionFacts(io, region).catch((error: unknown) => {
    // At the edge there is no clone: a stick is what there is.
    if (!isEdgesealError(error) || error.code !== 'git-repository') throw error;
    throw new EdgesealError(error.code, error.message, {
      cause: error,
      hint: 'go to a clone of the secrets repository, or give a bundle with the newest snapshot: --bundle FILE',
    });
  });
  if (facts.repository !== repository) {
    throw new EdgesealError(
      'input-usage',
      `this is repository ${facts.repository}, and the controller follows ${repository}`,
      { hint: 'go to a clone of that one, or give a bundle of it: --bundle FILE' },
    );
  }
  if (facts.published === undefined) {
    throw new EdgesealError('input-usage', `${facts.remote} has no channel of ${region}`, {
      hint: `publish it, or take a lost one up again: edgeseal publish ${region} --resume-from URL`,
    });
  }
  return { ...facts.published, where: facts.remote };
}

async function carried(
  io: Io,
  { region, repository, root: pinned }: Pick<RegionSyncSpec, 'region' | 'repository' | 'root'>,
  bundle: string,
): Promise<Newest> {
  const { verified } = await readBundle(resolve(io.cwd, bundle), { pinned, repository, region });
  const { root, sequence } = verified.snapshot;
  return { root: root.number, sequence, where: bundle };
}
