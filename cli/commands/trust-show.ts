import { missingWords, readProposals } from '../../core/repository/proposals.ts';
import type { Proposal } from '../../core/repository/proposals.ts';
import { readRootFile, loadRootChain } from '../../core/repository/trust.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { rootFingerprint, rootHash } from '../../core/trust/root-chain.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import {
  fingerprintOf,
  parseSshPublicKey,
  sameSshKey,
  sshFingerprint,
} from '../../core/trust/ssh-key.ts';
import type { SshPublicKey } from '../../core/trust/ssh-key.ts';
import { verifySshsigs } from '../../core/trust/sshsig.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { plainText } from '../terminal/plain-text.ts';
import { openRepository } from '../repository.ts';
import { keyWords } from '../trust/key-words.ts';
import { rootDifference } from '../trust/root-difference.ts';

/**
 * `edgeseal trust show`: who may do what, by the root in force, the fingerprints that others compare, and roots that are
 * proposed.
 */
export async function run(io: Io, _args: string[], options: { output?: string }): Promise<number> {
  const output = new Output(io);
  const { state } = await openRepository(io);
  const first = await firstRoot(state);
  const signers = await signersOf(state);
  const { proposals, faults } = await readProposals(state);
  if (options.output === 'json') {
    output.json({
      ...rootJson(state, first, signers),
      proposals: proposals.map((p) => proposalJson(state, p)),
    });
    return exitCodes.ok;
  }
  printRoot(output, state, first, signers);
  for (const proposal of proposals) printProposal(output, state, proposal);
  for (const { file, message, hint } of faults) output.warn(`${file ?? ''}: ${message}`, hint);
  output.note(
    `\nA colleague with a new clone compares it: edgeseal trust accept ${state.root.sha256}\nIn CI: EDGESEAL_ROOT=${state.root.sha256}`,
  );
  return exitCodes.ok;
}

function rootJson(
  { root }: RepositoryState,
  first: string | undefined,
  signedBy: readonly SshPublicKey[],
): Record<string, unknown> {
  const { spec } = root;
  const signers = ({ keys, threshold }: TrustRootSpec['roots']): object => ({
    keys: keys.map(fingerprintOf),
    threshold,
  });
  return {
    repository: spec.repository,
    number: root.number,
    sha256: root.sha256,
    fingerprint: rootFingerprint(root.sha256),
    first: first ?? null,
    signedBy: signedBy.map(({ blob }) => sshFingerprint(blob)),
    roots: signers(spec.roots),
    publishers: signers(spec.publishers),
    heartbeat: spec.heartbeat === undefined ? null : fingerprintOf(spec.heartbeat.key),
    authors: spec.authors.map((a) => ({ ...a, keys: a.keys.map(fingerprintOf) })),
    regions: spec.regions,
  };
}

function proposalJson({ root: held }: RepositoryState, proposal: Proposal): object {
  const { folder, root, signers, missing } = proposal;
  return {
    folder,
    number: root.number,
    sha256: root.sha256,
    signedBy: signers.map(({ key }) => sshFingerprint(key.blob)),
    missing,
    changes: rootDifference(held.spec, root.spec).map((line) => line.trim()),
  };
}

function printRoot(
  output: Output,
  state: RepositoryState,
  first: string | undefined,
  signedBy: readonly SshPublicKey[],
): void {
  const { root } = state;
  const { spec } = root;
  output.line(
    `${output.paint('bold', `trust root ${root.number}`)} of ${state.repository.metadata.name} (${spec.repository})`,
  );
  output.line(`fingerprint   ${rootFingerprint(root.sha256)}`);
  if (first !== undefined && root.number > 1)
    output.line(`first root    ${rootFingerprint(first)}`);
  output.line(`signed by     ${signedBy.map((key) => keyWords(key, spec)).join(', ')}`);
  output.line(`root keys     ${signers(spec.roots, spec)}`);
  output.line(`publishers    ${signers(spec.publishers, spec)}`);
  output.line(
    `heartbeat     ${spec.heartbeat === undefined ? 'none: a frozen mirror is not noticed' : keyWords(spec.heartbeat.key, spec)}`,
  );
  output.line();
  output.table(
    ['AUTHOR', 'NAMESPACES', 'KEY'],
    spec.authors.flatMap((author) =>
      author.keys.map((key, i) => [
        i === 0 ? plainText(author.name) : '',
        i === 0 ? author.namespaces.join(', ') : '',
        fingerprintOf(key),
      ]),
    ),
  );
  output.line();
  output.table(
    ['REGION', 'ROLE', 'RECOVERY', 'ACTIVE KEYS'],
    spec.regions.map((region) => [
      region.name,
      region.role,
      region.recovery ?? '-',
      region.keys
        .filter((key) => key.state === 'active')
        .map((key) => key.sha256.slice(0, 16))
        .join(', ') || output.paint('yellow', 'none'),
    ]),
  );
}

function printProposal(output: Output, { root: held }: RepositoryState, proposal: Proposal): void {
  const { root, signers: done, missing, folder } = proposal;
  const { spec } = root;
  output.line();
  output.line(
    `${output.paint('bold', `trust root ${root.number}`)} is proposed, and in force for nobody (${folder})`,
  );
  output.line(`fingerprint   ${rootFingerprint(root.sha256)}`);
  output.line(`signed by     ${done.map(({ key }) => keyWords(key, spec)).join(', ')}`);
  const lacks = missingWords(root.number, missing);
  output.line(`missing       ${lacks === '' ? 'nothing: edgeseal trust sign' : lacks}`);
  const may = [
    ...(missing.before > 0 ? held.spec.roots.keys : []),
    ...(missing.own > 0 ? spec.roots.keys : []),
  ].filter((line) => !done.some(({ key }) => sameSshKey(key, parseSshPublicKey(line))));
  if (may.length > 0) {
    const names = [...new Set(may)].map((line) => keyWords(line, spec)).join(', ');
    output.line(`may sign it   ${names}: edgeseal trust sign`);
  }
  for (const line of rootDifference(held.spec, spec)) output.line(`  ${line}`);
}

function signers({ keys, threshold }: TrustRootSpec['roots'], spec: TrustRootSpec): string {
  const names = keys.map((key) => keyWords(key, spec)).join(', ');
  return keys.length === 1 ? names : `${threshold} of: ${names}`;
}

/** Root keys that signed the root in force, of it or of the one before. */
async function signersOf(state: RepositoryState): Promise<SshPublicKey[]> {
  const file = await readRootFile(state.view, state.root.number);
  if (file === undefined) return [];
  return verifySshsigs(file.signatures, file.bytes, signatureNamespaces.root);
}

/**
 * The hash of root 1, which is what a new clone asks about; only if the chain leads from it to the root in force.
 * (A clone may have accepted a later one.)
 */
async function firstRoot(state: RepositoryState): Promise<string | undefined> {
  const file = await readRootFile(state.view, 1);
  if (file === undefined) return undefined;
  const hash = rootHash(file.bytes);
  const chain = await loadRootChain(state.view, hash);
  return chain.at(-1)?.sha256 === state.root.sha256 ? hash : undefined;
}
