import { posix } from 'node:path';
import type { ScanFinding } from '../core/scan/finding.ts';
import type { StagedFile } from './staged.ts';

/** A staged file and what is wrong with it. */
export interface Refused extends StagedFile {
  findings: ScanFinding[];
}

/** What a refusal is worded by. */
interface Place {
  /** The folder in which the commands are going to be typed, from the top. */
  here?: string;
  /** The commit that is being merged, as git takes it. */
  theirs?: string | undefined;
}

/**
 * What a person reads when a commit is refused: what was found, where, and the command that mends it.
 *
 * @param settings paths of the `edgeseal.yaml` files that Git knows, from the top
 */
export function refusal(
  refused: readonly Refused[],
  settings: readonly string[],
  { here = '', theirs }: Place = {},
): string {
  const isSealed = ({ findings }: Refused): boolean =>
    findings.every(({ rule }) => rule === 'sealed-file');
  const sealed = refused.filter(isSealed);
  const plain = refused.filter((file) => !isSealed(file));
  const words: string[] = [];
  if (plain.length > 0) {
    words.push(
      'edgeseal: commit refused: what is staged would put secrets into Git in plaintext',
      ...listed(plain),
      ...mend(plain, posix.dirname(settings[0] ?? 'edgeseal.yaml'), here),
      '',
    );
  }
  if (sealed.length > 0) {
    words.push(
      'edgeseal: commit refused: a sealed file cannot be read, so nobody could publish it',
      ...listed(sealed),
      ...takeBack(sealed, here, theirs),
      '',
    );
  }
  return words.join('\n');
}

function listed(refused: readonly Refused[]): string[] {
  const lines = refused.flatMap(({ path, findings }) =>
    findings.map(({ line, message }) => `  ${shown(path)}:${line}: ${message}`),
  );
  return ['', ...lines, ''];
}

/** Sealed files are not mended by hand: a whole one is taken, and the change is made again. */
function takeBack(sealed: readonly Refused[], here: string, theirs: string | undefined): string[] {
  const names = (files: readonly Refused[]): string =>
    files.map(({ path }) => quoted(posix.relative(here, path))).join(' ');
  const known = sealed.filter(({ isNew }) => !isNew);
  const fresh = sealed.filter(({ isNew }) => isNew);
  const steps: string[] = [];
  if (theirs !== undefined)
    steps.push('take the merged one whole:', `  git checkout ${theirs} -- ${names(sealed)}`);
  if (known.length > 0)
    steps.push(
      `${theirs === undefined ? 'take' : 'or'} the one that HEAD has:`,
      `  git checkout HEAD -- ${names(known)}`,
    );
  if (fresh.length > 0 && theirs === undefined)
    steps.push('leave it out of this commit:', `  git rm --cached -- ${names(fresh)}`);
  const [first] = sealed;
  const [, secret = 'NAMESPACE/NAME'] =
    /secrets\/([^/]+\/[^/]+)\.yaml$/.exec(first?.path ?? '') ?? [];
  steps.push('then make the change again:', `  edgeseal set ${secret} ITEM`);
  return steps;
}

/** One command for all files of a kind: a person who staged forty does not want to read it forty times. */
function mend(refused: readonly Refused[], folder: string, here: string): string[] {
  const having = (rule: ScanFinding['rule']): Refused[] =>
    refused.filter(({ findings }) => findings.some((finding) => finding.rule === rule));
  const fromHere = (path: string): string => quoted(posix.relative(here, path) || '.');
  const isInside = here === `${folder}/` || here.startsWith(`${folder}/`);
  const at = folder === '.' || isInside ? '' : ` -C ${fromHere(folder)}`;
  const from = at === '' ? here : folder;
  const sealing = (files: Refused[]): string => {
    const given = files.map(({ path }) => quoted(posix.relative(from, path))).join(' ');
    const staged = files.map(({ path }) => fromHere(path)).join(' ');
    const sealed = fromHere(posix.join(folder, 'secrets'));
    return `  edgeseal${at} seal ${given} --remove && git add -A -- ${sealed} ${staged}`;
  };
  const steps: string[] = [];
  const secrets = having('kubernetes-secret');
  const unreadable = having('unreadable-secret');
  if (secrets.length > 0) steps.push('seal it:', sealing(secrets));
  if (unreadable.length > 0) {
    steps.push('mend what cannot be parsed, then seal it:', sealing(unreadable));
  }
  if (having('region-key').length > 0) {
    steps.push('private region keys belong outside of the repository.');
  }
  steps.push(
    `${secrets.length + unreadable.length > 0 ? 'or leave' : 'leave'} it out of this commit:`,
  );
  const unstage = (command: string, files: Refused[]): void => {
    if (files.length === 0) return;
    steps.push(`  ${command} -- ${files.map(({ path }) => fromHere(path)).join(' ')}`);
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

/** For a person's eye: a path may hold what a terminal would act on. */
function shown(path: string): string {
  return /^[\x20-\x7e]*$/.test(path) ? path : JSON.stringify(path).replace(/[\u007f-\u009f]/g, '?');
}

/** For a person's shell. */
function quoted(path: string): string {
  if (/^[A-Za-z0-9_./@%+,:=-]+$/.test(path)) return path;
  if (!/\p{Cc}/u.test(path)) return `'${path.replaceAll("'", "'\\''")}'`;
  const escaped = path.replace(/[\\']/g, '\\$&').replace(/\p{Cc}/gu, (control) => {
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `$'${escaped}'`;
}
