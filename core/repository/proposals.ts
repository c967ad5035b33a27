import { createHash } from 'node:crypto';
import { EdgesealError } from '../errors.ts';
import { rootPath } from '../format/trust-root.ts';
import { judgeProposedRoot, rootHash } from '../trust/root-chain.ts';
import type { AcceptedRoot, MissingSignatures } from '../trust/root-chain.ts';
import { signatureNamespaces, signatureText, validSignatures } from '../trust/signed-by.ts';
import type { KeySignature } from '../trust/signed-by.ts';
import type { SshPublicKey } from '../trust/ssh-key.ts';
import type { RepositoryState } from './repository-state.ts';
import type { RepositoryView } from './view.ts';

/**
 * A root N+1 that collects signatures. It lies beside the chain, never in it, so that nothing that follows the chain
 * meets it; each signature is a file of its own, so that two people's branches merge without a conflict.
 */
export interface Proposal {
  /** `trust/proposed/<number>-<first 16 digits of its SHA-256>`. */
  folder: string;
  root: AcceptedRoot;
  bytes: Uint8Array;
  /** Who signed, each once, whether a root lists them or not. */
  signers: KeySignature[];
  missing: MissingSignatures;
}

const proposedFolder = 'trust/proposed';
const inFolder = /^trust\/proposed\/([1-9]\d{0,14})-([0-9a-f]{16})\/(.+)$/;

/** What is looked at; more than a few is somebody's mischief. */
const maxProposals = 16;
const maxSignatures = 64;

export function proposalFolder({ number, sha256 }: AcceptedRoot): string {
  return `${proposedFolder}/${number}-${sha256.slice(0, 16)}`;
}
export function proposedRootPath(folder: string): string {
  return `${folder}/root.yaml`;
}
export function proposedSignaturePath(folder: string, key: SshPublicKey): string {
  return `${folder}/${keyHash(key).slice(0, 16)}.sig`;
}

/**
 * Reads the roots that are proposed to follow the one in force.
 *
 * @returns those that can come into force; and why the others cannot, one error a folder
 */
export async function readProposals({
  view,
  root,
}: Pick<RepositoryState, 'view' | 'root'>): Promise<{
  proposals: Proposal[];
  faults: EdgesealError[];
}> {
  const folders = new Map<string, string[]>();
  const faults: EdgesealError[] = [];
  for (const file of await view.list(proposedFolder)) {
    const match = inFolder.exec(file);
    if (match === null) {
      faults.push(new EdgesealError('trust-root', 'this is no proposed root', { file }));
      continue;
    }
    const folder = file.slice(0, file.length - (match[3]?.length ?? 0) - 1);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const proposals: Proposal[] = [];
  for (const [folder, files] of [...folders].slice(0, maxProposals)) {
    try {
      await requireOpen(view, folder, root);
      proposals.push(await readProposal(view, root, folder, files));
    } catch (error) {
      if (!(error instanceof EdgesealError)) throw error;
      const hint = error.hint ?? `take it away: git rm -rf ${folder}`;
      faults.push(error.at({ file: error.file ?? folder, hint }));
    }
  }
  if (folders.size > maxProposals) {
    const message = `${folders.size - maxProposals} more proposed roots are not looked at`;
    faults.push(new EdgesealError('trust-root', message, { file: proposedFolder }));
  }
  return { proposals, faults };
}

/** Says of a proposal that can never come into force why. */
async function requireOpen(
  view: RepositoryView,
  folder: string,
  held: AcceptedRoot,
): Promise<void> {
  const [, digits = '', prefix = ''] = inFolder.exec(`${folder}/-`) ?? [];
  const number = Number(digits);
  if (number > held.number) return;
  const inForce = rootHash((await view.read(rootPath(number))) ?? new Uint8Array());
  const away = `take it away: git rm -rf ${folder}`;
  if (inForce.startsWith(prefix)) {
    const message = `root ${number} came into force: its proposal is of no use any more`;
    throw new EdgesealError('trust-root', message, { file: folder, hint: away });
  }
  throw new EdgesealError(
    'trust-root',
    `another root ${number} came into force meanwhile: this one never will`,
    { file: folder, hint: `propose again what is still wanted, and ${away}` },
  );
}

async function readProposal(
  view: RepositoryView,
  held: AcceptedRoot,
  folder: string,
  files: readonly string[],
): Promise<Proposal> {
  const file = proposedRootPath(folder);
  const bytes = await view.read(file);
  if (bytes === undefined) throw new EdgesealError('trust-root', `${file} is missing`, { file });
  // Its signatures are over the bytes; the name is what people speak of.
  if (!folder.endsWith(`-${rootHash(bytes).slice(0, 16)}`)) {
    throw new EdgesealError('trust-root', 'it was changed after it was proposed', { file });
  }
  const signers = new Map<string, KeySignature>();
  for (const path of files.filter((one) => one.endsWith('.sig')).slice(0, maxSignatures)) {
    const text = Buffer.from((await view.read(path)) ?? []).toString('latin1');
    for (const one of validSignatures(text, bytes, signatureNamespaces.root))
      signers.set(keyHash(one.key), one);
  }
  const sorted = [...signers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  const signatures = signatureText(sorted);
  const { accepted: root, missing } = judgeProposedRoot(held, { bytes, signatures, file });
  return { folder, root, bytes, signers: sorted, missing };
}

function keyHash({ blob }: SshPublicKey): string {
  return createHash('sha256').update(blob).digest('hex');
}

/** What root `number` lacks, for people: `1 more signature by root keys of root 2`; empty where it has all. */
export function missingWords(number: number, { before, own }: MissingSignatures): string {
  const more = (count: number): string => `${count} more signature${count === 1 ? '' : 's'}`;
  if (before === own) return own === 0 ? '' : `${more(own)} by root keys`;
  const words = [
    ...(before > 0 ? [`${more(before)} by root keys of root ${number - 1}`] : []),
    ...(own > 0 ? [`${more(own)} by root keys of its own`] : []),
  ];
  return words.join(' and ');
}
