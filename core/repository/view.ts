import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A secrets repository as some place holds it: the working tree, the index, a commit. Paths are relative to
 * the folder of `edgeseal.yaml`, with `/`.
 */
export interface RepositoryView {
  /** Words for messages: `the working tree`, `commit 1a2b3c4`. */
  readonly name: string;
  /** The file's bytes, or undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Paths of all files under a folder, sorted. */
  list(folder: string): Promise<string[]>;
}

/** The working tree under `root`. Symbolic links are not followed: a repository of ours holds none. */
export function worktreeView(root: string): RepositoryView {
  return {
    name: 'the working tree',
    async read(path) {
      try {
        return await readFile(join(root, path));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async list(folder) {
      return (await filesUnder(root, folder)).sort();
    },
  };
}

async function filesUnder(root: string, folder: string): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const found: string[] = [];
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesUnder(root, path)));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}
