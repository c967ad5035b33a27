import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatRegionPublicKey } from '../../core/crypto/region-key.ts';
import type { RegionPublicKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import { byName } from '../../core/format/names.ts';
import { setPolicyKey } from '../../core/format/distribution-policy.ts';
import { policyFile } from '../../core/format/repository.ts';
import { keyState } from '../../core/repository/root-keys.ts';
import { formatRegion, regionPath } from '../../core/format/region.ts';
import { apiVersion } from '../../core/format/schema.ts';
import type { RootRegion, TrustRootSpec } from '../../core/format/trust-root.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { changeFiles } from '../change/staged-files.ts';
import type { FileChange } from '../change/staged-files.ts';
import type { OpenRepository } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import type { Output } from '../terminal/output.ts';
import { changeRoot } from '../trust/root-change.ts';
import type { MadeRoot } from '../trust/root-change.ts';
import { savePrivateKeys } from './private-key.ts';
import { chooseKeyName } from './source.ts';
import type { GivenKeys } from './source.ts';

/** A key with its name in the region's file. */
export interface NamedKey {
  name: string;
  key: RegionPublicKey;
}

/** Keys that were added. */
export interface AddedKeys {
  keys: NamedKey[];
  root: MadeRoot;
  /** Where files changed besides the root's. */
  folders: string[];
}

/**
 * Adds keys to a region: to the next root as active, to the region's file, and the private half of one that was made for
 * this to its own. All or nothing.
 *
 * @param listed the region as the root is to have it
 * @throws EdgesealError `trust-key` for a key that is one already; those of `changeRoot`; `store-io`
 */
export async function addKeys(
  io: Io,
  repository: OpenRepository,
  listed: Omit<RootRegion, 'keys'>,
  given: GivenKeys,
  options: { keyName?: string; signingKey?: string },
): Promise<AddedKeys> {
  const { name } = listed;
  const { state } = repository;
  const keys = namedKeys(state, name, given.keys, options.keyName);
  for (const { key } of keys) requireNewKey(state, name, key);
  const { fresh } = given;
  const changes = [
    ...regionChange(repository, listed, keys),
    ...(await policyChange(repository, name, keys)),
  ];
  const root = await savePrivateKeys(fresh === undefined ? [] : [fresh], async () => {
    const made = await changeRoot(io, repository, options, (spec) => withKeys(spec, listed, keys));
    try {
      await changeFiles(repository.root, changes);
    } catch (error) {
      await made.undo();
      throw error;
    }
    return made.root;
  });
  return { keys, root, folders: [...new Set(['regions', ...changes.map(folderOf)])] };
}

/** Each key with its name in the region's file, which the policy uses. */
function namedKeys(
  state: RepositoryState,
  region: string,
  keys: readonly RegionPublicKey[],
  given: string | undefined,
): NamedKey[] {
  if (given !== undefined && keys.length > 1) {
    throw new EdgesealError(
      'input-usage',
      `--key-name names one key, and these are ${keys.length}`,
      {
        hint: 'leave it out, or take them one by one: --fingerprint SHA256',
      },
    );
  }
  const named: NamedKey[] = [];
  for (const key of keys) {
    const taken = named.map(({ name }) => name);
    const name =
      nameInFile(state, region, key) ??
      chooseKeyName(state.regions.get(region), region, given, taken);
    named.push({ name, key });
  }
  return named;
}

/** A key belongs to one region for good, and one that was retired or revoked does not come back. */
function requireNewKey(state: RepositoryState, name: string, key: RegionPublicKey): void {
  for (const region of state.root.spec.regions) {
    const listed = region.keys.find((entry) => entry.sha256 === key.sha256);
    if (listed === undefined) continue;
    const where = region.name === name ? `a key of ${name} already` : `a key of ${region.name}`;
    throw new EdgesealError('trust-key', `${key.id} is ${where} (${listed.state})`, {
      file: regionPath(region.name),
      hint: 'make a fresh key: --generate DIRECTORY',
    });
  }
}

function withKeys(
  spec: TrustRootSpec,
  listed: Omit<RootRegion, 'keys'>,
  added: readonly NamedKey[],
): TrustRootSpec {
  const before = spec.regions.find((region) => region.name === listed.name);
  const others = spec.regions.filter((region) => region !== before);
  const active = added.map(({ key }) => ({ sha256: key.sha256, state: 'active' as const }));
  const keys = [...(before?.keys ?? []), ...active];
  const regions = [...others, { ...listed, keys }].sort((a, b) => byName(a.name, b.name));
  return { ...spec, regions };
}

/** Somebody wrote the key into the region's file by hand: the policy has to call it by the name that it has there. */
function nameInFile(
  state: RepositoryState,
  region: string,
  { sha256 }: RegionPublicKey,
): string | undefined {
  return state.regions.get(region)?.keys.find(({ key }) => key.sha256 === sha256)?.name;
}

function regionChange(
  { state }: OpenRepository,
  { name, role, recovery }: Omit<RootRegion, 'keys'>,
  keys: readonly NamedKey[],
): FileChange[] {
  const before = state.regions.get(name);
  const missing = keys.filter(({ key }) => nameInFile(state, name, key) === undefined);
  if (missing.length === 0) return [];
  const region = before?.region ?? {
    apiVersion,
    kind: 'Region' as const,
    metadata: { name },
    spec: {
      ...(role === 'recovery' ? { role } : {}),
      ...(recovery === undefined ? {} : { recovery }),
      keys: [],
    },
  };
  const added = missing.map((one) => ({
    name: one.name,
    publicKey: formatRegionPublicKey(one.key),
  }));
  const spec = { ...region.spec, keys: [...region.spec.keys, ...added] };
  return [{ file: regionPath(name), content: formatRegion({ ...region, spec }) }];
}

/** The policy may still name a key that was revoked when there was no other. */
async function policyChange(
  repository: OpenRepository,
  region: string,
  [first]: readonly NamedKey[],
): Promise<FileChange[]> {
  const { root, state } = repository;
  const named = state.policy?.regions.get(region)?.['encryption-key'];
  const isActive = state.regions
    .get(region)
    ?.keys.some(
      ({ name, key }) => name === named && keyState(state.root, region, key.sha256) === 'active',
    );
  if (named === undefined || isActive === true || first === undefined) return [];
  const text = await readFile(join(root, policyFile), 'utf8');
  return [{ file: policyFile, content: setPolicyKey(text, region, first.name) }];
}

function folderOf({ file }: FileChange): string {
  return dirname(file);
}

/** Says which keys were added, and where the private half of a fresh one has to go. */
export function sayAdded(
  output: Output,
  region: string,
  role: RootRegion['role'],
  keys: readonly NamedKey[],
  { fresh, warnings }: GivenKeys,
): void {
  for (const warning of warnings) output.warn(warning);
  for (const { name, key } of keys)
    output.line(`${region}: key ${name} ${key.id}, SHA-256 ${key.sha256}`);
  if (fresh === undefined) return;
  output.line(`private key: ${fresh.file}`);
  output.note(
    role === 'recovery'
      ? 'Move it offline now and delete it here: it opens every secret of its regions.'
      : `Install it in the clusters of ${region}, then keep no copy here.`,
  );
}

/** A cluster's keys are all listed already, which is what somebody wants to know who runs this twice. */
export function sayKnown(output: Output, name: string, { offered }: GivenKeys): number {
  for (const { key, state } of offered?.known ?? [])
    output.line(`${name}: key ${key.id} is in the trust root already (${state})`);
  output.note('nothing to add');
  return exitCodes.ok;
}
