import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { setPolicyKey } from '../../core/format/distribution-policy.ts';
import { isElided } from '../../core/format/edge-secret.ts';
import type { EdgeSecret, Recipient } from '../../core/format/edge-secret.ts';
import { policyFile } from '../../core/format/repository.ts';
import type { KeyState, TrustRootSpec } from '../../core/format/trust-root.ts';
import { loadRepository } from '../../core/repository/repository-state.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { keyState } from '../../core/repository/root-keys.ts';
import { readableSecrets } from '../../core/repository/readable-secrets.ts';
import type { RepositoryView } from '../../core/repository/view.ts';
import type { FileChange } from '../change/staged-files.ts';
import type { OpenRepository } from '../repository.ts';
import type { ResealOutcome } from '../reseal/report.ts';
import { resealFiles } from '../reseal/reseal-files.ts';
import type { SignOptions } from '../signer/signing.ts';
import type { Io } from '../terminal/io.ts';
import { changeRoot, isMissing } from '../trust/root-change.ts';
import type { MadeRoot, RootEdit } from '../trust/root-change.ts';

/** What a command takes from a region. */
export interface RegionChange {
  edit: RootEdit;
  /** Files that change with it. */
  others: readonly FileChange[];
  /** Whether a sealed secret has to be resealed for it. */
  concerns: (secret: EdgeSecret) => boolean;
  /** Private keys, where there are any. */
  keys?: readonly RegionKey[];
}

/** What became of it. */
export interface ChangedRegion {
  root: MadeRoot;
  /** Whether the root waits for signatures: then the sealed files are as they were, as far as it is about keys. */
  isProposed: boolean;
  /** The repository as it is now. */
  state: RepositoryState;
  outcome: ResealOutcome;
}

/**
 * Makes the next root and brings the sealed secrets that it concerns in line with it: everything or nothing.
 *
 * @throws EdgesealError those of `changeRoot` and of resealing; nothing is changed then
 */
export async function changeRegion(
  io: Io,
  repository: OpenRepository,
  options: SignOptions,
  { edit, others, concerns, keys = [] }: RegionChange,
): Promise<ChangedRegion> {
  const { root, undo } = await changeRoot(io, repository, options, edit);
  try {
    // Not opened as commands do: that would remember a root that may be taken back.
    const view = changedView(repository.state.view, others);
    const [pinned = repository.state.root] = repository.state.roots;
    const state = await loadRepository(view, pinned.sha256);
    const files: string[] = [];
    for (const { file, secret } of await readableSecrets(state))
      if (concerns(secret)) files.push(file);
    const after = { ...repository, state };
    const outcome = await resealFiles(io, after, files, keys, options, others);
    return { root, isProposed: isMissing(root.missing), state, outcome };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** A root edit that gives keys of a region another state. */
export function withKeyState(
  region: string,
  hashes: readonly string[],
  state: KeyState,
): (spec: TrustRootSpec) => TrustRootSpec {
  return (spec) => ({
    ...spec,
    regions: spec.regions.map((one) =>
      one.name !== region
        ? one
        : {
            ...one,
            keys: one.keys.map((key) =>
              hashes.includes(key.sha256) ? { sha256: key.sha256, state } : key,
            ),
          },
    ),
  });
}

/** Has the policy name a key that stays active, where it names one that does not: else nothing could be sealed. */
export async function policyKeyChange(
  { root, state }: OpenRepository,
  region: string,
  gone: string,
): Promise<FileChange[]> {
  const entry = state.regions.get(region);
  const named = state.policy?.regions.get(region)?.['encryption-key'];
  if (entry === undefined || named === undefined) return [];
  if (entry.keys.find(({ name }) => name === named)?.key.sha256 !== gone) return [];
  const next = entry.keys.findLast(
    ({ key }) => key.sha256 !== gone && keyState(state.root, region, key.sha256) === 'active',
  );
  if (next === undefined) return [];
  const text = await readFile(join(root, policyFile), 'utf8');
  return [{ file: policyFile, content: setPolicyKey(text, region, next.name) }];
}

/** Whether some envelope is wrapped for a key of a region. */
export function hasWrap(secret: EdgeSecret, region: string, key: string): boolean {
  return hasRecipient(
    secret,
    (one) => one.region === region && one.key === key && one.wrapped !== undefined,
  );
}

/** Folders besides `trust` that a change of a region's keys has changed. */
export function changedFolders(
  others: readonly FileChange[],
  { outcome }: Pick<ChangedRegion, 'outcome'>,
): string[] {
  return [
    ...(others.length > 0 ? ['policy'] : []),
    ...(outcome.done.length > 0 ? ['secrets'] : []),
  ];
}

/** Whether some envelope has such a recipient. */
export function hasRecipient(
  { spec }: EdgeSecret,
  isOne: (recipient: Recipient) => boolean,
): boolean {
  return spec.envelopes.some((one) => !isElided(one) && one.recipients.some(isOne));
}

function changedView(view: RepositoryView, changes: readonly FileChange[]): RepositoryView {
  const changed = new Map(changes.map(({ file, content }) => [file, content]));
  return {
    name: view.name,
    read: async (path) => {
      if (!changed.has(path)) return await view.read(path);
      const content = changed.get(path);
      return content === undefined ? undefined : Buffer.from(content);
    },
    list: async (folder) =>
      (await view.list(folder)).filter(
        (path) => changed.get(path) !== undefined || !changed.has(path),
      ),
  };
}
