import { authorCommands } from './author-commands.ts';
import type { CommandSpec } from './command-spec.ts';
import { gitCommands } from './git-commands.ts';
import { operatorCommands } from './operator-commands.ts';

/** Every command of `edgeseal`, in the order of its help. */
export const commands: CommandSpec[] = [...authorCommands, ...operatorCommands, ...gitCommands];
