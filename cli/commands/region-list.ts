import { byName } from '../../core/format/names.ts';
import { isElided, parseEdgeSecret, regionsOf } from '../../core/format/edge-secret.ts';
import { isEdgesealError } from '../../core/errors.ts';
import { keyState, rootRegion } from '../../core/repository/root-keys.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { secretFiles } from '../../core/repository/secret-audit.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';

interface ListedRegion {
  name: string;
  role: 'region' | 'recovery';
  recovery?: string | undefined;
  /** Sealed secrets of the working tree that it can read. */
  secrets: number;
  keys: { name: string; id: string; sha256: string; state: string }[];
}

/** `edgeseal region list`: regions, their keys, and what the root says of each. */
export async function run(io: Io, _args: string[], options: { output?: string }): Promise<number> {
  const output = new Output(io);
  const { state } = await openRepository(io);
  const regions = await listRegions(state);
  if (options.output === 'json') {
    output.json({ root: state.root.number, regions });
    return exitCodes.ok;
  }
  if (regions.length === 0) {
    output.note(
      'there is no region yet; add one with: edgeseal region add NAME --generate DIRECTORY',
    );
    return exitCodes.ok;
  }
  const rows = regions.flatMap((region) => {
    const keys = region.keys.length === 0 ? [undefined] : region.keys;
    return keys.map((key, index) => [
      ...(index > 0
        ? ['', '', '', '']
        : [region.name, region.role, region.recovery ?? '-', String(region.secrets)]),
      key?.name ?? '-',
      key?.id ?? '-',
      key === undefined ? 'none' : key.state,
    ]);
  });
  output.table(
    ['REGION', 'ROLE', 'RECOVERY', 'SECRETS', 'KEY', 'ID', `STATE (ROOT ${state.root.number})`],
    rows.map((row) => {
      const last = row.at(-1) ?? '';
      return [...row.slice(0, -1), last === 'active' ? last : output.paint('yellow', last)];
    }),
  );
  return exitCodes.ok;
}

async function listRegions(state: RepositoryState): Promise<ListedRegion[]> {
  const counts = await countSecrets(state);
  const names = new Set([...state.regions.keys(), ...state.root.spec.regions.map((r) => r.name)]);
  return [...names].sort(byName).map((name) => {
    const entry = state.regions.get(name);
    const listed = rootRegion(state.root, name);
    const inFile = (entry?.keys ?? []).map(({ name: keyName, key }) => ({
      name: keyName,
      id: key.id,
      sha256: key.sha256,
      state: keyState(state.root, name, key.sha256) ?? 'not in the root',
    }));
    // Shown, so that a key which vanished from a file does not vanish from sight.
    const elsewhere = (listed?.keys ?? [])
      .filter(({ sha256 }) => !inFile.some((key) => key.sha256 === sha256))
      .map(({ sha256, state: keyState_ }) => ({
        name: '(not in the file)',
        id: sha256.slice(0, 16),
        sha256,
        state: keyState_,
      }));
    return {
      name,
      role: listed?.role ?? (entry?.recovery === true ? 'recovery' : 'region'),
      recovery: listed?.recovery,
      secrets: counts.get(name) ?? 0,
      keys: [...inFile, ...elsewhere],
    };
  });
}

/** Files that cannot be read are `verify`'s to report. */
async function countSecrets(state: RepositoryState): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const file of await secretFiles(state)) {
    const bytes = await state.view.read(file);
    if (bytes === undefined) continue;
    try {
      const { envelopes } = parseEdgeSecret(bytes, file).spec;
      const readers = new Set(envelopes.filter((e) => !isElided(e)).flatMap(regionsOf));
      for (const region of readers) counts.set(region, (counts.get(region) ?? 0) + 1);
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
    }
  }
  return counts;
}
