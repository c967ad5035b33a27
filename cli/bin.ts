import { CommanderError } from 'commander';
import { buildProgram } from './program/program.ts';
import { exitCodeOf, exitCodes } from './terminal/exit-code.ts';
import type { Io } from './terminal/io.ts';
import { processIo } from './terminal/io.ts';
import { printError } from './terminal/output.ts';

/**
 * The command line: parses `args`, runs one command, returns its exit code.
 *
 * @param args without the program's own name
 */
export async function main(args: string[], io: Io = processIo()): Promise<number> {
  let code: number = exitCodes.ok;
  try {
    const finish = (result: number): void => {
      code = result;
    };
    const program = buildProgram(io, finish, args);
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.input;
    printError(error, io);
    return exitCodeOf(error);
  }
}

// `node cli/bin.ts` in a checkout; the installed launcher imports main() instead.
if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  process.exitCode = await main(process.argv.slice(2));
}
