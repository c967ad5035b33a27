import { decodePath } from '../git/path-name.ts';
import { gitOutput } from '../git/process.ts';
import type { HookIo } from '../git/process.ts';
import { fieldsOf } from '../staged.ts';

const sealedFile = /(?:^|\/)secrets\/.*\.yaml$/;
const settingsFile = /(?:^|\/)(?:edgeseal\.yaml|(?:regions|policy|trust)\/.+)$/;

/** Whether a path may be a file of a secrets repository: only then it is worth asking where one is. */
export function isOfRepository(path: string): boolean {
  return sealedFile.test(path) || settingsFile.test(path);
}

/** Paths of the `edgeseal.yaml` files in the index, from the top. */
export async function settingsIn(io: HookIo): Promise<string[]> {
  const args = ['ls-files', '-z', '--full-name', '--', ':(top,glob)**/edgeseal.yaml'];
  return fieldsOf(await gitOutput(io, args)).map(decodePath);
}

/**
 * Which of some paths belong to which secrets repository.
 *
 * @param repositories folders, `''` or `some/folder/`
 * @param paths from the top
 * @returns paths below the folder, by folder
 */
export function changesIn(
  repositories: readonly string[],
  paths: Iterable<string>,
): Map<string, Set<string>> {
  const changes = new Map<string, Set<string>>();
  // The innermost one first, in case that one lies in another.
  const sorted = [...repositories].sort((a, b) => b.length - a.length);
  for (const path of paths) {
    const prefix = sorted.find((folder) => path.startsWith(folder));
    if (prefix === undefined) continue;
    const file = path.slice(prefix.length);
    if (!/^(?:secrets\/.+\.yaml|edgeseal\.yaml|(?:regions|policy|trust)\/.+)$/.test(file)) continue;
    changes.set(prefix, (changes.get(prefix) ?? new Set()).add(file));
  }
  return changes;
}
