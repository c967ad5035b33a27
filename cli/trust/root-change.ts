import { EdgesealError } from '../../core/errors.ts';
import { apiVersion } from '../../core/format/schema.ts';
import { formatTrustRoot, rootPath } from '../../core/format/trust-root.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { readProposals } from '../../core/repository/proposals.ts';
import type { Proposal } from '../../core/repository/proposals.ts';
import { judgeProposedRoot } from '../../core/trust/root-chain.ts';
import type { AcceptedRoot, MissingSignatures } from '../../core/trust/root-chain.ts';
import { signatureNamespaces, signatureText } from '../../core/trust/signed-by.ts';
import type { KeySignature } from '../../core/trust/signed-by.ts';
import { sameSshKey, sshFingerprint } from '../../core/trust/ssh-key.ts';
import type { OpenRepository } from '../repository.ts';
import { findSigningKey, sign } from '../signer/signer.ts';
import type { SigningKey } from '../signer/signer.ts';
import type { Io } from '../terminal/io.ts';
import { keyWords, lists } from './key-words.ts';
import { readPin } from './pin.ts';
import { removeProposal, writeProposal, writeRoot } from './root-files.ts';

/** The part of a root that a command changes; number, previous and signatures follow from it. */
export type RootEdit = (spec: TrustRootSpec) => TrustRootSpec;

export interface RootOptions {
  /** `--signing-key`. */
  signingKey?: string | undefined;
  /** A further key of the same person, where it is listed: the one that is exchanged for theirs. */
  alsoSign?: SigningKey | undefined;
}

/** A root that a command made. */
export interface MadeRoot extends AcceptedRoot {
  /** Signatures that it lacks; until then it is proposed, and in force for nobody. */
  missing: MissingSignatures;
}

/** A root that was made, and what takes its files away again while nothing was committed. */
export interface RootChange {
  root: MadeRoot;
  undo: () => Promise<void>;
}

/**
 * Makes root N+1: the root in force (or what the same person proposed and nobody else signed yet), changed, signed with the person's own key, checked as everybody else will
 * check it, written to `trust/`; to `trust/proposed/` where others have to sign it too.
 *
 * @throws EdgesealError `trust-signer` where the person may not sign roots, `trust-root` where a newer root was seen
 * already or another is proposed; nothing is written then
 */
export async function changeRoot(
  io: Io,
  repository: OpenRepository,
  options: RootOptions,
  edit: RootEdit,
): Promise<RootChange> {
  const signed = await signNextRoot(io, repository, options, edit);
  return await writeSigned(repository, signed);
}

/** A root that was signed and is not written yet. */
export interface SignedRoot extends Omit<Proposal, 'folder'> {
  /** The person's own proposal that it goes on from, and takes the place of. */
  replaces?: Proposal | undefined;
}

/** {@link changeRoot} but for the writing, for those who have something to ask first. */
export async function signNextRoot(
  io: Io,
  repository: OpenRepository,
  options: RootOptions,
  edit: RootEdit,
): Promise<SignedRoot> {
  const held = repository.state.root;
  await requireNewest(io, repository);
  const own = await findSigningKey({ cwd: io.cwd, env: io.env, keyPath: options.signingKey });
  requireRootSigner(held, own);
  const replaces = await ownProposal(repository, own);
  const before = replaces?.root.spec ?? held.spec;
  const spec = { ...edit(before), number: held.number + 1, previous: held.sha256 };
  const bytes = Buffer.from(formatTrustRoot({ apiVersion, kind: 'TrustRoot', spec }));
  const signers = [await signRoot(io, own, bytes)];
  const { alsoSign } = options;
  if (alsoSign !== undefined && lists(spec.roots.keys, alsoSign.publicKey))
    signers.push(await signRoot(io, alsoSign, bytes));
  const file = rootPath(spec.number);
  const signatures = signatureText(signers);
  const { accepted, missing } = judgeProposedRoot(held, { bytes, signatures, file });
  return { root: accepted, bytes, signers, missing, replaces };
}

/** Writes it to the chain where it has all signatures, else beside it. */
export async function writeSigned(
  repository: OpenRepository,
  signed: SignedRoot,
): Promise<RootChange> {
  const { missing, replaces } = signed;
  const root = { ...signed.root, missing };
  const takeBack = isMissing(missing)
    ? await writeProposal(repository, signed)
    : await writeRoot(repository, repository.state.root, signed);
  if (replaces === undefined || replaces.root.sha256 === root.sha256)
    return { root, undo: takeBack };
  await removeProposal(repository, replaces);
  const undo = async (): Promise<void> => {
    await takeBack();
    await writeProposal(repository, replaces);
  };
  return { root, undo };
}

/** Whether a root lacks signatures. */
export function isMissing({ before, own }: MissingSignatures): boolean {
  return before + own > 0;
}

/** Signs the bytes of a root. */
export async function signRoot(io: Io, key: SigningKey, bytes: Uint8Array): Promise<KeySignature> {
  const { root: namespace } = signatureNamespaces;
  const [signature = ''] = await sign({
    key,
    namespace,
    messages: [bytes],
    env: io.env,
    cwd: io.cwd,
  });
  return { key: key.publicKey, signature };
}

/** @throws EdgesealError `trust-signer` where the key is no root key of the root in force */
function requireRootSigner({ spec, number }: AcceptedRoot, { publicKey }: SigningKey): void {
  if (lists(spec.roots.keys, publicKey)) return;
  const others = spec.roots.keys.map((line) => keyWords(line, spec)).join(', ');
  throw new EdgesealError(
    'trust-signer',
    `your key ${sshFingerprint(publicKey.blob)} may not sign trust roots: it is not among the root keys of root ${number}`,
    { hint: `one of these can: ${others} (another key of yours: --signing-key FILE)` },
  );
}

/**
 * Two roots N+1 cannot both come into force; whoever signed both would let the clusters fall apart. What nobody else has
 * signed yet can still be changed.
 */
async function ownProposal(
  { state }: OpenRepository,
  { publicKey }: SigningKey,
): Promise<Proposal | undefined> {
  const [open, ...others] = (await readProposals(state)).proposals;
  if (open === undefined) return undefined;
  const isOwn = open.signers.every(({ key }) => sameSshKey(key, publicKey));
  if (isOwn && others.length === 0) return open;
  throw new EdgesealError(
    'trust-root',
    `a trust root ${open.root.number} is proposed already, and another cannot follow root ${state.root.number} beside it`,
    {
      file: open.folder,
      hint: `finish it: edgeseal trust sign; or give it up: git rm -rf ${open.folder}`,
    },
  );
}

/** A second root N+1 beside one that clusters may have adopted would lock them out. */
async function requireNewest(io: Io, { top, state }: OpenRepository): Promise<void> {
  const pin = await readPin(io, top, state.repository.spec.id);
  if (pin === undefined || pin.newest.number <= state.root.number) return;
  throw new EdgesealError(
    'trust-root',
    `this branch stands on trust root ${state.root.number}, root ${pin.newest.number} was seen already`,
    {
      hint: `merge the newer main first, then run the command again; only if root ${pin.newest.number} was made here and never pushed: edgeseal trust accept ${pin.accepted}`,
    },
  );
}
