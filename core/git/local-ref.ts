import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { EdgesealError } from '../errors.ts';
import { codeOf, readRegular } from './file.ts';
import type { GitLimits } from './limits.ts';

const OID = /^[0-9a-f]{40}$/u;
const MAX_SYMREFS = 5;

/** @throws EdgesealError `git-mirror` unless it is a full, plain branch name such as `refs/heads/edgeseal/us-east` */
export function checkRefName(ref: string): void {
  const plain = /^refs(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/u;
  if (!plain.test(ref) || /\.\.|\.lock(?:\/|$)|\.(?:\/|$)/u.test(ref)) {
    throw new EdgesealError('git-mirror', 'not a plain ref name');
  }
}

/** Whether this is the id of an object that can exist: 40 hex digits, not all zero. */
export function isOid(text: string): boolean {
  return OID.test(text) && !/^0+$/u.test(text);
}

/**
 * Reads a ref of a Git directory as git does, loose before packed, but never guesses: a loose ref that
 * is there and unreadable (emptied by a power cut, or by somebody) is an error, because falling back to
 * an older packed one would be a rollback.
 *
 * @returns 40 hex digits, or undefined if the ref does not exist
 * @throws EdgesealError `git-mirror` for malformed or circular refs and symbolic links
 */
export function readLocalRef(gitdir: string, ref: string, limits: GitLimits): string | undefined {
  let name = ref;
  for (let hops = 0; hops <= MAX_SYMREFS; hops++) {
    checkRefName(name);
    const bytes = readLoose(gitdir, name);
    if (bytes === undefined) return readPacked(join(gitdir, 'packed-refs'), name, limits);
    const text = bytes.toString('latin1').replace(/\n$/u, '');
    if (isOid(text)) return text;
    if (!text.startsWith('ref: ')) {
      throw new EdgesealError('git-mirror', 'an empty or malformed ref', {
        file: join(gitdir, name),
        hint: 'push the channel to this mirror again',
      });
    }
    name = text.slice('ref: '.length);
  }
  throw new EdgesealError('git-mirror', 'symbolic refs that lead in a circle', {
    file: join(gitdir, ref),
  });
}

function readLoose(gitdir: string, ref: string): Buffer | undefined {
  let path = gitdir;
  for (const part of ref.split('/')) {
    path = join(path, part);
    let stat;
    try {
      stat = lstatSync(path);
    } catch (cause) {
      const code = codeOf(cause);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new EdgesealError('git-mirror', `cannot read a ref: ${code ?? ''}`, {
        file: path,
        cause,
      });
    }
    if (stat.isSymbolicLink()) {
      throw new EdgesealError('git-mirror', 'a symbolic link on the way to a ref', { file: path });
    }
  }
  if (lstatSync(path).isDirectory()) return undefined;
  return readRegular(path, 1024);
}

function readPacked(path: string, ref: string, limits: GitLimits): string | undefined {
  const bytes = readRegular(path, limits.maxAdvertisement * 16);
  if (bytes === undefined) return undefined;
  const bad = (): EdgesealError =>
    new EdgesealError('git-mirror', 'malformed packed refs', { file: path });
  const lines = bytes.toString('latin1').split('\n');
  if (lines.pop() !== '') throw bad();
  let found: string | undefined;
  for (const line of lines) {
    if (line.startsWith('#') || /^\^[0-9a-f]{40}$/u.test(line)) continue;
    const oid = line.slice(0, 40);
    if (!isOid(oid) || line[40] !== ' ' || line.length < 46) throw bad();
    if (line.slice(41) !== ref) continue;
    if (found !== undefined) throw bad();
    found = oid;
  }
  return found;
}
