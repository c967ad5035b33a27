import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { build } from '../../tools/build.ts';

/** What a run of the program has left to be seen. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The log, as far as it came. */
  lines: { event: string; [field: string]: unknown }[];
  stderr: string;
}

export interface Start {
  /** Words before the program, such as strace's. */
  wrapper?: string[];
  nodeFlags?: string[];
  env?: NodeJS.ProcessEnv;
  /** Called with what kills it. */
  onStart?: (kill: () => void) => void;
}

const checkout = join(import.meta.dirname, '../..');

/** Builds the program as it is shipped, for the tests of one file. @returns the path of its entry */
export async function buildProgram(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-crash-program-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  await build(checkout, join(folder, 'dist'));
  copyFileSync(join(checkout, 'package.json'), join(folder, 'package.json'));
  return join(folder, 'dist/edgeseal.cjs');
}

/** Runs it to its end, whatever that is. */
export async function runProgram(
  program: string,
  args: string[],
  { wrapper = [], nodeFlags = [], env = {}, onStart }: Start = {},
): Promise<Ending> {
  const [command = '', ...rest] = [...wrapper, process.execPath, ...nodeFlags, program, ...args];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Without a cache of compiled code: every run makes the same calls.
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', TZ: 'UTC', ...env },
  });
  onStart?.(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, lines: linesOf(stdout), stderr };
}

/** A line may be torn by a kill. */
export function linesOf(stdout: string): Ending['lines'] {
  return stdout.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Ending['lines'][number]];
    } catch {
      return [];
    }
  });
}
