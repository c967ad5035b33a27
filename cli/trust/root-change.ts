import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { apiVersion } from '../../core/format/schema.ts';
import { formatTrustRoot, rootPath, rootSignaturePath } from '../../core/format/trust-root.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { acceptNextRoot } from '../../core/trust/root-chain.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { parseSshPublicKey, sameSshKey, sshFingerprint } from '../../core/trust/ssh-key.ts';
import type { SshPublicKey } from '../../core/trust/ssh-key.ts';
import { writeFileAtomic } from '../files.ts';
import type { Io } from '../terminal/io.ts';
import { readPin } from './pin.ts';
import type { OpenRepository } from '../repository.ts';
import { findSigningKey, sign } from '../signer/signer.ts';

/** The part of a root that a command changes; number, previous and signatures follow from it. */
export type RootEdit = (spec: TrustRootSpec) => TrustRootSpec;

/**
 * Makes root N+1: the root in force, changed, signed with the person's own key, checked as everybody else will
 * check it, written to `trust/`.
 *
 * @returns the new root, and `undo`, which takes its files away again while nothing was committed
 * @throws EdgesealError `trust-signer` where the person may not sign roots or several have to, `trust-root` where a
 * newer root was seen already; nothing is written then
 */
export async function changeRoot(
  io: Io,
  repository: OpenRepository,
  options: { signingKey?: string | undefined },
  edit: RootEdit,
): Promise<{ root: AcceptedRoot; undo: () => Promise<void> }> {
  const held = repository.state.root;
  await requireNewest(io, repository);
  const number = held.number + 1;
  const spec = { ...edit(held.spec), number, previous: held.sha256 };
  requireOneSigner(held.spec);
  requireOneSigner(spec);
  const key = await findSigningKey({ cwd: io.cwd, env: io.env, keyPath: options.signingKey });
  for (const root of [held.spec, spec]) requireListed(root, held.number, key.publicKey);
  const bytes = Buffer.from(formatTrustRoot({ apiVersion, kind: 'TrustRoot', spec }));
  const [signatures = ''] = await sign({
    key,
    namespace: signatureNamespaces.root,
    messages: [bytes],
    env: io.env,
    cwd: io.cwd,
  });
  const root = acceptNextRoot(held, { bytes, signatures, file: rootPath(number) });
  const files = [rootSignaturePath(number), rootPath(number)].map((path) =>
    join(repository.root, path),
  );
  const undo = async (): Promise<void> => {
    for (const file of files.toReversed()) await rm(file, { force: true });
  };
  const [signatureFile = '', rootFile = ''] = files;
  try {
    // Signature first: a root without one would be an error, a signature without its root is nothing.
    await writeFileAtomic(signatureFile, signatures);
    await writeFileAtomic(rootFile, bytes);
  } catch (error) {
    await undo();
    throw error;
  }
  return { root, undo };
}

/** The keys and the threshold of the person who is about to sign alone. */
function requireOneSigner(spec: TrustRootSpec): void {
  if (spec.roots.threshold <= 1) return;
  throw new EdgesealError(
    'trust-signer',
    `a root needs ${spec.roots.threshold} signatures here, and this command makes one`,
    { hint: 'changing a root by several signers is not supported by this version yet' },
  );
}

function requireListed(spec: TrustRootSpec, number: number, key: SshPublicKey): void {
  const signers = spec.roots.keys.map((line) => parseSshPublicKey(line));
  if (signers.some((signer) => sameSshKey(signer, key))) return;
  throw new EdgesealError(
    'trust-signer',
    `your key ${sshFingerprint(key.blob)} may not sign trust roots: it is not among the root keys of root ${number}`,
    {
      hint: `one of these can: ${signers.map((signer) => sshFingerprint(signer.blob)).join(', ')} (another key of yours: --signing-key FILE)`,
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
