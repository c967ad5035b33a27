import { readProposals, missingWords } from '../../../core/repository/proposals.ts';
import { readRootFile } from '../../../core/repository/trust.ts';
import { signatureNamespaces, validSignatures } from '../../../core/trust/signed-by.ts';
import type { KeySignature } from '../../../core/trust/signed-by.ts';
import type { AcceptedRoot } from '../../../core/trust/root-chain.ts';
import { keyWords, lists } from '../../trust/key-words.ts';
import { rootDifference } from '../../trust/root-difference.ts';
import type { TrustReview } from '../model.ts';
import type { MergeSides } from './sides.ts';

/** Who may do what: the roots that come into force with the change, and those that it proposes. */
export async function reviewTrust({ base, judge: merged }: MergeSides): Promise<TrustReview[]> {
  const reviews: TrustReview[] = [];
  let held = base.root;
  for (const root of merged.roots.filter(({ number }) => number > base.root.number)) {
    const file = await readRootFile(merged.view, root.number);
    const signatures =
      file === undefined
        ? []
        : validSignatures(file.signatures, file.bytes, signatureNamespaces.root);
    reviews.push({ ...stepOf(held, root, signatures), missing: undefined });
    held = root;
  }
  const known = new Set((await readProposals(base)).proposals.map(idOf));
  for (const proposal of (await readProposals(merged)).proposals) {
    if (known.has(idOf(proposal))) continue;
    const { root, signers, missing } = proposal;
    const lacks = missingWords(root.number, missing);
    reviews.push({ ...stepOf(merged.root, root, signers), missing: lacks });
  }
  return reviews;
}

/** A proposal that has another signature is another one to look at. */
function idOf({ folder, signers }: { folder: string; signers: readonly unknown[] }): string {
  return `${folder} ${signers.length}`;
}

function stepOf(
  before: AcceptedRoot,
  after: AcceptedRoot,
  signatures: readonly KeySignature[],
): Omit<TrustReview, 'missing'> {
  const entitled = signatures.filter(({ key }) =>
    [before, after].some(({ spec }) => lists(spec.roots.keys, key)),
  );
  return {
    before: before.number,
    after: after.number,
    lines: rootDifference(before.spec, after.spec),
    signedBy: entitled.map(({ key }) => keyWords(key, before.spec)),
  };
}
