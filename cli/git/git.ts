import { spawn } from 'node:child_process';
import { EdgesealError } from '../../core/errors.ts';
import type { Io } from '../terminal/io.ts';
import { fullDisk } from './full-disk.ts';

export interface GitOptions {
  /** Folder to run in; default `io.cwd`. */
  cwd?: string;
  input?: Uint8Array | string;
  env?: NodeJS.ProcessEnv;
  /** Exit codes that are an answer rather than a failure. */
  allow?: number[];
}

export interface GitResult {
  code: number;
  stdout: Buffer;
  stderr: string;
}

/**
 * Runs the person's own git, so that hooks, SSH remotes, credential helpers and commit signing work as they
 * are used to. No shell, and no argument is ever a secret value.
 *
 * @throws EdgesealError `git-repository` with git's own last words where it fails, `store-full`
 */
export async function runGit(io: Io, args: string[], options: GitOptions = {}): Promise<GitResult> {
  const env = { ...io.env, ...options.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
  const child = spawn('git', args, {
    cwd: options.cwd ?? io.cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // git may end before it has read everything; its exit code says what that means.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'ENOENT'
          ? new EdgesealError('git-repository', 'git is not installed, or not on the PATH', {
              cause,
            })
          : new EdgesealError('git-repository', `git cannot be run: ${cause.code ?? ''}`, {
              cause,
            }),
      );
    });
    child.on('close', (exit) => {
      resolve(exit ?? -1);
    });
  });
  const result = {
    code,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString('utf8'),
  };
  if (code !== 0 && options.allow?.includes(code) !== true)
    throw (await fullDisk(result.stderr, options.cwd ?? io.cwd)) ?? gitFailure(args, result);
  return result;
}

/** {@link runGit}, its output as text without the final newline. */
export async function gitText(io: Io, args: string[], options: GitOptions = {}): Promise<string> {
  const { stdout } = await runGit(io, args, options);
  return stdout.toString('utf8').replace(/\n$/, '');
}

/** Like {@link gitText}, with undefined for any failure: for questions whose answer may be no. */
export async function gitAnswer(
  io: Io,
  args: string[],
  options: GitOptions = {},
): Promise<string | undefined> {
  const { code, stdout } = await runGit(io, args, { ...options, allow: anyCode });
  return code === 0 ? stdout.toString('utf8').replace(/\n$/, '') : undefined;
}

const anyCode = Array.from({ length: 256 }, (_, i) => i);

function gitFailure(args: string[], result: GitResult): EdgesealError {
  const words = result.stderr
    .split('\n')
    .filter(
      (line) => /^(fatal|error|remote|hint|! )/.test(line.trim()) || line.includes('rejected'),
    )
    .slice(0, 4)
    .map((line) =>
      line
        .trim()
        .replace(/^(fatal|error): /, '')
        .replace(/\/\/[^/@\s]+@/g, '//'),
    );
  const command = args.find((arg) => !arg.startsWith('-')) ?? '';
  return new EdgesealError(
    'git-repository',
    `git ${command} failed: ${words.join('; ') || `exit code ${result.code}`}`,
  );
}
