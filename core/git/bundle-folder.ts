import { lstatSync, opendirSync } from 'node:fs';
import type { Dir } from 'node:fs';
import { join } from 'node:path';
import { EdgesealError, isEdgesealError } from '../errors.ts';
import { readBundleHeader } from './bundle.ts';
import { codeOf, RegularFile } from './file.ts';
import type { GitLimits } from './limits.ts';
import { printable } from './mirror.ts';

/** A bundle that lies in a folder, as its header has it. Nothing in it is trusted. */
export interface FoundBundle {
  /** Its file name, fit to print. */
  name: string;
  path: string;
  /** Differs once the file is another one, or has grown. */
  stamp: string;
  /** Commit of the ref; undefined where it has none of it. */
  oid: string | undefined;
  /** Why it cannot be read. */
  fault: string | undefined;
}

/** Names that are looked at, and bundles that are opened: the newest. A stick may hold anything. */
const MAX_ENTRIES = 10_000;
const MAX_BUNDLES = 64;

/**
 * Looks for bundles (`*.bundle`) in a folder, the newest file first. Links, FIFOs and devices are not followed and not
 * waited for; what lies in folders below is not looked at.
 *
 * @returns what each says of `ref`, and the bytes read
 * @throws EdgesealError `git-mirror` where there is no such folder, or no bundle in it
 */
export function findBundles(
  folder: string,
  ref: string,
  limits: GitLimits,
): { bundles: FoundBundle[]; moved: number } {
  const files: { name: string; path: string; size: number; changed: number }[] = [];
  for (const name of namesIn(folder)) {
    // What other systems leave beside a file that they copied: `._us-east.bundle`.
    if (name.startsWith('.') || !/\.bundle$/iu.test(name)) continue;
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat !== undefined) files.push({ name, path, size: stat.size, changed: stat.mtimeMs });
  }
  if (files.length === 0) {
    throw new EdgesealError('git-mirror', 'not a git repository, no bundle in it, or not mounted', {
      file: folder,
    });
  }
  files.sort((a, b) => b.changed - a.changed || (a.name < b.name ? -1 : 1));
  let moved = 0;
  const bundles = files.slice(0, MAX_BUNDLES).map(({ name, path, size, changed }) => {
    const found: FoundBundle = {
      name: printable(name, 100),
      path,
      stamp: `${name} ${String(size)} ${String(changed)}`,
      oid: undefined,
      fault: undefined,
    };
    try {
      const { oid, bytes } = refOf(path, ref, limits);
      moved += bytes;
      return { ...found, oid };
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      return { ...found, fault: error.message };
    }
  });
  return { bundles, moved };
}

function refOf(
  path: string,
  ref: string,
  limits: GitLimits,
): { oid: string | undefined; bytes: number } {
  const file = new RegularFile(path);
  try {
    if (file.size > limits.maxBytes + limits.maxAdvertisement)
      throw new EdgesealError('git-limit', 'larger than spec.limits.packSize');
    const { refs, packOffset } = readBundleHeader(file, limits);
    return { oid: refs.get(ref), bytes: packOffset };
  } finally {
    file.close();
  }
}

function namesIn(folder: string): string[] {
  let directory: Dir;
  try {
    directory = opendirSync(folder);
  } catch (cause) {
    const code = codeOf(cause) ?? 'error';
    const what =
      code === 'ENOENT' ? 'the folder is not there, or not mounted' : `cannot open: ${code}`;
    throw new EdgesealError('git-mirror', what, { file: folder, cause });
  }
  try {
    const names: string[] = [];
    while (names.length < MAX_ENTRIES) {
      const entry = directory.readSync();
      if (entry === null) break;
      names.push(entry.name);
    }
    return names;
  } catch (cause) {
    throw new EdgesealError('git-mirror', `cannot read: ${codeOf(cause) ?? 'error'}`, {
      file: folder,
      cause,
    });
  } finally {
    directory.closeSync();
  }
}
