import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join, posix } from 'node:path';
import { quotedPath } from '../git/path-name.ts';
import { gitAnswer } from '../git/process.ts';
import type { HookIo } from '../git/process.ts';
import { settingsIn } from '../sealed/paths.ts';

/**
 * How the person at hand calls edgeseal, from where they are: by its name where it is on the PATH, else the one that npm
 * has put into the secrets repository.
 *
 * @param top of the working tree
 * @param folder of the secrets repository, from the top; `.` for the top
 * @param here where the command will be typed, from the top; ends with `/`, or is `''`
 */
async function ownCommand(io: HookIo, top: string, folder: string, here: string): Promise<string> {
  for (const place of (io.env['PATH'] ?? '').split(delimiter))
    // npx puts these into the PATH of what it runs; the person's shell does not have them.
    if (place !== '' && !place.includes('node_modules') && (await isThere(join(place, 'edgeseal'))))
      return 'edgeseal';
  const installed = posix.join(folder, 'node_modules/.bin/edgeseal');
  if (posix.join(here, '.') === folder || here === `${folder}/`) return 'npx edgeseal';
  if (!(await isThere(join(top, installed)))) return 'npx edgeseal';
  return quotedPath(posix.relative(here, installed));
}

/** What a refusal is worded by. */
export interface Mending {
  /** How the person calls edgeseal. */
  command: string;
  /** The folder in which the commands are going to be typed, from the top. */
  here: string;
  /** Whether there is a secrets repository to seal into. */
  canSeal: boolean;
}

/** Where the person stands, and what they can call. Git runs a hook at the top, and says where it was called. */
export async function mendingIn(io: HookIo): Promise<Mending> {
  const here = io.env['GIT_PREFIX'] ?? '';
  const settings = await settingsIn(io);
  const folder = posix.dirname(settings[0] ?? 'edgeseal.yaml');
  const top = (await gitAnswer(io, ['rev-parse', '--show-toplevel'])) ?? io.cwd;
  const command = await ownCommand(io, top, folder, here);
  return { command, here, canSeal: settings.length > 0 };
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
