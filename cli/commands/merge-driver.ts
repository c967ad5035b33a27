import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gitAnswer, runGit } from '../git/git.ts';
import { findHeads } from '../merge/heads.ts';
import { openJudge } from '../merge/judge.ts';
import { mergeFile } from '../merge/merge-file.ts';
import type { FileOutcome } from '../merge/merge-file.ts';
import { refusalText } from '../merge/side-words.ts';
import type { Place } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output, printError } from '../terminal/output.ts';
import { plainText } from '../terminal/plain-text.ts';

/** As Git has it: the file is left as it is to be, and a person is needed. */
const conflict = 1;

/**
 * `edgeseal merge-driver %O %A %B %P`: Git's merge driver for sealed files. Writes the result to `%A`.
 *
 * @returns 0 where it is merged, 1 where a person has to look at it: whatever goes wrong, `%A` is never left as a sealed file
 * that one would take for the result
 */
export async function run(io: Io, args: string[]): Promise<number> {
  const [base = '', ours = '', theirs = '', path = ''] = args;
  const [one, two, three] = [
    resolve(io.cwd, base),
    resolve(io.cwd, ours),
    resolve(io.cwd, theirs),
  ] as const;
  const at = /^(.*\/)?(secrets\/[^/]+\/[^/]+\.yaml)$/.exec(path);
  if (at === null) return await asText(io, base, ours, theirs);
  const [, prefix = '', file = ''] = at;
  const top = (await gitAnswer(io, ['rev-parse', '--show-toplevel'])) ?? io.cwd;
  const place: Place = { top, root: join(top, prefix), prefix };
  const output = new Output(io);
  let outcome: FileOutcome;
  try {
    const heads = await findHeads(io, place);
    const judge = await openJudge(io, place, heads);
    const choices = { named: new Map(), rest: undefined };
    const [was, own, other] = await Promise.all([one, two, three].map((each) => readFile(each)));
    outcome = await mergeFile({ io, place, heads, judge, choices, sign: {} }, file, {
      base: was?.length === 0 ? undefined : was,
      ours: own ?? new Uint8Array(),
      theirs: other ?? new Uint8Array(),
    });
  } catch (error) {
    const name = file.slice('secrets/'.length, -'.yaml'.length);
    const reason = 'edgeseal failed while it merged it; what it said is in the terminal';
    await writeFile(two, refusalText('as it was', 'as it was', name, reason, path));
    printError(error, io);
    return conflict;
  }
  await writeFile(two, outcome.content);
  const shown = plainText(path);
  if (outcome.kind === 'merged') {
    const { version, author, words, warnings } = outcome;
    const signed = author === undefined ? 'not signed' : `signed by ${plainText(author)}`;
    output.note(`edgeseal: ${shown}: merged ${words}: version ${version}, ${signed}`);
    for (const warning of warnings) output.warn(`${shown}: ${warning}`);
    return exitCodes.ok;
  }
  output.note(`edgeseal: ${shown}: a person has to choose (the file says how):`);
  for (const line of outcome.lines) output.note(line);
  return conflict;
}

/** What the pattern of `.gitattributes` covers and is no sealed file, such as a README. */
async function asText(io: Io, base: string, ours: string, theirs: string): Promise<number> {
  const names = ['-L', 'ours', '-L', 'base', '-L', 'theirs'];
  const allow = Array.from({ length: 128 }, (_, code) => code);
  const { code } = await runGit(io, ['merge-file', ...names, ours, base, theirs], { allow });
  return code === 0 ? exitCodes.ok : conflict;
}
