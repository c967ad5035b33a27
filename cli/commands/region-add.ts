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
import { exitCodes } from '../terminal/exit-code.ts';
import { writeFileAtomic } from '../files.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { savePrivateKeys } from '../region-key/private-key.ts';
import { chooseKeyName, givenKeys } from '../region-key/source.ts';
import type { GivenKeys, KeyOptions } from '../region-key/source.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { changeRoot } from '../trust/root-change.ts';
import { sayRootMade } from '../trust/root-made.ts';

interface Options extends KeyOptions {
  keyName?: string;
  recovery?: boolean;
  recoveryBy?: string;
  signingKey?: string;
}

/** `edgeseal region add NAME`: a region, or more keys of it, listed by the next trust root. */
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
  if (options.recovery === true && (options.context ?? options.kubeconfig) !== undefined) {
    throw new EdgesealError('input-usage', "a recovery key's private half lies in no cluster", {
      hint: `edgeseal region add ${name} --recovery --generate DIRECTORY`,
    });
  }
  const role = chooseRole(state, name, options);
  const recovery = chooseRecovery(state, name, role, options);
  const entry = state.regions.get(name);
  const newName = chooseKeyName(entry, name, options.keyName);
  const given = await givenKeys(io, repository, { name, keyName: newName, options });
  if (given.keys.length === 0) return sayKnown(output, name, given);
  const keys = namedKeys(state, name, given.keys, options.keyName);
  const { fresh, warnings } = given;
  for (const { key } of keys) requireNewKey(state, name, key);
  const listed = { name, role, ...(recovery === undefined ? {} : { recovery }) };
  const root = await savePrivateKeys(fresh === undefined ? [] : [fresh], async () => {
    const made = await changeRoot(io, repository, options, (spec) => withKeys(spec, listed, keys));
    try {
      await writeRegion(repository, listed, keys);
    } catch (error) {
      await made.undo();
      throw error;
    }
    return made.root;
  });
  const [first] = keys;
  const inPolicy = role === 'region' && (await writePolicy(repository, name, first?.name ?? ''));

  for (const warning of warnings) output.warn(warning);
  for (const { name: keyName, key } of keys)
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
  sayWhatElse(output, name, given, entry === undefined && role === 'region');
  return exitCodes.ok;
}

interface NamedKey {
  name: string;
  key: RegionPublicKey;
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

/** A cluster's keys are all listed already, which is what somebody wants to know who runs this twice. */
function sayKnown(output: Output, name: string, { offered }: GivenKeys): number {
  for (const { key, state } of offered?.known ?? [])
    output.line(`${name}: key ${key.id} is in the trust root already (${state})`);
  output.note('nothing to add');
  return exitCodes.ok;
}

function sayWhatElse(output: Output, name: string, { offered }: GivenKeys, isNew: boolean): void {
  if (offered === undefined) {
    output.note(
      'New secrets are sealed for this key. What is sealed already opens with it after: edgeseal reseal --all --with-recovery RECOVERY-KEY-FILE',
    );
    return;
  }
  const policy = `  say in ${policyFile}, or in defaultRegions of edgeseal.yaml, what ${name} may read\n`;
  output.note(
    `\nThen, for what is sealed already:\n${isNew ? policy : ''}  edgeseal reseal --all --with-recovery RECOVERY-KEY-FILE\n  git add -A\n  git commit -m "Reseal for ${name}"\n  git push\n  edgeseal publish\n  edgeseal wait --all --region ${name} ${offered.cluster.flags}`,
  );
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

async function writeRegion(
  { root, state }: OpenRepository,
  { name, role, recovery }: Omit<RootRegion, 'keys'>,
  keys: readonly NamedKey[],
): Promise<void> {
  const before = state.regions.get(name);
  const missing = keys.filter(({ key }) => nameInFile(state, name, key) === undefined);
  if (missing.length === 0) return;
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
