import { EdgesealError } from '../errors.ts';
import { partWords } from '../secret/fixed-parts.ts';
import type { FixedPart } from '../secret/fixed-parts.ts';
import type { AuditedSecret } from './secret-audit.ts';

/** How many parts are named; a file that was edited at large needs no list. */
const NAMED = 3;

/** Parts that are made once, and are not as they were made. */
export function brokenError(file: string, broken: readonly FixedPart[]): EdgesealError {
  // Parts that have no name of their own are told in the same words.
  const all = [...new Set(broken.map(partWords))];
  const names = all.slice(0, NAMED).join(', ');
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
  return new EdgesealError('seal-open', `it was changed by hand or damaged: ${names}${more}`, {
    file,
    hint: 'no version in history is good: seal it anew as a whole: edgeseal seal',
  });
}

/** A version below one that was there before. */
export function floorError(
  { file, namespace, name }: AuditedSecret,
  version: number,
  floor: number,
): EdgesealError {
  return new EdgesealError(
    'trust-floor',
    `version ${version} is below ${floor}: a later version was committed, or it was deleted`,
    {
      file,
      hint: `make its content a new version: edgeseal rollback ${namespace}/${name} --to ${version}`,
    },
  );
}
