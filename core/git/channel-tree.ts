import { join } from 'node:path';
import { EdgesealError } from '../errors.ts';
import { Budget, withLimits } from './limits.ts';
import type { GitLimits } from './limits.ts';
import { ObjectStore } from './store.ts';
import type { ObjectFolder } from './store.ts';
import { parseTree, treeOfCommit } from './tree.ts';
import type { TreeEntry } from './tree.ts';

/** Deeper than any channel; a tree can hold itself no more than a hash can, but chains cost stack. */
const MAX_DEPTH = 16;
/** Where `fetchChannel` puts what has not been accepted yet, below a cache's directory. */
export const INCOMING = 'incoming';

/** The files of one commit. Content is only as good as the mirror: the caller checks SHA-256. */
export class ChannelTree {
  readonly commit: string;
  readonly #store: ObjectStore;
  readonly #root: string;
  readonly #budget: Budget;
  readonly #trees = new Map<string, Map<string, TreeEntry>>();

  /** Takes the store over: `close` closes it. */
  constructor(store: ObjectStore, commit: string, limits: GitLimits) {
    this.commit = commit;
    this.#store = store;
    this.#budget = new Budget(limits.maxEntries, `the number of tree entries of ${commit}`);
    this.#root = treeOfCommit(store.read(commit, 'commit'));
  }

  /**
   * The bytes of the file at `path` (`a/b/c`), or undefined if there is none.
   *
   * @throws EdgesealError `git-object` for a symbolic link, submodule or directory there, a file or link
   * above it, or damage; `store-corrupt` if our own cache is damaged; `git-limit`
   */
  readPath(path: string): Uint8Array | undefined {
    const oid = this.oidOf(path);
    return oid === undefined ? undefined : this.#store.read(oid, 'blob');
  }

  /**
   * Many files, in the order that reads a pack from front to back, one at a time in memory.
   * Paths that do not exist come first, with undefined. Throws as `readPath`.
   */
  *readPaths(paths: Iterable<string>): Generator<[path: string, bytes: Uint8Array | undefined]> {
    const found: { path: string; oid: string; position: number }[] = [];
    for (const path of paths) {
      const oid = this.oidOf(path);
      if (oid === undefined) yield [path, undefined];
      else found.push({ path, oid, position: this.#store.position(oid) });
    }
    found.sort((a, b) => a.position - b.position);
    for (const { path, oid } of found) yield [path, this.#store.read(oid, 'blob')];
  }

  /** Paths of all files below the directory `prefix` (`''` is everything). Throws as `readPath`. */
  list(prefix: string): string[] {
    const files: string[] = [];
    const walk = (path: string, oid: string, depth: number): void => {
      if (depth > MAX_DEPTH) throw refused('a tree too deep', path);
      for (const entry of this.#entries(oid).values()) {
        const child = path === '' ? entry.name : `${path}/${entry.name}`;
        if (entry.kind === 'tree') walk(child, entry.oid, depth + 1);
        else if (entry.kind === 'file') files.push(child);
        else throw refused(`a ${entry.kind}`, child);
        this.#budget.spend(1);
      }
    };
    const start = prefix === '' ? { kind: 'tree', oid: this.#root } : this.#entryAt(prefix);
    if (start === undefined) return [];
    if (start.kind !== 'tree') throw refused(`a ${start.kind}, not a directory`, prefix);
    walk(prefix, start.oid, 0);
    return files;
  }

  /** Object id of the file at `path`: an equal id within one mirror's history means unchanged bytes. */
  oidOf(path: string): string | undefined {
    const entry = this.#entryAt(path);
    if (entry === undefined || entry.kind === 'file') return entry?.oid;
    throw refused(`a ${entry.kind}, not a file`, path);
  }

  /**
   * Reads every tree and checks that every file's object is at hand: a mirror may have sent half.
   *
   * @returns the ids of the commit, its trees and files
   * @throws EdgesealError `git-object` if one is missing or a tree is malformed, `git-limit`
   */
  reachable(): Set<string> {
    const seen = new Set<string>([this.commit]);
    const walk = (oid: string, depth: number): void => {
      if (seen.has(oid)) return;
      seen.add(oid);
      if (depth > MAX_DEPTH) throw refused('a tree too deep', oid);
      for (const entry of this.#entries(oid).values()) {
        if (entry.kind === 'tree') walk(entry.oid, depth + 1);
        else if (entry.kind !== 'submodule' && !seen.has(entry.oid)) {
          if (!this.#store.has(entry.oid)) {
            throw new EdgesealError('git-object', `the file ${entry.oid} is missing`, {
              hint: 'the mirror has not received all of the channel: push it again',
            });
          }
          seen.add(entry.oid);
        }
      }
    };
    walk(this.#root, 0);
    return seen;
  }

  close(): void {
    this.#store.close();
  }

  #entryAt(path: string): TreeEntry | undefined {
    const parts = path.split('/');
    let oid = this.#root;
    for (const [i, part] of parts.entries()) {
      const entry = this.#entries(oid).get(part);
      if (entry === undefined || i === parts.length - 1) return entry;
      if (entry.kind !== 'tree') throw refused(`a ${entry.kind} above a file`, path);
      oid = entry.oid;
    }
    return undefined;
  }

  #entries(oid: string): Map<string, TreeEntry> {
    let entries = this.#trees.get(oid);
    if (entries === undefined) {
      const parsed = parseTree(this.#store.read(oid, 'tree'));
      this.#budget.spend(parsed.length);
      entries = new Map(parsed.map((entry) => [entry.name, entry]));
      this.#trees.set(oid, entries);
    }
    return entries;
  }
}

/**
 * Opens the files of a commit in what `fetchChannel` returned as `gitdir`: our cache with what has just
 * come in, or a mirror's own directory.
 *
 * @param owned true for our cache, so that damage in it is `store-corrupt`
 */
export function openTree(
  gitdir: string,
  commitOid: string,
  owned: boolean,
  limits?: Partial<GitLimits>,
): ChannelTree {
  const all = withLimits(limits);
  const store = new ObjectStore(objectFolders(gitdir, owned), all);
  try {
    return new ChannelTree(store, commitOid, all);
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The `objects` directories of a Git directory; what came in last is looked through last. */
export function objectFolders(gitdir: string, owned: boolean): ObjectFolder[] {
  const accepted = join(gitdir, 'objects');
  if (!owned) return [{ path: accepted, fault: 'git-object' }];
  return [
    { path: accepted, fault: 'store-corrupt' },
    { path: join(gitdir, INCOMING), fault: 'git-object' },
  ];
}

function refused(what: string, path: string): EdgesealError {
  return new EdgesealError('git-object', `the channel holds ${what}`, { file: path });
}
