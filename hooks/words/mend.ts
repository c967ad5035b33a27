import { posix } from 'node:path';
import { quotedPath } from '../git/path-name.ts';
import type { Refused } from '../judge.ts';
import type { Mending } from './own-command.ts';

const isSecret = (rule: string): boolean => rule === 'kubernetes-secret';
const isUnreadable = (rule: string): boolean => rule === 'unreadable-secret';
const isKey = (rule: string): boolean => rule === 'region-key';

/** The files that one of these rules has found something in. */
function having(refused: readonly Refused[], is: (rule: string) => boolean): Refused[] {
  return refused.filter(({ findings }) => findings.some(({ rule }) => is(rule)));
}

/** How to get from refused files to good ones: one command for all of a kind. */
export function mendPlaintext(refused: readonly Refused[], mending: Mending): string[] {
  const steps: string[] = [];
  const { command, canSeal } = mending;
  const seal = canSeal
    ? `  ${command} fix`
    : '  there is no secrets repository to seal it into yet: edgeseal init --path secrets';
  if (having(refused, isSecret).length > 0)
    steps.push('seal it, and stage the sealed file in its place:', seal, 'then commit again.');
  if (having(refused, isUnreadable).length > 0)
    steps.push('mend what cannot be parsed and stage it; then seal it:', seal);
  if (having(refused, isKey).length > 0)
    steps.push(
      'private region keys belong outside of the repository: move them to ~/edgeseal-keys/ (the folder: chmod 700).',
    );
  steps.push(...mendValue(refused));
  return steps;
}

/** A value in a source file cannot be sealed for it; what helps depends on whether it is real. */
export function mendValue(refused: readonly Refused[]): string[] {
  const isValue = (rule: string): boolean =>
    !isSecret(rule) && !isUnreadable(rule) && !isKey(rule) && rule !== 'sealed-file';
  if (having(refused, isValue).length === 0) return [];
  return [
    'take the value out of the file, and let the program read it from its environment or a mounted Secret; if it was',
    'ever pushed or shown to somebody, revoke it where it was issued. If it is no secret, say so in that line, in a',
    'comment: edgeseal:allow',
  ];
}

/** How to commit the rest without these files. */
export function leaveOut(refused: readonly Refused[], here: string, first: boolean): string[] {
  const steps = [`${first ? 'leave' : 'or leave'} it out of this commit:`];
  const unstage = (command: string, files: Refused[]): void => {
    if (files.length > 0) steps.push(`  ${command} -- ${pathsFrom(here, files)}`);
  };
  // `git restore --staged` wants a HEAD to restore from, which the first commit does not have.
  unstage(
    'git rm --cached',
    refused.filter(({ isNew }) => isNew),
  );
  unstage(
    'git restore --staged',
    refused.filter(({ isNew }) => !isNew),
  );
  return steps;
}

/** Sealed files are not mended by hand: a whole one is taken, and the change is made again. */
export function takeBack(
  sealed: readonly Refused[],
  { here, command }: Mending,
  isMerging: boolean,
): string[] {
  const known = sealed.filter(({ isNew }) => !isNew);
  const fresh = sealed.filter(({ isNew }) => isNew);
  const steps: string[] = [];
  const [, secret = 'NAMESPACE/NAME'] =
    /secrets\/([^/]+\/[^/]+)\.yaml$/.exec(sealed[0]?.path ?? '') ?? [];
  if (isMerging)
    steps.push(
      'merge it by item:',
      `  git checkout --merge -- ${pathsFrom(here, sealed)} && ${command} merge ${secret}`,
      'or take the merged one whole:',
      `  git checkout MERGE_HEAD -- ${pathsFrom(here, sealed)}`,
    );
  if (known.length > 0)
    steps.push(
      `${isMerging ? 'or' : 'take'} the one that HEAD has:`,
      `  git checkout HEAD -- ${pathsFrom(here, known)}`,
    );
  if (fresh.length > 0 && !isMerging)
    steps.push('leave it out of this commit:', `  git rm --cached -- ${pathsFrom(here, fresh)}`);
  steps.push('then make the change again:', `  ${command} set ${secret} ITEM`);
  return steps;
}

function pathsFrom(here: string, files: readonly Refused[]): string {
  return files.map(({ path }) => quotedPath(posix.relative(here, path) || '.')).join(' ');
}
