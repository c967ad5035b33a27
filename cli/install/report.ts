import type { Output } from '../terminal/output.ts';
import type { Change } from './apply.ts';
import type { Leftover } from './leftover.ts';
import { nameOf } from './resource.ts';

const words = {
  create: { tried: 'would create', done: 'created' },
  change: { tried: 'would change', done: 'changed' },
  keep: { tried: 'unchanged', done: 'unchanged' },
  unchecked: { tried: 'would create, unchecked', done: 'created' },
} as const;

/** Says what was changed, object by object; what stays as it is, as a number. */
export function sayChanges(
  output: Output,
  changes: readonly Change[],
  removed: readonly Leftover[],
  dryRun: boolean,
): void {
  const tense = dryRun ? 'tried' : 'done';
  for (const { manifest, what, fields } of changes) {
    if (what === 'keep') continue;
    output.line(`${words[what][tense]}  ${nameOf(manifest)}`);
    for (const field of fields) output.line(`  ${field}`);
  }
  for (const leftover of removed)
    output.line(`${dryRun ? 'would remove' : 'removed'}  ${nameOf(leftover)}`);
  const kept = changes.filter(({ what }) => what === 'keep').length;
  if (kept > 0) output.line(`unchanged  ${kept === 1 ? '1 object' : `${kept} objects`}`);
}
