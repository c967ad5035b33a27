import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { addPolicyRegion } from '../../core/format/distribution-policy.ts';
import { isLabel } from '../../core/format/names.ts';
import { regionPath } from '../../core/format/region.ts';
import { policyFile } from '../../core/format/repository.ts';
import type { RootRegion } from '../../core/format/trust-root.ts';
import { rootRegion } from '../../core/repository/root-keys.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import { writeFileAtomic } from '../files.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { addKeys, sayAdded, sayKnown } from '../region-key/add-keys.ts';
import { chooseKeyName, givenKeys } from '../region-key/source.ts';
import type { GivenKeys, KeyOptions } from '../region-key/source.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
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
  const { keys, root, folders } = await addKeys(
    io,
    repository,
    { name, role, ...(recovery === undefined ? {} : { recovery }) },
    given,
    options,
  );
  const [first] = keys;
  const inPolicy = role === 'region' && (await writePolicy(repository, name, first?.name ?? ''));

  sayAdded(output, name, role, keys, given);
  sayRootMade(repository, root, [...folders, ...(inPolicy ? ['policy'] : [])], output);
  sayWhatElse(output, name, given, entry === undefined && role === 'region');
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
