import { join, resolve } from 'node:path';
import { AllowList, allowFile } from '../../../core/scan/allow/allow-list.ts';
import { EdgesealError } from '../../../core/errors.ts';
import { readIfThere } from '../../files.ts';
import { gitAnswer } from '../../git/git.ts';
import type { Io } from '../../terminal/io.ts';
import { Output } from '../../terminal/output.ts';
import { plainText } from '../../terminal/plain-text.ts';

/** A list, and the file that it is or will be. */
export interface ListFile {
  list: AllowList;
  /** Absolute. */
  path: string;
  /** Whether it is there. */
  isThere: boolean;
}

/** Top of the working tree, or the current folder outside of one. */
export async function topFolder(io: Io): Promise<string> {
  const top = await gitAnswer(io, ['rev-parse', '--show-toplevel']);
  return top === undefined || top === '' ? io.cwd : top;
}

/**
 * The allow list of where a person stands: of what is staged the staged one, for that is what will be reviewed.
 *
 * @throws EdgesealError `format-*` for a file that is none
 */
export async function openAllowed(io: Io, top: string, staged: boolean): Promise<ListFile> {
  const path = join(top, allowFile);
  const text = staged
    ? await gitAnswer(io, ['show', `:./${allowFile}`], { cwd: top })
    : await readIfThere(path);
  return await listFile(path, text);
}

/** A baseline as it was named. @throws EdgesealError `input-not-found` where it has to be there and is not */
export async function openBaseline(io: Io, name: string, isNew: boolean): Promise<ListFile> {
  const path = resolve(io.cwd, name);
  const text = await readIfThere(path);
  if (text === undefined && !isNew) {
    throw new EdgesealError('input-not-found', 'there is no such baseline', {
      file: name,
      hint: `make it with: edgeseal scan --write-baseline ${name}`,
    });
  }
  return await listFile(path, text);
}

/** Says which entries nothing was found for, so that a list does not only grow. */
export function sayUnneeded(io: Io, { list, isThere }: ListFile, name: string, hint: string): void {
  const unneeded = list.unneeded();
  const [first] = unneeded;
  if (!isThere || first === undefined) return;
  const shown = unneeded
    .slice(0, 5)
    .map(({ rule, file }) => `${rule} in ${plainText(file)}`)
    .join(', ');
  const more = unneeded.length > 5 ? `, and ${unneeded.length - 5} more` : '';
  const entries = unneeded.length === 1 ? 'entry is' : 'entries are';
  new Output(io).warn(
    `${unneeded.length} ${entries} no longer needed in ${name}: ${shown}${more}`,
    hint,
  );
}

async function listFile(path: string, text: string | undefined): Promise<ListFile> {
  const list = text === undefined ? new AllowList() : await AllowList.parse(text, path);
  return { list, path, isThere: text !== undefined };
}
