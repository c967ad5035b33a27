import { rootFingerprint } from '../../core/trust/root-chain.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { Output } from '../terminal/output.ts';
import type { Place } from '../repository.ts';

/**
 * Says that a root was made and what has to be done with it.
 *
 * @param others folders besides `trust` that changed
 */
export function sayRootMade(
  place: Place,
  root: AcceptedRoot,
  others: string[],
  output: Output,
): void {
  output.line(`trust root ${root.number}: ${rootFingerprint(root.sha256)}`);
  const at = place.prefix === '' ? '' : `-C ${place.root} `;
  // Whole folders: earlier roots may not be committed yet, and the chain needs each of them.
  output.note(
    `\nNext:\n  git ${at}add ${['trust', ...others].join(' ')}\n  git ${at}commit -m "Make trust root ${root.number}"\n  git push`,
  );
}
