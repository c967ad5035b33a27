import { join } from 'node:path';
import { runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { fail, ok } from './check.ts';
import type { Check } from './check.ts';
import { quoted } from '../terminal/shell-word.ts';

/** A private region key is 32 bytes in base64url. The prefix alone also stands in documentation. */
const pattern = 'edgeseal-region-key-1-[A-Za-z0-9_-]{43}';

/** Looks for private region keys in the whole working tree, ignored files included, and in the index. */
export async function checkLeaks(io: Io, top: string): Promise<Check[]> {
  const name = 'private keys';
  const staged = await grep(io, top, ['--cached']);
  const lying = (await grep(io, top, ['--untracked', '--no-exclude-standard'])).filter(
    (file) => !staged.includes(file),
  );
  const checks = [
    ...staged.map((file) =>
      fail(
        name,
        `${file} holds a private region key and is staged or committed`,
        `git -C ${quoted(top)} rm --cached ${quoted(file)}; if it was ever pushed, replace the key and every value it could open`,
      ),
    ),
    ...lying.map((file) =>
      fail(
        name,
        `${file} is a private region key inside the Git working tree`,
        `mkdir -p -m 700 ~/edgeseal-keys && mv ${quoted(join(top, file))} ~/edgeseal-keys/`,
      ),
    ),
  ];
  return checks.length === 0 ? [ok(name, 'none in the working tree')] : checks;
}

async function grep(io: Io, top: string, where: string[]): Promise<string[]> {
  const { stdout } = await runGit(
    io,
    [
      'grep',
      '-l',
      '-z',
      '-a',
      '-E',
      ...where,
      '-e',
      pattern,
      '--',
      ':/',
      ':(exclude,top,glob)**/node_modules/**',
    ],
    { cwd: top, allow: [1] },
  );
  return stdout
    .toString('utf8')
    .split('\0')
    .filter((file) => file !== '');
}
