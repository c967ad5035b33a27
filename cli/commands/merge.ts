import { join, relative } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import type { Choices, Side } from '../../core/secret/merge/conflict.ts';
import { changeFiles } from '../change/staged-files.ts';
import type { FileChange } from '../change/staged-files.ts';
import { findHeads } from '../merge/heads.ts';
import { openJudge } from '../merge/judge.ts';
import { mergeFile } from '../merge/merge-file.ts';
import type { FileOutcome, MergeRun } from '../merge/merge-file.ts';
import { readUnmerged, unmergedFiles } from '../merge/unmerged.ts';
import type { Unmerged } from '../merge/unmerged.ts';
import { findRepository } from '../repository.ts';
import { parseSecretRef } from '../secret-ref.ts';
import type { SignOptions } from '../signer/signing.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { plainText } from '../terminal/plain-text.ts';
import { quoted } from '../terminal/shell-word.ts';

interface Options extends SignOptions {
  ours?: string[];
  theirs?: string[];
  rest?: Side;
}

/**
 * `edgeseal merge`: merges sealed files that git left in conflict, because both sides changed the same, or because its merge
 * driver was not there.
 */
export async function run(io: Io, names: string[], options: Options): Promise<number> {
  const place = await findRepository(io);
  const output = new Output(io);
  const unmerged = await unmergedFiles(io, place);
  const files =
    names.length === 0
      ? [...unmerged.values()]
      : names.map((name) => {
          const { file } = parseSecretRef(io, place, name);
          return unmerged.get(file) ?? notInConflict(file, place.prefix + file);
        });
  if (files.length === 0) {
    output.line('no sealed file is in conflict');
    return exitCodes.ok;
  }
  if ((options.ours ?? options.theirs) !== undefined && files.length !== 1)
    throw new EdgesealError('input-usage', 'items can be chosen for one secret at a time', {
      hint: 'edgeseal merge NAMESPACE/NAME --ours ITEM; for all secrets: --rest ours',
    });
  const heads = await findHeads(io, place);
  const judge = await openJudge(io, place, heads);
  const merge: MergeRun = { io, place, heads, judge, choices: choicesOf(options), sign: options };
  const written: FileChange[] = [];
  const left: string[] = [];
  for (const one of files) {
    const shown = relative(io.cwd, join(place.root, one.file));
    const outcome = await mergeOne(merge, one);
    if (outcome === undefined) {
      const gone = one.ours === undefined ? 'ours' : 'theirs';
      output.warn(
        `${shown}: ${gone} removed it, the other side changed it`,
        `to remove it: git rm -- ${quoted(shown)}; to keep it as the other side has it: git add -- ${quoted(shown)}`,
      );
      left.push(shown);
    } else if (outcome.kind === 'conflict') {
      output.note(`${shown}: both sides changed the same:`);
      for (const line of outcome.lines) output.note(line);
      left.push(shown);
    } else {
      written.push({ file: one.file, content: outcome.content });
      say(output, shown, outcome);
    }
  }
  await changeFiles(place.root, written);
  if (written.length > 0) {
    const paths = written.map(({ file }) => quoted(relative(io.cwd, join(place.root, file))));
    output.note(
      `next: git add ${paths.join(' ')}, and go on with your merge (git status says how)`,
    );
  }
  if (left.length === 0) return exitCodes.ok;
  output.note(
    `choose for ${left.join(', ')}: --ours ITEMS, --theirs ITEMS, or --rest ours|theirs for all that you do not name`,
  );
  return exitCodes.findings;
}

async function mergeOne(merge: MergeRun, unmerged: Unmerged): Promise<FileOutcome | undefined> {
  const { file, base, ours, theirs } = unmerged;
  if (ours === undefined || theirs === undefined) return undefined;
  const contents = await readUnmerged(merge.io, merge.place, { base, ours, theirs });
  return await mergeFile(merge, file, contents);
}

function say(
  output: Output,
  shown: string,
  { version, author, words, warnings }: FileOutcome & { kind: 'merged' },
): void {
  const signed = author === undefined ? 'not signed' : `signed by ${plainText(author)}`;
  output.line(`${shown}: merged ${words}: version ${version}, ${signed}`);
  for (const warning of warnings) output.warn(`${shown}: ${warning}`);
}

function choicesOf({ ours = [], theirs = [], rest }: Options): Choices {
  const both = ours.find((name) => theirs.includes(name));
  if (both !== undefined)
    throw new EdgesealError('input-usage', `${both} cannot be taken from both sides`);
  const named = new Map<string, Side>();
  for (const name of ours) named.set(name, 'ours');
  for (const name of theirs) named.set(name, 'theirs');
  return { named, rest };
}

function notInConflict(file: string, path: string): never {
  throw new EdgesealError('input-not-found', 'it is not in conflict', {
    file,
    hint: `if you added it already, and that was wrong: git checkout --merge -- ':(top)${path}'`,
  });
}
