import { spawn } from 'node:child_process';

export interface ToolResult {
  /** Exit code, or null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  /** The first 4 KiB of what it complained; empty when it spoke to the terminal itself. */
  stderr: string;
}

export interface ToolOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** What the program reads from its standard input; without it that is empty. */
  input?: Uint8Array;
  /** Lets the program speak to the person (prompts, "touch your key") when there is a terminal. */
  interactive?: boolean;
}

const MAX_STDERR = 4096;

/**
 * Runs one of the person's own programs (`ssh-keygen`, `ssh-add`, `git`), found through `env.PATH`,
 * without a shell. Returns undefined when it is not installed; its failure is a result, not an error.
 *
 * While it runs Ctrl-C ends the program alone, so that the caller can still remove its files.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  options: ToolOptions,
): Promise<ToolResult | undefined> {
  const inherit = options.interactive === true && process.stderr.isTTY;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', inherit ? 'inherit' : 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => {
    // Reads on, so that the program does not block, and keeps only the beginning.
    if (stderr.reduce((sum, part) => sum + part.length, 0) < MAX_STDERR) stderr.push(chunk);
  });
  // A program that ends before it has read everything is judged by its exit code.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);

  const interrupted = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    return await new Promise<ToolResult | undefined>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') resolve(undefined);
        else reject(error);
      });
      child.once('close', (code, signal) =>
        resolve({
          code,
          signal,
          stdout: Buffer.concat(stdout).toString('utf8'),
          stderr: Buffer.concat(stderr).toString('utf8').slice(0, MAX_STDERR),
        }),
      );
    });
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}
