import { lstat, readFile, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Scanner } from '../../core/scan/scanner.ts';
import { quotedPath, shownPath } from '../git/path-name.ts';
import { gitAnswer } from '../git/process.ts';
import type { HookIo } from '../git/process.ts';

/** Larger than any Secret. */
const maxBytes = 4 * 1024 * 1024;

/**
 * Warns of plaintext that lies in the working tree beside a sealed file: what it was sealed from, a decrypted copy, an
 * editor's backup. Git may not know it yet; the next `git add -A` would.
 *
 * @param changed below the repository's folder
 * @param refused paths from the top that were said already
 */
export async function saySiblings(
  io: HookIo,
  prefix: string,
  changed: ReadonlySet<string>,
  refused: ReadonlySet<string>,
): Promise<void> {
  const top = await gitAnswer(io, ['rev-parse', '--show-toplevel']);
  if (top === undefined || top === '') return;
  const folders = new Set(
    [...changed].filter((file) => file.startsWith('secrets/')).map((file) => posix.dirname(file)),
  );
  for (const folder of folders) {
    for (const name of await namesIn(join(top, prefix, folder))) {
      const file = `${folder}/${name}`;
      const path = prefix + file;
      if (changed.has(file) || refused.has(path) || !(await isPlaintext(join(top, path)))) continue;
      io.stderr.write(
        `edgeseal: warning: ${shownPath(path)} holds secrets in plaintext, beside a sealed file\n  hint: rm ${quotedPath(path)}, or move it out of the repository\n`,
      );
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

async function isPlaintext(file: string): Promise<boolean> {
  try {
    const stat = await lstat(file);
    if (!stat.isFile() || stat.size > maxBytes) return false;
    return (await new Scanner().scan(file, await readFile(file))).findings.length > 0;
  } catch {
    // What cannot be read is in nobody's way.
    return false;
  }
}
