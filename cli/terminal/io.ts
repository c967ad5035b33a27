import type { Readable, Writable } from 'node:stream';
import { exitCodes } from './exit-code.ts';

/** Everything a command touches of the outside, so that tests can run it in process. */
export interface Io {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean };
}

/**
 * The process's own. Whoever reads its output may stop early (`| head -3`): that ends nothing that is being done, and is
 * no reason for words.
 */
export function processIo(): Io {
  process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.stderr.write(`edgeseal: error: standard output cannot be written (${code})\n`);
    process.exit(exitCodes.store);
  });
  process.stderr.on('error', () => undefined);
  return {
    cwd: process.cwd(),
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  };
}
