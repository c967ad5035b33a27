import { EdgesealError } from '../errors.ts';
import type { RegularFile } from './file.ts';
import type { GitLimits } from './limits.ts';
import { isOid } from './local-ref.ts';

/** A bundle's header (gitformat-bundle). */
export interface BundleHeader {
  refs: ReadonlyMap<string, string>;
  /** Commits that the reader must have; empty for a complete bundle. */
  prerequisites: readonly string[];
  /** Where the pack starts, in bytes. */
  packOffset: number;
}

/** Version 2, and version 3 without a filter and with SHA-1. @throws EdgesealError `git-mirror` otherwise */
export function readBundleHeader(file: RegularFile, limits: GitLimits): BundleHeader {
  const head = file.read(0, limits.maxAdvertisement);
  const end = head.indexOf('\n\n');
  const bad = (what: string): EdgesealError =>
    new EdgesealError('git-mirror', what, { file: file.path, hint: 'edgeseal bundle <region>' });
  if (end < 0) throw bad('not a git bundle, or its header is too long');
  const [signature, ...lines] = head.toString('utf8', 0, end).split('\n');
  const version = signature === '# v2 git bundle' ? 2 : signature === '# v3 git bundle' ? 3 : 0;
  if (version === 0) throw bad('not a git bundle');
  const refs = new Map<string, string>();
  const prerequisites: string[] = [];
  for (const line of lines) {
    if (line.startsWith('@') && version === 3 && refs.size + prerequisites.length === 0) {
      if (line !== '@object-format=sha1')
        throw bad('a bundle with a filter or another object format');
    } else if (line.startsWith('-')) {
      const oid = line.slice(1, 41);
      if (!isOid(oid) || (line.length > 41 && line[41] !== ' '))
        throw bad('a malformed bundle header');
      prerequisites.push(oid);
    } else {
      const oid = line.slice(0, 40);
      const ref = line.slice(41);
      if (!isOid(oid) || line[40] !== ' ' || ref === '' || refs.has(ref)) {
        throw bad('a malformed bundle header');
      }
      refs.set(ref, oid);
    }
  }
  return { refs, prerequisites, packOffset: end + 2 };
}

/** The bundle's pack, in chunks. */
export function* readBundlePack(file: RegularFile, packOffset: number): Generator<Buffer> {
  const step = 1024 * 1024;
  for (let at = packOffset; at < file.size; at += step) yield file.read(at, step);
}
