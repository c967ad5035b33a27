import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { commands } from './command-table.ts';
import { exampleLine } from './command-spec.ts';
import type { CommandSpec } from './command-spec.ts';
import type { Io } from '../terminal/io.ts';
import { version } from '../version.ts';

const exitCodeHelp = `
Exit codes: 0 done, 1 something checked is not in order, 2 wrong usage or input, 3 trust refuses it
(signature, root, floor), 4 no key opens it, 5 Git or a mirror, 6 disk, 7 a cluster, 70 a fault in edgeseal.`;

/**
 * Builds the commander program from the command table; actions import their module when they run.
 *
 * @param args what will be parsed: `--version` is the program's own only where no command is named, for `wait` has one too
 */
export function buildProgram(
  io: Io,
  finish: (code: number) => void,
  args: readonly string[],
): Command {
  const program = new Command('edgeseal');
  program
    .description('Secrets for edge Kubernetes clusters, kept in Git.')
    .option('-C, --directory <dir>', 'run as if started in <dir>')
    .addHelpText('after', exitCodeHelp)
    .showSuggestionAfterError()
    .showHelpAfterError('(see: edgeseal --help)');
  const names = commands.map(({ usage }) => usage.split(' ')[0]);
  if (!args.some((arg) => names.includes(arg))) program.version(version, '-V, --version');
  for (const spec of commands) addCommand(program, spec, io, finish, 'edgeseal');
  for (const command of [program, ...allCommands(program)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'edgeseal: error: '));
      },
    });
  }
  return program;
}

function addCommand(
  parent: Command,
  spec: CommandSpec,
  io: Io,
  finish: (code: number) => void,
  before: string,
): void {
  const [name = ''] = spec.usage.split(' ');
  const full = `${before} ${name}`;
  const command = parent.command(spec.usage).description(spec.summary);
  command.showHelpAfterError(`(see: ${full} --help)`);
  if (spec.takesAnyOption === true) command.allowUnknownOption();
  for (const [flags, description, parse] of spec.options ?? []) {
    const option = new Option(flags, description);
    if (parse === 'list') {
      option.argParser((value: string, previous: string[] | undefined) => [
        ...(previous ?? []),
        ...value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      ]);
    } else if (parse === 'many') {
      option.argParser((value: string, previous: string[] | undefined) => [
        ...(previous ?? []),
        value,
      ]);
    } else if (Array.isArray(parse)) {
      option.choices(parse);
    }
    command.addOption(option);
  }
  if (spec.examples !== undefined) {
    const lines = spec.examples.map((line) => `  $ ${exampleLine(line)}`).join('\n');
    command.addHelpText(
      'after',
      `\n${spec.examples.length === 1 ? 'Example' : 'Examples'}:\n${lines}`,
    );
  }
  for (const sub of spec.subcommands ?? []) addCommand(command, sub, io, finish, full);
  const { load } = spec;
  if (load === undefined) return;
  command.action(async (...given: unknown[]) => {
    const self = given.pop() as Command;
    given.pop();
    const args = given.flat().filter((arg): arg is string => typeof arg === 'string');
    // Of `seal generic db -n prod` commander gives -n to `seal`, which has that option too.
    const options = self.optsWithGlobals<Record<string, unknown> & { directory?: string }>();
    const { directory } = options;
    const here = directory === undefined ? io : { ...io, cwd: resolve(io.cwd, directory) };
    const { run } = await load();
    finish(await run(here, args, options));
  });
}

function allCommands(command: Command): Command[] {
  return command.commands.flatMap((sub) => [sub, ...allCommands(sub)]);
}
