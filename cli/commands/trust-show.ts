import { readRootFile, loadRootChain } from '../../core/repository/trust.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { rootFingerprint, rootHash } from '../../core/trust/root-chain.ts';
import { parseSshPublicKey, sshFingerprint } from '../../core/trust/ssh-key.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';

/** `edgeseal trust show`: who may do what, by the root in force, and the fingerprints that others compare. */
export async function run(io: Io, _args: string[], options: { output?: string }): Promise<number> {
  const output = new Output(io);
  const { state } = await openRepository(io);
  const { root } = state;
  const { spec } = root;
  const first = await firstRoot(state);
  if (options.output === 'json') {
    output.json({
      repository: spec.repository,
      number: root.number,
      sha256: root.sha256,
      fingerprint: rootFingerprint(root.sha256),
      first: first === undefined ? null : first,
      roots: { keys: spec.roots.keys.map(keyWords), threshold: spec.roots.threshold },
      publishers: {
        keys: spec.publishers.keys.map(keyWords),
        threshold: spec.publishers.threshold,
      },
      heartbeat: spec.heartbeat === undefined ? null : keyWords(spec.heartbeat.key),
      authors: spec.authors.map((a) => ({ ...a, keys: a.keys.map(keyWords) })),
      regions: spec.regions,
    });
    return exitCodes.ok;
  }
  output.line(
    `${output.paint('bold', `trust root ${root.number}`)} of ${state.repository.metadata.name} (${spec.repository})`,
  );
  output.line(`fingerprint   ${rootFingerprint(root.sha256)}`);
  if (first !== undefined && root.number > 1)
    output.line(`first root    ${rootFingerprint(first)}`);
  output.line(`root keys     ${signers(spec.roots)}`);
  output.line(`publishers    ${signers(spec.publishers)}`);
  output.line(
    `heartbeat     ${spec.heartbeat === undefined ? 'none: a frozen mirror is not noticed' : keyWords(spec.heartbeat.key)}`,
  );
  output.line();
  output.table(
    ['AUTHOR', 'NAMESPACES', 'KEY'],
    spec.authors.flatMap((author) =>
      author.keys.map((key, i) => [
        i === 0 ? author.name : '',
        i === 0 ? author.namespaces.join(', ') : '',
        keyWords(key),
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
  output.note(
    `\nA colleague with a new clone compares it: edgeseal trust accept ${root.sha256}\nIn CI: EDGESEAL_ROOT=${root.sha256}`,
  );
  return exitCodes.ok;
}

function signers({ keys, threshold }: { keys: string[]; threshold: number }): string {
  const names = keys.map(keyWords).join(', ');
  return keys.length === 1 ? names : `${threshold} of: ${names}`;
}

function keyWords(line: string): string {
  return sshFingerprint(parseSshPublicKey(line).blob);
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
