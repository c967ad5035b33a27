import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatRegionPublicKey } from '../../core/crypto/region-key.ts';
import type { RegionPublicKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import { addPolicyRegion } from '../../core/format/distribution-policy.ts';
import { byName, isLabel } from '../../core/format/names.ts';
import { formatRegion, regionPath } from '../../core/format/region.ts';
import { policyFile } from '../../core/format/repository.ts';
import { apiVersion } from '../../core/format/schema.ts';
import type { RootRegion, TrustRootSpec } from '../../core/format/trust-root.ts';
import { rootRegion } from '../../core/repository/root-keys.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { exitCodes } from '../exit-code.ts';
import { writeFileAtomic } from '../files.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';
import { savePrivateKeys } from '../private-key.ts';
import { chooseKeyName, givenKey } from '../region-key-source.ts';
import type { KeyOptions } from '../region-key-source.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { changeRoot } from '../root-change.ts';
import { sayRootMade } from '../root-made.ts';

interface Options extends KeyOptions {
  keyName?: string;
  recovery?: boolean;
  recoveryBy?: string;
  signingKey?: string;
}

/** `edgeseal region add NAME`: a region, or one more key of it, listed by the next trust root. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  if (!isLabel(name)) {
    throw new EdgesealError(
      'input-usage',
      'a region is called by lower-case letters, digits and -, at most 63',
      { hint: 'such as: edgeseal region add us-east --generate ~/edgeseal-keys' },
    );
  }
  const output = new Output(io);
  const repository = await openRepository(io);
  const { state } = repository;
  const role = chooseRole(state, name, options);
  const recovery = chooseRecovery(state, name, role, options);
  const newName = chooseKeyName(state.regions.get(name), name, options.keyName);
  const given = await givenKey(io, repository, { name, keyName: newName, options });
  const { key, fresh, warnings } = given;
  const keyName = nameInFile(state, name, key) ?? newName;
  requireNewKey(state, name, key);
  const listed = { name, role, ...(recovery === undefined ? {} : { recovery }) };
  const root = await savePrivateKeys(fresh === undefined ? [] : [fresh], async () => {
    const made = await changeRoot(io, repository, options, (spec) => withKey(spec, listed, key));
    try {
      await writeRegion(repository, listed, keyName, key);
    } catch (error) {
      await made.undo();
      throw error;
    }
    return made.root;
  });
  const inPolicy = role === 'region' && (await writePolicy(repository, name, keyName));

  for (const warning of warnings) output.warn(warning);
  output.line(`${name}: key ${keyName} ${key.id}, SHA-256 ${key.sha256}`);
  if (fresh !== undefined) {
    output.line(`private key: ${fresh.file}`);
    output.note(
      role === 'recovery'
        ? 'Move it offline now and delete it here: it opens every secret of its regions.'
        : `Install it in the clusters of ${name}, then keep no copy here.`,
    );
  }
  sayRootMade(repository, root, ['regions', ...(inPolicy ? ['policy'] : [])], output);
  output.note(
    `New secrets are sealed for this key. What is sealed already opens with it after: edgeseal reseal --all --key RECOVERY-KEY-FILE`,
  );
  return exitCodes.ok;
}

function chooseRole(state: RepositoryState, name: string, options: Options): RootRegion['role'] {
  const role = options.recovery === true ? 'recovery' : 'region';
  const before = rootRegion(state.root, name)?.role;
  const written = state.regions.get(name)?.recovery === true ? 'recovery' : 'region';
  const now = before ?? (state.regions.has(name) ? written : undefined);
  // For one more key of a recovery recipient nobody has to say --recovery again.
  if (now === undefined || now === role || options.recovery === undefined) return now ?? role;
  throw new EdgesealError('input-usage', `${name} is a region, not a recovery recipient`, {
    file: regionPath(name),
    hint: 'give the recovery recipient another name',
  });
}

function chooseRecovery(
  state: RepositoryState,
  name: string,
  role: RootRegion['role'],
  { recoveryBy }: Options,
): string | undefined {
  const known = state.root.spec.regions.filter((r) => r.role === 'recovery').map((r) => r.name);
  const hint = `recovery recipients: ${known.join(', ') || 'none; make one with: edgeseal region add recovery --recovery --generate DIRECTORY'}`;
  if (recoveryBy !== undefined && role === 'recovery')
    throw new EdgesealError('input-usage', 'a recovery recipient has no recovery recipient');
  const before = rootRegion(state.root, name);
  if (before !== undefined) {
    if (recoveryBy === undefined || recoveryBy === before.recovery) return before.recovery;
    throw new EdgesealError(
      'input-usage',
      `${name} has ${before.recovery ?? 'no recovery recipient'} already: --recovery-by is for new regions`,
    );
  }
  if (role === 'recovery') return undefined;
  if (recoveryBy !== undefined) {
    if (known.includes(recoveryBy)) return recoveryBy;
    throw new EdgesealError('policy-region', `there is no recovery recipient ${recoveryBy}`, {
      hint,
    });
  }
  if (known.length <= 1) return known[0];
  throw new EdgesealError('input-usage', 'which recovery recipient is this region to have?', {
    hint: `say it with --recovery-by; ${hint}`,
  });
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

function withKey(
  spec: TrustRootSpec,
  listed: Omit<RootRegion, 'keys'>,
  key: RegionPublicKey,
): TrustRootSpec {
  const before = spec.regions.find((region) => region.name === listed.name);
  const others = spec.regions.filter((region) => region !== before);
  const keys = [...(before?.keys ?? []), { sha256: key.sha256, state: 'active' as const }];
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

async function writeRegion(
  { root, state }: OpenRepository,
  { name, role, recovery }: Omit<RootRegion, 'keys'>,
  keyName: string,
  key: RegionPublicKey,
): Promise<void> {
  const before = state.regions.get(name);
  if (nameInFile(state, name, key) !== undefined) return;
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
  const added = { name: keyName, publicKey: formatRegionPublicKey(key) };
  const spec = { ...region.spec, keys: [...region.spec.keys, added] };
  await writeFileAtomic(join(root, regionPath(name)), formatRegion({ ...region, spec }));
}

/** @returns whether the policy was changed */
async function writePolicy(
  { root, state }: OpenRepository,
  name: string,
  keyName: string,
): Promise<boolean> {
  if (state.policy === undefined || state.policy.regions.has(name)) return false;
  const file = join(root, policyFile);
  await writeFileAtomic(file, addPolicyRegion(await readFile(file, 'utf8'), name, keyName));
  return true;
}
