import { missingWords, proposalFolder } from '../../core/repository/proposals.ts';
import { rootFingerprint } from '../../core/trust/root-chain.ts';
import type { Place } from '../repository.ts';
import type { Output } from '../terminal/output.ts';
import { isMissing } from './root-change.ts';
import type { MadeRoot } from './root-change.ts';

/**
 * Says that a root was made, or proposed, and what has to be done with it.
 *
 * @param others folders besides `trust` that changed
 */
export function sayRootMade(
  place: Place,
  root: MadeRoot,
  others: readonly string[],
  output: Output,
): void {
  const fingerprint = rootFingerprint(root.sha256);
  const at = place.prefix === '' ? '' : `-C ${place.root} `;
  // Whole folders: earlier roots may not be committed yet, and the chain needs each of them.
  const add = `  git ${at}add ${['trust', ...others].join(' ')}`;
  if (!isMissing(root.missing)) {
    output.line(`trust root ${root.number}: ${fingerprint}`);
    output.note(
      `\nNext:\n${add}\n  git ${at}commit -m "Make trust root ${root.number}"\n  git push`,
    );
    return;
  }
  output.line(`trust root ${root.number}, proposed: ${fingerprint}`);
  output.line(
    `not in force: it needs ${missingWords(root.number, root.missing)} (${proposalFolder(root)})`,
  );
  output.note(
    `\nFurther changes go into the same proposal, until somebody else has signed it.\n\nNext:\n${add}\n  git ${at}commit -m "Propose trust root ${root.number}"\n  git push\nThen whoever else has to sign it takes that branch and runs: edgeseal trust sign`,
  );
}
