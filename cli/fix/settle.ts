import { rm, writeFile } from 'node:fs/promises';
import { encodePath } from '../../hooks/git/path-name.ts';
import { gitText, runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { fileAt } from './candidates.ts';
import type { Candidate } from './candidates.ts';

/** A file whose Secrets are sealed now. */
export interface Sealed extends Candidate {
  /** What stays in it; undefined where nothing does. */
  rest: string | undefined;
  /** Whether the sealed file was written over it. */
  replaced: boolean;
}

/**
 * Takes the plaintext out of the index, and then out of the working tree. In this order: what is interrupted in between has
 * left something to look at, and nothing to be committed.
 *
 * @param written files that were written, from the top
 */
export async function settle(
  io: Io,
  top: string,
  sealed: readonly Sealed[],
  written: readonly string[],
): Promise<void> {
  const cwd = { cwd: top };
  await runGit(io, ['add', '--', ...written.map((path) => `:(top,literal)${path}`)], cwd);
  const hashed = async (input: string, ...options: string[]): Promise<string> =>
    await gitText(io, ['hash-object', '--stdin', ...options], { ...cwd, input });
  const none = '0'.repeat((await hashed('')).length);
  const entries: Buffer[] = [];
  for (const { path, mode, rest, from, tracked, replaced } of sealed) {
    if (replaced || !tracked) continue;
    // What was read from the working tree may have the line ends of another system.
    const filters = from === 'worktree' && path.isWellFormed() ? [`--path=${path}`] : [];
    const entry =
      rest === undefined ? `0 ${none}` : `${mode} ${await hashed(rest, '-w', ...filters)}`;
    entries.push(Buffer.from(`${entry}\t`), encodePath(path), Buffer.of(0));
  }
  await runGit(io, ['update-index', '-z', '--index-info'], {
    ...cwd,
    input: Buffer.concat(entries),
  });
  for (const { path, rest, replaced, tracked } of sealed) {
    if (replaced) continue;
    const file = fileAt(top, path);
    if (rest === undefined) await rm(file, { force: true });
    else if (!tracked) await writeFile(file, rest);
    else {
      // By Git, which knows of line ends and of who may run it.
      const input = Buffer.concat([encodePath(path), Buffer.of(0)]);
      await runGit(io, ['checkout-index', '-f', '-u', '-z', '--stdin'], { ...cwd, input });
    }
  }
}
