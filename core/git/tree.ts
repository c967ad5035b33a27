import { isUtf8 } from 'node:buffer';
import { EdgesealError } from '../errors.ts';
import { printable } from './mirror.ts';

export type EntryKind = 'file' | 'tree' | 'symlink' | 'submodule';

export interface TreeEntry {
  kind: EntryKind;
  name: string;
  /** 40 hex digits. */
  oid: string;
}

const KINDS: ReadonlyMap<string, EntryKind> = new Map([
  ['100644', 'file'],
  ['100755', 'file'],
  ['40000', 'tree'],
  ['120000', 'symlink'],
  ['160000', 'submodule'],
]);

/**
 * Parses a tree object as strictly as `git fsck --strict` and more: a channel's paths become file names
 * and object names elsewhere.
 *
 * @throws EdgesealError `git-object` for unknown modes, unsafe or duplicate names, or wrong order
 */
export function parseTree(bytes: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const names = new Set<string>();
  let previous: Buffer | undefined;
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, at);
    if (space < 0 || end < space || end + 21 > bytes.length) throw bad('a malformed tree');
    const kind = space - at > 6 ? undefined : KINDS.get(bytes.toString('latin1', at, space));
    if (kind === undefined) throw bad('a tree entry of unknown mode');
    const raw = bytes.subarray(space + 1, end);
    const name = safeName(raw);
    if (names.has(name)) throw bad(`a tree that lists ${printable(name)} twice`);
    names.add(name);
    const key = kind === 'tree' ? Buffer.concat([raw, SLASH]) : raw;
    if (previous !== undefined && previous.compare(key) >= 0) throw bad('a tree out of order');
    previous = key;
    entries.push({ kind, name, oid: bytes.toString('hex', end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

/** The tree of a commit object. @throws EdgesealError `git-object` if it does not start with one */
export function treeOfCommit(bytes: Buffer): string {
  const match = /^tree ([0-9a-f]{40})\n/u.exec(bytes.toString('latin1', 0, 64));
  if (match?.[1] === undefined) throw bad('a malformed commit');
  return match[1];
}

const SLASH = Buffer.from('/');

/** Control characters, backslash, and what Windows and macOS take for `.git` or a stream of it. */

const UNSAFE = /[\u0000-\u001f\u007f/\\]|^\.{1,2}$|^$|^(?:\.git|git~1)[. ]*(?::.*)?$/iu;
/** Characters that HFS+ ignores, with which `.git` can be written invisibly otherwise. */
const IGNORED = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;

function safeName(raw: Buffer): string {
  if (!isUtf8(raw)) throw bad('a tree entry whose name is not UTF-8');
  const name = raw.toString('utf8');
  if (UNSAFE.test(name) || IGNORED.test(name)) {
    throw bad(`a tree entry with the unsafe name ${JSON.stringify(printable(name, 60))}`);
  }
  return name;
}

function bad(what: string): EdgesealError {
  return new EdgesealError('git-object', what);
}
