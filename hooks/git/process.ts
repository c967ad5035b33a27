import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { EdgesealError } from '../../core/errors.ts';

/** What a hook touches of the outside; the command line's Io is one. */
export interface HookIo {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stderr: { write(text: string): unknown };
}

/** A hook that Git tells something on standard input. */
export interface HookIoWithInput extends HookIo {
  stdin: AsyncIterable<Buffer | string>;
}

/** A git process that was started. */
export type GitProcess = ChildProcessWithoutNullStreams;

/**
 * Starts git as the hook was started: with Git's own variables (the index of `git commit -- file`, the quarantine of
 * a push), and without the person's objects in the place of others.
 */
export function startGit(io: HookIo, args: string[]): GitProcess {
  // What `git replace` shows instead of an object is not what is pushed.
  const own = { LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1' };
  const child = spawn('git', args, { cwd: io.cwd, env: { ...io.env, ...own } });
  // A process that could not start, or ended early, is noticed by whoever reads from it.
  child.stdin.on('error', () => undefined);
  child.on('error', () => undefined);
  return child;
}

/** Waits for the end of a process: its exit code and the first line that it wrote to standard error. */
export async function endOf(child: GitProcess): Promise<{ code: number; words: string }> {
  const words: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => words.push(chunk));
  const code = await new Promise<number>((resolve) => {
    child.on('close', (exit) => {
      resolve(exit ?? -1);
    });
  });
  return { code, words: Buffer.concat(words).toString('utf8').split('\n')[0] ?? '' };
}

/**
 * Standard output of a git command.
 *
 * @throws EdgesealError `git-repository` where it fails
 */
export async function gitOutput(io: HookIo, args: string[], input = ''): Promise<Buffer> {
  const child = startGit(io, args);
  child.stdin.end(input);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { code, words } = await endOf(child);
  if (code === 0) return Buffer.concat(chunks);
  throw gitFailure(args, words);
}

/** {@link gitOutput} as text without the last line break; undefined where git says no. */
export async function gitAnswer(io: HookIo, args: string[]): Promise<string | undefined> {
  try {
    return (await gitOutput(io, args)).toString('utf8').replace(/\n$/, '');
  } catch {
    return undefined;
  }
}

/** An error for a git command that failed. */
export function gitFailure(args: readonly string[], words: string): EdgesealError {
  return new EdgesealError('git-repository', `git ${args[0] ?? ''} failed: ${words}`);
}
