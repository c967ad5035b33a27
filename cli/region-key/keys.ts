import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseRegionKeys } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { quoted } from '../terminal/shell-word.ts';

/** A few hundred keys with comments; anything longer is the wrong file. */
const maxKeyFileBytes = 64 * 1024;

/**
 * Reads the private region keys of `--key`, in order, each key once. Warns of a file that others may read.
 *
 * @throws EdgesealError `input-not-found`, `input-usage` or `format-key` with file and line, never with a key
 */
export async function readRegionKeys(
  io: Io,
  files: readonly string[] | undefined,
): Promise<RegionKey[]> {
  const keys = new Map<string, RegionKey>();
  for (const file of files ?? []) {
    const text = await readKeyFile(io, file);
    for (const key of await parseRegionKeys(text, file)) keys.set(key.sha256, key);
    text.wipe();
  }
  return [...keys.values()];
}

/**
 * The regions and recovery recipients whose files list one of these keys, by its full hash.
 *
 * @returns names in the order of the region files
 */
export function holdersOf(state: RepositoryState, keys: readonly RegionKey[]): string[] {
  const hashes = new Set(keys.map((key) => key.sha256));
  return [...state.regions.values()]
    .filter((entry) => entry.keys.some(({ key }) => hashes.has(key.sha256)))
    .map((entry) => entry.name);
}

/**
 * The text of a private key file, whole. Warns of a file that others may read.
 *
 * @throws EdgesealError `input-not-found`, `input-usage`
 */
export async function readKeyFile(io: Io, file: string): Promise<SecretBytes> {
  const { text, isShared } = await readKeyText(io, file, {
    what: 'a private key file',
    hint: 'give the file of a private region key: --key FILE',
  });
  if (isShared) warnShared(io, file);
  return text;
}

/** Says that others may read a private key. */
export function warnShared(io: Io, file: string): void {
  new Output(io).warn(
    `${file}: other users of this machine may read this private key`,
    `chmod 600 ${quoted(file)}`,
  );
}

/**
 * The text of a key file of either half, whole.
 *
 * @param asked what the file is to be, and how to give another one
 * @returns also whether other users of this machine may read it
 * @throws EdgesealError `input-not-found`, `input-usage`
 */
export async function readKeyText(
  io: Io,
  file: string,
  { what, hint }: { what: string; hint: string },
): Promise<{ text: SecretBytes; isShared: boolean }> {
  try {
    const handle = await open(resolve(io.cwd, file), 'r');
    try {
      const stat = await handle.stat();
      if (stat.isDirectory() || stat.size > maxKeyFileBytes) {
        throw new EdgesealError('input-usage', `this is not ${what}`, {
          file,
          hint: 'a private region key is one line that starts with edgeseal-region-key-1-; a public one is base64 of 1,216 bytes',
        });
      }
      // A pipe has no owner's rights to speak of, and Windows has no such bits.
      const isShared = process.platform !== 'win32' && stat.isFile() && (stat.mode & 0o077) !== 0;
      return { text: new SecretBytes(await handle.readFile()), isShared };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof EdgesealError) throw cause;
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    const words =
      code === 'ENOENT' ? 'there is no such file' : `the key file cannot be read (${code})`;
    throw new EdgesealError('input-not-found', words, { file, cause, hint });
  }
}
