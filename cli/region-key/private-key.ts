import { existsSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { generateRegionKey } from '../../core/crypto/region-key.ts';
import type { RegionPublicKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import { missingFolders, removeFolders, writeNewFile } from '../files.ts';

/** A fresh region key whose private half is not on disk yet. */
export interface FreshKey {
  /** The region or recovery recipient. */
  region: string;
  key: RegionPublicKey;
  /** Where the private half goes. */
  file: string;
  line: SecretBytes;
}

/**
 * The folder for private keys: outside every Git working tree, because what lies in one gets committed one day.
 *
 * @param repository the secrets repository's folder, which may not be in Git yet
 * @throws EdgesealError `input-usage`
 */
export function privateKeyFolder(folder: string, cwd: string, repository: string): string {
  const path = realPath(resolve(cwd, folder));
  const fail = (where: string): never => {
    throw new EdgesealError(
      'input-usage',
      `private keys may not lie in a Git working tree, and this folder is in ${where}`,
      { file: path, hint: 'name a folder outside of it, such as ~/edgeseal-keys or a USB stick' },
    );
  };
  if (isWithin(path, realPath(repository))) fail(repository);
  for (let at = path; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) fail(at);
    if (dirname(at) === at) return path;
  }
}

/**
 * Makes a region key for `<folder>/<stem>.key`; nothing is written yet.
 *
 * @throws EdgesealError `store-io` where that file is there already: it may be the only copy of a key
 */
export async function freshKey(region: string, folder: string, stem = region): Promise<FreshKey> {
  const file = join(folder, `${stem}.key`);
  if (existsSync(file)) {
    throw new EdgesealError('store-io', 'the key file is there already and is not written over', {
      file,
      hint: 'move it away, or name another folder',
    });
  }
  const { key, line } = await generateRegionKey();
  return { region, key: { raw: key.raw, sha256: key.sha256, id: key.id }, file, line };
}

/**
 * Writes private halves, mode 0600, and forgets them; then does what makes them known. Where that fails nobody has
 * sealed for them yet, and they are taken away again.
 */
export async function savePrivateKeys<T>(
  keys: readonly FreshKey[],
  publish: () => Promise<T>,
): Promise<T> {
  const written: string[] = [];
  const folders = missingFolders(keys.map(({ file }) => file));
  try {
    for (const { file, line } of keys) {
      const bytes = Buffer.concat([line.reveal(), Buffer.from('\n')]);
      try {
        await writeNewFile(file, bytes, 0o600);
        written.push(file);
      } finally {
        bytes.fill(0);
        line.wipe();
      }
    }
    return await publish();
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    await removeFolders(folders);
    throw error;
  }
}

function isWithin(path: string, folder: string): boolean {
  const below = relative(folder, path);
  return below === '' || (!below.startsWith('..') && !isAbsolute(below));
}

/** The path with symbolic links resolved as far as it exists: a link must not lead into a working tree unseen. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPath(parent), path.slice(parent.length));
}
