import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { writeNewFile } from '../files.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { ownCommand } from '../template.ts';

/** The hooks of a clone, and what Git calls them with. */
export const hookNames = ['pre-commit', 'commit-msg', 'pre-push'] as const;
export type HookName = (typeof hookNames)[number];
export type HookState = 'ours' | 'missing' | 'foreign' | 'not-executable';

/** Where Git looks for a hook: `core.hooksPath` and worktrees are Git's to know. */
export async function hookFile(io: Io, top: string, name: HookName): Promise<string> {
  const folder = (await gitAnswer(io, ['rev-parse', '--git-path', 'hooks'], { cwd: top })) ?? '';
  return join(isAbsolute(folder) ? folder : join(top, folder), name);
}

/** What stands there now. */
export async function hookState(io: Io, top: string, name: HookName): Promise<HookState> {
  const file = await hookFile(io, top, name);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return 'missing';
  }
  if (!new RegExp(`\\bhook ${name}\\b`).test(text) || !text.includes('edgeseal')) return 'foreign';
  try {
    await access(file, constants.X_OK);
  } catch {
    // Git passes over a hook that is not executable, with a hint that few people read.
    return 'not-executable';
  }
  return 'ours';
}

/** The line by which a hook that is somebody else's runs ours, too. */
export function hookLine(prefix: string, name: HookName): string {
  const args = name === 'pre-commit' ? '' : ' "$@"';
  return `./${prefix}node_modules/.bin/edgeseal hook ${name}${args} || exit 1`;
}

/**
 * Writes a hook that calls the very edgeseal that is running, so that the first commit is checked before anything was
 * installed. `npm install` replaces it (simple-git-hooks).
 *
 * @param folder the secrets repository below `top`, or `''`
 */
export async function installHook(
  io: Io,
  top: string,
  folder: string,
  name: HookName,
): Promise<void> {
  const command = quote(ownCommand());
  const node = quote(process.execPath);
  const again = folder === '' ? 'npm install' : `npm install --prefix ${folder}`;
  await writeNewFile(
    await hookFile(io, top, name),
    `#!/bin/sh
# Made by edgeseal init; "${again}" puts one in its place that knows no absolute paths.
if [ ! -e ${command} ] || [ ! -x ${node} ]; then
  echo "edgeseal: error: the ${name} hook no longer finds edgeseal: nothing was checked, so nothing goes on" >&2
  echo "edgeseal: hint: ${again}" >&2
  exit 1
fi
exec ${node} ${command} hook ${name} "$@"
`,
    0o755,
  );
}

function quote(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
