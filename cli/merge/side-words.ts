import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import type { Deed, MergeConflict } from '../../core/secret/merge/conflict.ts';
import type { FilePast } from '../../core/repository/past.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { claimsOf } from '../sign/candidate.ts';
import { plainText } from '../terminal/plain-text.ts';
import { quoted } from '../terminal/shell-word.ts';

/** One side, as far as it has to be told. */
export interface ToldSide {
  secret: EdgeSecret | undefined;
  past: FilePast | undefined;
}

/** `version 7, signed by alice@example.com`. */
export function versionWords(state: RepositoryState | undefined, { secret }: ToldSide): string {
  if (secret === undefined) return 'cannot be read';
  return `version ${secret.spec.version}, ${signerWords(state, secret)}`;
}

/** What a person reads in place of the file: markers that every tool knows for a conflict, and words between them. */
export function conflictText(told: {
  name: string;
  state: RepositoryState | undefined;
  ours: ToldSide;
  theirs: ToldSide;
  conflicts: readonly MergeConflict[];
  isRecovery: (name: string) => boolean;
}): string {
  const { name, state, ours, theirs, conflicts } = told;
  const lines = [
    `Two branches changed the same things of ${name}: only a person can say which count.`,
    '',
    ...conflictLines(told),
    '',
    'What only one side changed is merged whichever you choose. Choose for each, or for all:',
    ...choices(name, conflicts).map((command) => `  ${command}`),
    'An item gets a value of its own afterwards: ' + `edgeseal set ${name} ITEM`,
  ];
  return marked(versionWords(state, ours), versionWords(state, theirs), lines);
}

/** The same, where there is nothing to choose from item by item. */
export function refusalText(
  ours: string,
  theirs: string,
  name: string,
  reason: string,
  file: string,
): string {
  return marked(ours, theirs, [
    `${name} cannot be merged: ${reason}.`,
    '',
    'Take one side whole, then make the other change again, where it gets the next version:',
    `  git checkout --ours -- ${quoted(file)}      or: git checkout --theirs -- ${quoted(file)}`,
    `  edgeseal set ${name} ITEM`,
  ]);
}

/** One line a conflict, for the file and for the terminal. */
export function conflictLines({
  ours,
  theirs,
  conflicts,
  state,
  isRecovery,
}: {
  ours: ToldSide;
  theirs: ToldSide;
  conflicts: readonly MergeConflict[];
  state: RepositoryState | undefined;
  isRecovery: (name: string) => boolean;
}): string[] {
  return conflicts.map(({ kind, name, regions, ...deeds }) => {
    const real = regions.filter((region) => !isRecovery(region));
    const whom = real.length === 0 ? '' : `, for ${real.join(', ')}`;
    const who = (side: 'ours' | 'theirs'): string =>
      `${side} ${deedWords[deeds[side]]}${madeWords(state, side === 'ours' ? ours : theirs, name, kind)}`;
    switch (kind) {
      case 'item':
      case 'template':
        return `  ${plainText(name)}: ${who('ours')}; ${who('theirs')}${whom}`;
      case 'region':
        return `  ${plainText(name)}: ${deeds.ours === 'added' ? 'ours' : 'theirs'} gives its old value to ${real.join(', ')}; the other side replaced that value`;
      case 'type':
        return `  ${plainText(name)}: it was sealed for another type of Secret than the one that the other side chose, and would not open`;
      case 'damaged':
        return `  ${plainText(name)}: the same envelope has other ciphertext on each side; take one side whole`;
      case 'empty':
        return '  nothing is left of it when both are merged; to remove it: git rm';
    }
  });
}

const deedWords: Record<Deed, string> = {
  added: 'added it',
  replaced: 'replaced it',
  removed: 'removed it',
  kept: 'has it otherwise',
};

/** In which version, and by whom, as far as the side's history tells. */
function madeWords(
  state: RepositoryState | undefined,
  { secret, past }: ToldSide,
  item: string,
  kind: MergeConflict['kind'],
): string {
  if (secret === undefined || kind !== 'item') return '';
  const versions = secret.spec.envelopes.flatMap((envelope) =>
    'data' in envelope && Object.hasOwn(envelope.data, item) ? envelope.version : [],
  );
  const version = Math.max(0, ...versions);
  if (version === 0) return '';
  const made = past?.versions.find((one) => one.secret.spec.version === version)?.secret;
  const by = made ?? (secret.spec.version === version ? secret : undefined);
  return ` in version ${version}${by === undefined ? '' : `, ${signerWords(state, by)}`}`;
}

function signerWords(state: RepositoryState | undefined, secret: EdgeSecret): string {
  const { signatures } = secret.spec;
  if (signatures.length === 0) return 'not signed';
  if (state === undefined)
    return `signed, as it says, by ${signatures.map(({ author }) => plainText(author)).join(', ')}`;
  const claims = claimsOf(state, secret);
  const valid = claims.filter((claim) => claim.state === 'valid');
  return valid.length > 0
    ? `signed by ${valid.map(({ author }) => plainText(author)).join(', ')}`
    : 'not validly signed';
}

function choices(name: string, conflicts: readonly MergeConflict[]): string[] {
  const names = [...new Set(conflicts.map((one) => one.name))];
  const [first = '', second] = names;
  return [
    ...(second === undefined
      ? []
      : [`edgeseal merge ${name} --ours ${quoted(first)} --theirs ${quoted(second)}`]),
    `edgeseal merge ${name} --rest ours`,
    `edgeseal merge ${name} --rest theirs`,
  ];
}

function marked(ours: string, theirs: string, lines: readonly string[]): string {
  return [
    `<<<<<<< ours: ${ours}`,
    ...lines.map((line) => `# ${line}`.trimEnd()),
    '=======',
    `>>>>>>> theirs: ${theirs}`,
    '',
  ].join('\n');
}
