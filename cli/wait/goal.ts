import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import { secretFiles } from '../../core/repository/secret-audit.ts';
import type { Io } from '../terminal/io.ts';
import type { OpenRepository } from '../repository.ts';
import { parseSecretRef } from '../secret-ref.ts';
import { readersOf } from '../status/secret-row.ts';

/** What is waited for: the version that each of these files has to have in the cluster, at least. */
export interface Goal {
  region: string;
  versions: ReadonlyMap<string, number>;
  /** Where the versions are from, for people. */
  source: string;
}

/**
 * The goal of one secret. By default that is the version of the working tree: what the person sees is what they wait
 * for, whether or not it is merged and published yet.
 *
 * @throws EdgesealError `input-not-found`, `input-usage`
 */
export async function goalOf(
  io: Io,
  repository: OpenRepository,
  region: string,
  asked: { name: string; version: string | undefined },
): Promise<Goal> {
  const { file, namespace, name } = parseSecretRef(io, repository, asked.name);
  if (asked.version !== undefined) {
    const version = Number(asked.version);
    if (/^\d+$/.test(asked.version) && Number.isSafeInteger(version) && version >= 1)
      return { region, versions: new Map([[file, version]]), source: 'as asked for' };
    throw new EdgesealError('input-usage', `${asked.version} is not a version`, {
      hint: 'versions of it: git log -p -- secrets, or edgeseal status',
    });
  }
  const held = await treeVersion(repository, file);
  if (held === undefined) {
    throw new EdgesealError('input-not-found', 'the working tree has no such sealed secret', {
      file,
      hint: 'list them with: edgeseal status (another version than that of the working tree: --version)',
    });
  }
  if (!held.regions.includes(region)) {
    throw new EdgesealError(
      'input-usage',
      `${namespace}/${name} is not sealed for ${region}, but for ${held.regions.join(', ') || 'nobody'}`,
      { file, hint: 'another region: --region' },
    );
  }
  return { region, versions: new Map([[file, held.version]]), source: 'as in the working tree' };
}

/** All that the working tree has for a region. Files that cannot be read are `verify`'s to report. */
export async function goalOfAll(repository: OpenRepository, region: string): Promise<Goal> {
  const versions = new Map<string, number>();
  for (const file of await secretFiles(repository.state)) {
    try {
      const held = await treeVersion(repository, file);
      if (held?.regions.includes(region) === true) versions.set(file, held.version);
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
    }
  }
  return { region, versions, source: 'as in the working tree' };
}

async function treeVersion(
  { state }: OpenRepository,
  file: string,
): Promise<{ version: number; regions: string[] } | undefined> {
  const bytes = await state.view.read(file);
  if (bytes === undefined) return undefined;
  const secret = parseEdgeSecret(bytes, file);
  return { version: secret.spec.version, regions: readersOf(state, secret) };
}
