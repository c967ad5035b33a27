import type { Io } from '../terminal/io.ts';

/** How an option's value is read: `list` splits at commas, `many` collects repeats, an array gives choices. */
type Parse = 'list' | 'many' | readonly string[];

/** One command: what it is called, what it takes, and the module that runs it, imported when it runs. */
export interface CommandSpec {
  /** Name and arguments, as commander reads them. */
  usage: string;
  summary: string;
  options?: (readonly [flags: string, description: string, parse?: Parse])[];
  /** Without the leading `edgeseal`, unless it begins with another command that is piped into it. */
  examples?: string[];
  subcommands?: CommandSpec[];
  /** Whether options that are not named here go to the module, as arguments. */
  takesAnyOption?: boolean;
  // Each module types its own options; the table cannot know them.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  load?: () => Promise<{ run: (io: Io, args: string[], options: any) => Promise<number> }>;
}

/** An example as it is typed. */
export function exampleLine(example: string): string {
  return example.includes('| edgeseal ') ? example : `edgeseal ${example}`;
}
