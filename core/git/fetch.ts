import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EdgesealError, isEdgesealError } from '../errors.ts';
import { readBundleHeader, readBundlePack } from './bundle.ts';
import { findBundles } from './bundle-folder.ts';
import type { FoundBundle } from './bundle-folder.ts';
import { emptyCache, incomingPack, isCacheGone, prepareCache, unpackIncoming } from './cache.ts';
import { openTree } from './channel-tree.ts';
import { RegularFile } from './file.ts';
import { HttpSession } from './http.ts';
import { withLimits } from './limits.ts';
import type { GitLimits } from './limits.ts';
import { checkRefName, readLocalRef } from './local-ref.ts';
import { parseMirror } from './mirror.ts';
import type { Mirror, MirrorSpec } from './mirror.ts';
import { receivePack } from './pack-writer.ts';
import { askPack, askRef } from './remote.ts';

export interface RefAnswer {
  /** Commit (40 hex digits) that the mirror says the ref is at; undefined if it has no such ref. */
  oid: string | undefined;
  /** Bytes received, headers included; of a file, bytes read. */
  moved: number;
  /** Of a folder with bundles: which lie there. Each is fetched by its own path. */
  bundles?: FoundBundle[] | undefined;
}

export interface FetchOptions {
  spec: MirrorSpec;
  /** Such as `refs/heads/edgeseal/us-east`. */
  ref: string;
  /** Our disposable bare Git directory; made if it is not there. One fetch at a time. */
  gitdir: string;
  limits?: Partial<GitLimits> | undefined;
}

export interface FetchResult {
  oid: string;
  moved: number;
  /** Where to read the commit: our cache, or a directory mirror's own Git directory. */
  gitdir: string;
  /** True for our cache: then `acceptFetch` makes the commit the one that the next fetch builds on. */
  owned: boolean;
}

/**
 * Asks a mirror where a ref is. Writes nothing.
 *
 * @param signal ends a conversation over HTTP when it is aborted
 * @throws EdgesealError `git-mirror` if it cannot be reached, refuses, or answers nonsense; `git-timeout`, `git-limit`
 */
export async function readRemoteRef(
  spec: MirrorSpec,
  ref: string,
  limits?: Partial<GitLimits>,
  signal?: AbortSignal,
): Promise<RefAnswer> {
  checkRefName(ref);
  const all = withLimits(limits);
  const mirror = parseMirror(spec);
  return named(mirror, async () => {
    if (mirror.kind === 'directory') {
      const gitdir = gitdirIn(mirror.path);
      if (gitdir === undefined) return { oid: undefined, ...findBundles(mirror.path, ref, all) };
      return { oid: readLocalRef(gitdir, ref, all), moved: 0 };
    }
    if (mirror.kind === 'bundle') {
      const file = new RegularFile(mirror.path);
      try {
        const { refs, packOffset } = readBundleHeader(file, all);
        return { oid: refs.get(ref), moved: packOffset };
      } finally {
        file.close();
      }
    }
    const session = new HttpSession(mirror, all);
    const stop = (): void => {
      session.close();
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const { oid } = await askRef(session, ref, all);
      return { oid, moved: session.moved };
    } finally {
      signal?.removeEventListener('abort', stop);
      session.close();
    }
  });
}

/**
 * Brings a channel's commit to where it can be read, and checks that all of it is there. Over HTTP and
 * from a bundle it goes into quarantine in our cache; a directory mirror is read in place, each object
 * hashed as it is read. Meant to run in a child process of its own (`answerFetch`).
 *
 * @throws EdgesealError `git-mirror`, `git-timeout`, `git-limit` or `git-object`: the mirror's fault;
 * `store-full` or `store-io`: our disk's. A damaged cache is emptied and filled again.
 */
export async function fetchChannel(options: FetchOptions): Promise<FetchResult> {
  const { ref, gitdir } = options;
  checkRefName(ref);
  const limits = withLimits(options.limits);
  const mirror = parseMirror(options.spec);
  return named(mirror, async () => {
    if (mirror.kind === 'directory') {
      const theirs = findGitdir(mirror.path);
      const oid = present(readLocalRef(theirs, ref, limits), ref);
      checkComplete(theirs, oid, false, limits);
      return { oid, moved: 0, gitdir: theirs, owned: false };
    }
    const fill = mirror.kind === 'bundle' ? fillFromBundle : fillFromHttp;
    const attempt = async (): Promise<FetchResult> => {
      const have = prepareCache(gitdir, ref, limits);
      const { oid, moved } = await fill(mirror as never, options, have, limits);
      if (oid !== have) {
        unpackIncoming(gitdir, limits);
        checkComplete(gitdir, oid, true, limits);
      }
      return { oid, moved, gitdir, owned: true };
    };
    try {
      return await attempt();
    } catch (error) {
      if (!isEdgesealError(error, 'store-corrupt') && !isCacheGone(gitdir)) throw error;
      emptyCache(gitdir);
      return attempt();
    }
  });
}

interface Filled {
  oid: string;
  moved: number;
}

async function fillFromHttp(
  mirror: Mirror & { kind: 'http' },
  { ref, gitdir }: FetchOptions,
  have: string | undefined,
  limits: GitLimits,
): Promise<Filled> {
  const session = new HttpSession(mirror, limits);
  try {
    const remote = await askRef(session, ref, limits);
    const oid = present(remote.oid, ref);
    if (oid !== have) {
      await receivePack(askPack(session, remote, oid, have, limits), incomingPack(gitdir), limits);
    }
    return { oid, moved: session.moved };
  } finally {
    session.close();
  }
}

async function fillFromBundle(
  mirror: Mirror & { kind: 'bundle' },
  { ref, gitdir }: FetchOptions,
  have: string | undefined,
  limits: GitLimits,
): Promise<Filled> {
  const file = new RegularFile(mirror.path);
  try {
    const { refs, prerequisites, packOffset } = readBundleHeader(file, limits);
    const oid = present(refs.get(ref), ref);
    if (oid === have) return { oid, moved: packOffset };
    if (prerequisites.some((commit) => commit !== have)) {
      throw new EdgesealError('git-mirror', 'the bundle builds on commits that are not here', {
        hint: 'make a complete one: edgeseal bundle <region>',
      });
    }
    await receivePack(readBundlePack(file, packOffset), incomingPack(gitdir), limits);
    return { oid, moved: file.size };
  } finally {
    file.close();
  }
}

function checkComplete(gitdir: string, oid: string, owned: boolean, limits: GitLimits): void {
  const tree = openTree(gitdir, oid, owned, limits);
  try {
    tree.reachable();
  } finally {
    tree.close();
  }
}

function present(oid: string | undefined, ref: string): string {
  if (oid !== undefined) return oid;
  throw new EdgesealError('git-mirror', `the mirror has no ${ref}`, {
    hint: 'publish the channel to it, or check the url',
  });
}

function findGitdir(path: string): string {
  const gitdir = gitdirIn(path);
  if (gitdir !== undefined) return gitdir;
  throw new EdgesealError('git-mirror', 'not a git repository, or not mounted', {
    file: path,
    hint: "a bundle's name ends in .bundle",
  });
}

/** A bare repository, or one with a working tree. */
function gitdirIn(path: string): string | undefined {
  for (const candidate of [path, join(path, '.git')]) {
    if (existsSync(join(candidate, 'objects')) && statSync(candidate).isDirectory())
      return candidate;
  }
  return undefined;
}

/** Says in an error which mirror it is about. */
async function named<T>(mirror: Mirror, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!isEdgesealError(error) || error.message.startsWith(`mirror ${mirror.name}: `)) throw error;
    if (!error.code.startsWith('git-')) throw error;
    const { file, hint, cause } = error;
    throw new EdgesealError(error.code, `mirror ${mirror.name}: ${error.message}`, {
      file: file ?? (mirror.kind === 'http' ? mirror.url.href : mirror.path),
      hint,
      cause,
    });
  }
}
