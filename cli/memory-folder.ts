import { statfs } from 'node:fs/promises';

/** Source: linux/magic.h. */
const memoryFileSystems = new Set([0x01021994 /* tmpfs */, 0x858458f6 /* ramfs */]);

/**
 * The first of some folders that lies in memory.
 *
 * @returns undefined where none does
 */
export async function memoryFolder(
  candidates: readonly (string | undefined)[],
): Promise<string | undefined> {
  for (const folder of candidates) {
    if (folder === undefined || folder === '') continue;
    try {
      const { type } = await statfs(folder);
      if (memoryFileSystems.has(type >>> 0)) return folder;
    } catch {
      // Not there on this system.
    }
  }
  return undefined;
}
