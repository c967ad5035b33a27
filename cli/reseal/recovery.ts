import { EdgesealError } from '../../core/errors.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import type { Io } from '../terminal/io.ts';
import { readRegionKeys } from '../region-key/keys.ts';

/**
 * Reads the private keys of `--with-recovery`. They open every secret of their regions, so a mistaken file is said, not
 * tried: a region's key would open a part, and leave the rest undone without a word of why.
 *
 * @throws EdgesealError `trust-key` for a key that is no recovery recipient's in the root in force; those of
 * `readRegionKeys`
 */
export async function readRecoveryKeys(
  io: Io,
  state: RepositoryState,
  files: readonly string[] | undefined,
): Promise<RegionKey[]> {
  const all: RegionKey[] = [];
  for (const file of files ?? []) {
    const keys = await readRegionKeys(io, [file]);
    for (const key of keys) requireRecovery(state, key, file);
    all.push(...keys);
  }
  return all;
}

function requireRecovery({ root }: RepositoryState, { id, sha256 }: RegionKey, file: string): void {
  const { regions } = root.spec;
  const holder = regions.find(({ keys }) => keys.some((key) => key.sha256 === sha256));
  if (holder?.role === 'recovery') return;
  const recovery = regions.filter(({ role }) => role === 'recovery').map(({ name }) => name);
  const known =
    recovery.length === 0 ? 'this repository has none' : `there are: ${recovery.join(', ')}`;
  throw new EdgesealError(
    'trust-key',
    `key ${id} is ${holder === undefined ? `not in trust root ${root.number}` : `a key of region ${holder.name}`}, not of a recovery recipient`,
    {
      file,
      hint:
        holder === undefined
          ? `give the recovery key of this repository (${known}): edgeseal region list`
          : `if it is meant, give it as --key; recovery recipients: ${known}`,
    },
  );
}
