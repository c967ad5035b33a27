import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import {
  formatEdgeSecret,
  maxSealedBytes,
  parseEdgeSecret,
} from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { auditSecret } from '../../core/repository/secret-audit.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import type { Choices, MergeConflict } from '../../core/secret/merge/conflict.ts';
import { mergeSecrets } from '../../core/secret/merge/merge.ts';
import type { MergeOutcome } from '../../core/secret/merge/merge.ts';
import { statementDigest } from '../../core/secret/statement.ts';
import { signChanges } from '../signer/signing.ts';
import type { SignOptions } from '../signer/signing.ts';
import { describeError } from '../terminal/output.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { gapsOf } from './gaps.ts';
import { hasHad, hasLeftBehind, readHistory } from './history.ts';
import type { MergeHistory } from './history.ts';
import { damageOf, isRecoveryBy, unvouched } from './judge.ts';
import type { Judge } from './judge.ts';
import type { Heads } from './heads.ts';
import { conflictLines, conflictText, refusalText, versionWords } from './side-words.ts';

/** The three contents of one sealed file. */
export interface Contents {
  /** Undefined where both sides made the file. */
  base: Uint8Array | undefined;
  ours: Uint8Array;
  theirs: Uint8Array;
}

/** What a merge goes by. */
export interface MergeRun {
  io: Io;
  place: Place;
  heads: Heads;
  judge: Judge;
  choices: Choices;
  sign: SignOptions;
}

/** What came of it. */
export type FileOutcome =
  | {
      kind: 'merged';
      content: string;
      version: number;
      author: string | undefined;
      words: string;
      warnings: string[];
    }
  /** `content` is what is put in the file's place: no sealed file, and words for a person. */
  | { kind: 'conflict'; content: string; conflicts: MergeConflict[]; lines: string[] };

/**
 * Merges one sealed file, and signs the result as the person who merges, if each side was signed by somebody entitled and
 * neither brings back what the other's history has left behind. What is not signed then waits for somebody to look at it.
 *
 * @param file below the repository's folder
 */
export async function mergeFile(
  run: MergeRun,
  file: string,
  contents: Contents,
): Promise<FileOutcome> {
  const { namespace = '', name = file } = parseSecretPath(file) ?? {};
  const title = namespace === '' ? file : `${namespace}/${name}`;
  const sides = {
    base: parsed(contents.base, file),
    ours: parsed(contents.ours, file),
    theirs: parsed(contents.theirs, file),
  };
  const { ours, theirs } = sides;
  const refuse = (reason: string): FileOutcome => ({
    kind: 'conflict',
    content: refusalText(
      sideWords(run, ours),
      sideWords(run, theirs),
      title,
      reason,
      run.place.prefix + file,
    ),
    conflicts: [],
    lines: [`  ${reason}`],
  });
  // What stood there before may be anything: where it cannot be read, each side is held to have made it all.
  const base = sides.base instanceof Error ? undefined : sides.base;
  if (ours === undefined || ours instanceof Error)
    return refuse(`ours is no sealed file (${reasonOf(ours)})`);
  if (theirs === undefined || theirs instanceof Error)
    return refuse(`theirs is no sealed file (${reasonOf(theirs)})`);
  for (const { metadata } of [ours, theirs])
    if (metadata.namespace !== namespace || metadata.name !== name)
      return refuse(`one side says it is ${metadata.namespace}/${metadata.name}`);
  const history = await readHistory(run.io, run.place, run.heads, file);
  const back = goesBack(base, ours, 'ours') ?? goesBack(base, theirs, 'theirs');
  if (back !== undefined) return refuse(back);
  for (const [side, secret] of [
    ['ours', ours],
    ['theirs', theirs],
  ] as const) {
    const damage = damageOf(secret, base);
    if (damage !== undefined) return refuse(`${side} ${damage}`);
  }
  const ahead = fastForward(history, ours, theirs);
  const version =
    Math.max(ours.spec.version, theirs.spec.version, base?.spec.version ?? 0, history.floor) + 1;
  const isRecovery = isRecoveryBy(run.judge);
  requireConflicts(run.choices, () =>
    mergeSecrets({ base, ours, theirs, version, isRecovery, choices: noChoices }),
  );
  const outcome =
    ahead !== undefined
      ? { kind: 'kept' as const, side: ahead, secret: ahead === 'ours' ? ours : theirs }
      : mergeSecrets({ base, ours, theirs, version, isRecovery, choices: run.choices });
  if (outcome.kind === 'conflict') {
    const told = {
      name: title,
      state: run.judge.state,
      ours: { secret: ours, past: history.ours },
      theirs: { secret: theirs, past: history.others[0] },
      conflicts: outcome.conflicts,
      isRecovery,
    };
    return {
      kind: 'conflict',
      content: conflictText(told),
      conflicts: outcome.conflicts,
      lines: conflictLines(told),
    };
  }
  const warnings =
    ahead === undefined ? gapsOf({ base, ours, theirs }, outcome.secret, isRecovery) : [];
  if (outcome.kind === 'kept') {
    const words = `as ${outcome.side} has it, which holds all of the other side's changes`;
    return merged(run, file, outcome.secret, words, warnings, refuse);
  }
  const faults = unsignable(run, { ours, theirs }, history);
  const secret = faults.length > 0 ? outcome.secret : await signed(run, outcome.secret, warnings);
  if (faults.length > 0)
    warnings.push(
      `left unsigned, as your signature would vouch for more than its authors did: ${faults.join('; ')}; look at it (edgeseal diff HEAD ${title}), then: edgeseal sign ${title}`,
    );
  return merged(run, file, secret, 'from both sides', warnings, refuse);
}

const noChoices: Choices = { named: new Map(), rest: undefined };

/** A mistyped name must not leave the item that was meant to whoever is named for the rest. */
function requireConflicts({ named }: Choices, merge: () => MergeOutcome): void {
  if (named.size === 0) return;
  const outcome = merge();
  const known = outcome.kind === 'conflict' ? outcome.conflicts.map(({ name }) => name) : [];
  const strange = [...named.keys()].find((name) => !known.includes(name));
  if (strange === undefined) return;
  throw new EdgesealError('input-usage', `${strange} is not in conflict`, {
    hint:
      known.length === 0 ? 'nothing is: leave the option out' : `in conflict: ${known.join(', ')}`,
  });
}

async function merged(
  { judge }: MergeRun,
  file: string,
  secret: EdgeSecret,
  words: string,
  warnings: string[],
  refuse: (reason: string) => FileOutcome,
): Promise<FileOutcome> {
  const content = formatEdgeSecret(secret);
  if (Buffer.byteLength(content) > maxSealedBytes || secret.spec.envelopes.length > 256)
    return refuse('merged, it would be too large; seal it anew as a whole');
  warnings.push(...(await faultsAfter(judge, file, content)));
  const author = secret.spec.signatures.at(-1)?.author;
  return { kind: 'merged', content, version: secret.spec.version, author, words, warnings };
}

/** Wraps for keys that are not good any more: a side may have sealed before a key was rotated that the other knows. */
async function faultsAfter({ state }: Judge, file: string, content: string): Promise<string[]> {
  if (state === undefined) return [];
  const view = { ...state.view, read: () => Promise.resolve(Buffer.from(content)) };
  const { findings } = await auditSecret({ ...state, view }, file);
  return findings
    .filter(({ error }) => ['trust-key', 'seal-exposed'].includes(error.code))
    .map(({ error }) => `${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`);
}

/** A side that has all of the other's history of this file: what the other had is an older state of it. */
function fastForward(
  { ours, others }: MergeHistory,
  own: EdgeSecret,
  other: EdgeSecret,
): 'ours' | 'theirs' | undefined {
  const isOurs = hasHad(ours, own) && hasHad(ours, other);
  const isTheirs = others.some((past) => hasHad(past, own) && hasHad(past, other));
  if (isOurs === isTheirs) return undefined;
  const [ahead, behind] = isOurs ? [own, other] : [other, own];
  if (ahead.spec.version <= behind.spec.version) return undefined;
  return isOurs ? 'ours' : 'theirs';
}

/** A side whose version is below the base's was not changed but set back; that is `edgeseal rollback`'s to do. */
function goesBack(
  base: EdgeSecret | undefined,
  side: EdgeSecret,
  name: string,
): string | undefined {
  if (base === undefined || side.spec.version > base.spec.version) return undefined;
  if (statementDigest('', base) === statementDigest('', side)) return undefined;
  return `${name} sets version ${base.spec.version} back to version ${side.spec.version}; an older state comes back only by: edgeseal rollback ${side.metadata.namespace}/${side.metadata.name}`;
}

/** Why the result must not be signed by whoever merges. */
function unsignable(
  { judge }: MergeRun,
  { ours, theirs }: { ours: EdgeSecret; theirs: EdgeSecret },
  history: MergeHistory,
): string[] {
  const faults = judge.obstacle === undefined ? [] : [judge.obstacle];
  for (const [name, side, known] of [
    ['ours', ours, history.others],
    ['theirs', theirs, [history.ours]],
  ] as const) {
    const words = `${name} (version ${side.spec.version})`;
    const fault = unvouched(judge, side);
    if (fault !== undefined) faults.push(`${words}: ${fault}`);
    if ([...known, ...history.trunks].some((past) => hasLeftBehind(past, side)))
      faults.push(
        `${words} is an older state, which main or the other branch has left behind: merge that first`,
      );
  }
  return faults;
}

async function signed(run: MergeRun, secret: EdgeSecret, warnings: string[]): Promise<EdgeSecret> {
  const { io, judge, sign } = run;
  if (judge.state === undefined) return secret;
  try {
    const { secrets } = await signChanges(io, judge.state, [secret], sign);
    return secrets[0] ?? secret;
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    warnings.push(
      `not signed: ${describeError(error)}${error.hint === undefined ? '' : ` (${error.hint})`}`,
    );
    return secret;
  }
}

function parsed(bytes: Uint8Array | undefined, file: string): EdgeSecret | Error | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return parseEdgeSecret(bytes, file);
  } catch (error) {
    if (isEdgesealError(error)) return error;
    throw error;
  }
}

function sideWords({ judge }: MergeRun, side: EdgeSecret | Error | undefined): string {
  const secret = side instanceof Error ? undefined : side;
  return versionWords(judge.state, { secret, past: undefined });
}

function reasonOf(side: Error | undefined): string {
  return side === undefined ? 'it is empty' : side.message;
}
