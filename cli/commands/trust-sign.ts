import { EdgesealError } from '../../core/errors.ts';
import { missingWords, readProposals } from '../../core/repository/proposals.ts';
import type { Proposal } from '../../core/repository/proposals.ts';
import { judgeProposedRoot, rootFingerprint } from '../../core/trust/root-chain.ts';
import { signatureText } from '../../core/trust/signed-by.ts';
import { sameSshKey, sshFingerprint } from '../../core/trust/ssh-key.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { findSigningKey } from '../signer/signer.ts';
import type { SigningKey } from '../signer/signer.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { requireYes } from '../terminal/prompt.ts';
import { keyWords, lists } from '../trust/key-words.ts';
import { losingAuthors } from '../trust/losing.ts';
import { isMissing, signRoot, writeSigned } from '../trust/root-change.ts';
import { rootDifference } from '../trust/root-difference.ts';
import { sayRootMade } from '../trust/root-made.ts';

interface Options {
  yes?: boolean;
  signingKey?: string;
}

/** `edgeseal trust sign`: somebody who has to sign a proposed root looks at what it changes, and signs it. */
export async function run(io: Io, [which]: string[], options: Options): Promise<number> {
  const output = new Output(io);
  const repository = await openRepository(io);
  const { proposals, faults } = await readProposals(repository.state);
  for (const { file, message, hint } of faults) output.warn(`${file ?? ''}: ${message}`, hint);
  const proposal = choose(proposals, which);
  showProposal(repository, proposal, output);
  if (!isMissing(proposal.missing)) {
    output.note('it has all its signatures: none more is needed');
    return await finish(repository, proposal, output);
  }
  const key = await findSigningKey({ cwd: io.cwd, env: io.env, keyPath: options.signingKey });
  requireConcerned(repository, proposal, key);
  if (signedBy(proposal, key)) {
    output.line(
      `you signed it already; it needs ${missingWords(proposal.root.number, proposal.missing)}`,
    );
    return exitCodes.ok;
  }
  requireNoOther(proposals, proposal, key);
  await requireYes(io, options.yes, {
    question: `Sign trust root ${proposal.root.number}?`,
    unasked: 'there is no terminal to ask on: trust root was not signed',
    hint: 'once you have read what it changes, run the same command with --yes',
    refused: 'nothing was signed',
  });
  const signers = [...proposal.signers, await signRoot(io, key, proposal.bytes)];
  const signatures = signatureText(signers);
  const { missing } = judgeProposedRoot(repository.state.root, {
    bytes: proposal.bytes,
    signatures,
    file: proposal.folder,
  });
  return await finish(repository, { ...proposal, signers, missing }, output);
}

function choose(proposals: readonly Proposal[], which = ''): Proposal {
  const wanted = which.replaceAll('-', '').toLowerCase();
  const found = proposals.filter(
    ({ folder, root }) => root.sha256.startsWith(wanted) || folder === which.replace(/\/$/, ''),
  );
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  if (proposals.length === 0) {
    throw new EdgesealError('input-usage', 'no trust root is proposed on this branch', {
      hint: 'take the branch that proposes it (git switch BRANCH); what is in force: edgeseal trust show',
    });
  }
  const listed = proposals.map(({ folder }) => folder).join(', ');
  throw new EdgesealError(
    'input-usage',
    only === undefined
      ? `no proposed trust root is called ${which}`
      : `${proposals.length} trust roots ${only.root.number} are proposed, and only one can come into force`,
    { hint: `sign one of these: edgeseal trust sign FOLDER (${listed})` },
  );
}

function showProposal({ state }: OpenRepository, proposal: Proposal, output: Output): void {
  const { root, signers } = proposal;
  output.line(
    `${output.paint('bold', `trust root ${root.number}`)}, proposed, against root ${root.number - 1}:`,
  );
  const lines = rootDifference(state.root.spec, root.spec);
  for (const line of lines.length === 0 ? ['  nothing changes'] : lines) output.line(`  ${line}`);
  output.line(`  fingerprint ${rootFingerprint(root.sha256)}`);
  output.line(`  signed by ${signers.map(({ key }) => keyWords(key, root.spec)).join(', ')}`);
}

function signedBy({ signers }: Proposal, { publicKey }: SigningKey): boolean {
  return signers.some(({ key }) => sameSshKey(key, publicKey));
}

/** A signature of somebody whom neither root lists would count for nothing. */
function requireConcerned({ state }: OpenRepository, { root }: Proposal, key: SigningKey): void {
  const { publicKey } = key;
  if ([state.root, root].some(({ spec }) => lists(spec.roots.keys, publicKey))) return;
  const all = [...new Set([...state.root.spec.roots.keys, ...root.spec.roots.keys])];
  throw new EdgesealError(
    'trust-signer',
    `your key ${sshFingerprint(publicKey.blob)} is a root key of neither root ${state.root.number} nor root ${root.number}`,
    {
      file: key.path,
      hint: `these are: ${all.map((line) => keyWords(line, root.spec)).join(', ')} (another key of yours: --signing-key FILE)`,
    },
  );
}

/** Two valid roots of one number would let clusters fall apart; nobody should be able to say that both were theirs. */
function requireNoOther(all: readonly Proposal[], chosen: Proposal, key: SigningKey): void {
  const other = all.find((one) => one !== chosen && signedBy(one, key));
  if (other === undefined) return;
  throw new EdgesealError(
    'trust-root',
    `you signed another trust root ${other.root.number} that is still proposed: only one can come into force`,
    { file: other.folder, hint: `give that one up first: git rm -rf ${other.folder}` },
  );
}

async function finish(
  repository: OpenRepository,
  proposal: Proposal,
  output: Output,
): Promise<number> {
  const { root } = await writeSigned(repository, proposal);
  if (!isMissing(root.missing)) {
    output.line(`it has all its signatures: in force where this is merged, and published`);
    const { state } = repository;
    const losing = await losingAuthors(state, state.root, root);
    if (losing.length > 0) {
      output.warn(
        `with it nobody stands any more for ${losing.join(', ')}`,
        'before you commit, an author looks at them and runs: edgeseal sign --all',
      );
    }
  }
  sayRootMade(repository, root, [], output);
  return exitCodes.ok;
}
