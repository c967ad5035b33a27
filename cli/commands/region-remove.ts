import { readableSecrets } from '../../core/repository/readable-secrets.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { removePolicyRegion } from '../../core/format/distribution-policy.ts';
import { byName } from '../../core/format/names.ts';
import { regionPath } from '../../core/format/region.ts';
import {
  policyFile,
  removeRepositoryRegion,
  repositoryFile,
} from '../../core/format/repository.ts';
import type { RootRegion } from '../../core/format/trust-root.ts';
import { assignedRegions } from '../../core/policy/distribution.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import type { FileChange } from '../change/staged-files.ts';
import { listedRegion } from '../region-key/listed-key.ts';
import { changeRegion, hasRecipient, withKeyState } from '../region-key/region-change.ts';
import { sayExposed, sayResealed } from '../region-key/say-change.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import type { SignOptions } from '../signer/signing.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { sayRootMade } from '../trust/root-made.ts';

/** `edgeseal region remove NAME`: nothing is sealed for it any more; what it could read has to be replaced. */
export async function run(io: Io, [name = '']: string[], options: SignOptions): Promise<number> {
  const output = new Output(io);
  const repository = await openRepository(io);
  const { state } = repository;
  const region = listedRegion(state, name);
  if (region.role === 'recovery') requireNoReaders(state, region);
  await requireOthers(state, name);
  const others = await withoutRegion(repository, name);
  const changed = await changeRegion(io, repository, options, {
    edit: withKeyState(
      name,
      region.keys.map(({ sha256 }) => sha256),
      'revoked',
    ),
    others,
    concerns: (secret) => hasRecipient(secret, (recipient) => recipient.region === name),
  });
  output.line(`${name}: removed, its keys are revoked by root ${changed.root.number}`);
  sayResealed(output, changed);
  await sayExposed(output, name, changed.state, (exposure) => exposure.region === name);
  if (region.role === 'region')
    output.note(
      `\nIts clusters keep what they have, and hear nothing new. To take edgeseal out of one: edgeseal uninstall ${name} --context CONTEXT`,
    );
  const done = changed.outcome.done.map(({ ref }) => ref.file);
  const folders = new Set(
    [...others.map(({ file }) => file), ...done].map((f) => f.split('/')[0] ?? f),
  );
  sayRootMade(repository, changed.root, [...folders].sort(byName), output);
  output.note('Then: edgeseal publish');
  return changed.outcome.failed.length > 0 ? exitCodes.input : exitCodes.ok;
}

/** What is sealed for a region is sealed for its recovery recipient, too: without one nothing could be. */
function requireNoReaders({ root }: RepositoryState, { name }: RootRegion): void {
  const readers = root.spec.regions.filter(({ recovery }) => recovery === name);
  const active = readers.filter(({ keys }) => keys.some((key) => key.state === 'active'));
  if (active.length === 0) return;
  throw new EdgesealError(
    'trust-key',
    `${name} is the recovery recipient of ${active.map((one) => one.name).join(', ')}`,
    {
      hint: `for another recovery key: edgeseal region rotate ${name} --generate DIRECTORY, then edgeseal region retire (or revoke) ${name} KEY`,
    },
  );
}

/** A secret that nobody would be left to read must not fall to other regions unseen. */
async function requireOthers(state: RepositoryState, name: string): Promise<void> {
  const alone: string[] = [];
  for (const { name: secret } of await readableSecrets(state)) {
    const [namespace = '', of = ''] = secret.split('/');
    try {
      const { regions } = assignedRegions(
        state.policy,
        state.repository.spec.defaultRegions,
        namespace,
        of,
      );
      if (regions.length === 1 && regions[0] === name) alone.push(secret);
    } catch (error) {
      // Nobody's secret is no region's.
      if (!isEdgesealError(error, 'policy-unassigned')) throw error;
    }
  }
  if (alone.length === 0) return;
  const shown = alone.slice(0, 5).join(', ');
  throw new EdgesealError(
    'policy-region',
    `${alone.length === 1 ? `${shown} is` : `${shown}${alone.length > 5 ? ` and ${alone.length - 5} more` : ''} are`} for ${name} alone`,
    {
      file: state.policy?.file ?? repositoryFile,
      hint: `say in the policy who else is to have it, or remove it: edgeseal rm ${alone[0] ?? ''} (if a key was stolen, do not wait for this: edgeseal region revoke ${name} KEY)`,
    },
  );
}

async function withoutRegion({ root, state }: OpenRepository, name: string): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  if (state.regions.has(name)) changes.push({ file: regionPath(name), content: undefined });
  if (state.policy?.regions.has(name) === true) {
    const text = await readFile(join(root, policyFile), 'utf8');
    changes.push({ file: policyFile, content: removePolicyRegion(text, name) });
  }
  const { defaultRegions, publish } = state.repository.spec;
  const isNamed =
    defaultRegions?.includes(name) === true ||
    publish?.regions?.some((one) => one.region === name) === true;
  if (isNamed) {
    const text = await readFile(join(root, repositoryFile), 'utf8');
    changes.push({ file: repositoryFile, content: removeRepositoryRegion(text, name) });
  }
  return changes;
}
