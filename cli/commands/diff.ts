import { changesBetween } from '../diff/changes.ts';
import { changesJson } from '../diff/json.ts';
import { understand } from '../diff/revisions.ts';
import { openSides } from '../diff/side.ts';
import { printChanges } from '../diff/text.ts';
import { findRepository } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';

interface Options {
  staged?: boolean;
  exitCode?: boolean;
  output?: 'text' | 'json';
}

/** `edgeseal diff`: what differs between two commits, or a commit and what is here, by name and never by value. */
export async function run(io: Io, args: string[], options: Options): Promise<number> {
  const place = await findRepository(io);
  const asked = await understand(io, place, args, options.staged === true);
  const sides = await openSides(io, place, asked.before, asked.after);
  try {
    const changes = await changesBetween(io, place, sides, { only: asked.only });
    const output = new Output(io);
    if (options.output === 'json') output.json(changesJson(changes));
    else printChanges(output, changes, asked.words);
    const isEmpty = changes.secrets.length + changes.settings.length === 0;
    return options.exitCode === true && !isEmpty ? exitCodes.findings : exitCodes.ok;
  } finally {
    sides.close();
  }
}
