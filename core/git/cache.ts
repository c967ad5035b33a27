import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { EdgesealError, isEdgesealError } from '../errors.ts';
import { INCOMING, openTree } from './channel-tree.ts';
import { codeOf, diskError } from './file.ts';
import { Budget } from './limits.ts';
import type { GitLimits } from './limits.ts';
import { indexPack } from './index-pack.ts';
import { checkRefName, readLocalRef } from './local-ref.ts';
import { objectId } from './object.ts';
import type { GitObject } from './object.ts';
import { PackFile } from './pack-file.ts';
import { PackIndex } from './pack-index.ts';
import { keepPack, writePack } from './pack-writer.ts';
import { Resolver } from './resolve.ts';
import { ObjectStore } from './store.ts';
import type { Location } from './resolve.ts';

/** Objects of one fetch that are stored one by one; more become a pack. */
const UNPACK_LIMIT = 256;
/** Loose objects and packs that a cache may collect before it is written anew as one pack. */
const MAX_LOOSE = 2_000;
const MAX_PACKS = 6;

/**
 * Makes a bare Git directory ready for a fetch: drops what came in last and was not accepted, and what
 * the accepted commit does not need. A damaged cache is emptied: it can be fetched again.
 *
 * @returns the accepted commit, every object of which is at hand; undefined for an empty cache
 */
export function prepareCache(gitdir: string, ref: string, limits: GitLimits): string | undefined {
  checkRefName(ref);
  try {
    rmSync(join(gitdir, INCOMING), { recursive: true, force: true });
    const have = readLocalRef(gitdir, ref, limits);
    if (have !== undefined) tidy(gitdir, have, limits);
    createCache(gitdir);
    return have;
  } catch (error) {
    // Whatever else is wrong with it, such as a file where a folder should be, goes with it.
    if (isEdgesealError(diskError(error, gitdir), 'store-full')) throw diskError(error, gitdir);
    emptyCache(gitdir);
    return undefined;
  }
}

/** Empties the cache; the next fetch moves the whole channel. */
export function emptyCache(gitdir: string): void {
  try {
    remove(gitdir);
    createCache(gitdir);
  } catch (error) {
    throw diskError(error, gitdir);
  }
}

/** Removes it also where somebody took the right to look into its folders away. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    openUp(path);
    rmSync(path, { recursive: true, force: true });
  }
}

function openUp(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) openUp(join(folder, entry.name));
}

/** The layout that makes it a Git directory for `git fsck` and `git log` too. */
function createCache(gitdir: string): void {
  for (const folder of ['objects/pack', 'refs/heads', `${INCOMING}/pack`]) {
    mkdirSync(join(gitdir, folder), { recursive: true, mode: 0o700 });
  }
  const config = join(gitdir, 'config');
  if (existsSync(config)) return;
  writeFileSync(config, '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
  writeFileSync(join(gitdir, 'HEAD'), 'ref: refs/heads/none\n');
}

/** Whether a cache that was made ready for a fetch is no longer there: then what fails is not the mirror's fault. */
export function isCacheGone(gitdir: string): boolean {
  return (
    !existsSync(join(gitdir, INCOMING, 'pack')) || !existsSync(join(gitdir, 'objects', 'pack'))
  );
}

/** Where a pack is received. */
export function incomingPack(gitdir: string): string {
  return join(gitdir, INCOMING, 'new.pack');
}

/**
 * Stores the received pack beside the cache, in quarantine: as it is, or object by object if it is small
 * or refers to what we have (then it would chain to older and older packs).
 *
 * @throws EdgesealError `git-object` or `git-limit` of the pack, `store-corrupt` of the cache
 */
export function unpackIncoming(gitdir: string, limits: GitLimits): void {
  const budget = new Budget(limits.maxWork, 'rebuilding objects');
  const ours = new ObjectStore([{ path: join(gitdir, 'objects'), fault: 'store-corrupt' }], limits);
  const path = incomingPack(gitdir);
  const pack = new PackFile(path, limits);
  try {
    const external = (oid: string): Location | undefined => ours.find(oid);
    const { objects, thin } = indexPack(pack, external, limits, budget);
    const folder = join(gitdir, INCOMING, 'pack');
    if (!thin && objects.length > UNPACK_LIMIT) {
      keepPack(path, folder, objects, pack.trailer());
      return;
    }
    const offsets = new Map(objects.map(({ oid, offset }) => [oid.toString('hex'), offset]));
    const resolver = new Resolver(limits, budget);
    const locate = (oid: string): Location | undefined => {
      const offset = offsets.get(oid);
      return offset === undefined ? external(oid) : { pack, offset };
    };
    const read = (offset: number): GitObject => resolver.read({ pack, offset }, locate);
    if (objects.length > UNPACK_LIMIT) {
      writePack(
        lazily(objects, ({ offset }) => read(offset)),
        objects.length,
        folder,
      );
    } else {
      for (const { offset } of objects) writeLoose(join(gitdir, INCOMING), read(offset));
    }
    rmSync(path);
  } finally {
    pack.close();
    ours.close();
  }
}

/**
 * Makes a fetched commit the cache's: only now do its objects count as ours. To be called when the
 * channel's snapshot has been verified; without it the next fetch forgets them. A cache in which that cannot be
 * noted is emptied.
 *
 * @param gitdir the cache, which `fetchChannel` returned with `owned: true`
 * @throws EdgesealError `store-full`; `store-io` where it cannot be emptied either
 */
export function acceptFetch(gitdir: string, ref: string, oid: string): void {
  checkRefName(ref);
  const incoming = join(gitdir, INCOMING);
  const path = join(gitdir, ref);
  try {
    for (const folder of readdirSync(incoming, { withFileTypes: true })) {
      if (!folder.isDirectory()) continue;
      const target = join(gitdir, 'objects', folder.name);
      mkdirSync(target, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(join(incoming, folder.name))) {
        renameSync(join(incoming, folder.name, name), join(target, name));
      }
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(join(gitdir, 'shallow'), `${oid}\n`);
    writeFileSync(join(gitdir, 'HEAD'), `ref: ${ref}\n`);
    writeFileSync(`${path}.lock`, `${oid}\n`);
    renameSync(`${path}.lock`, path);
  } catch (error) {
    if (isEdgesealError(diskError(error, gitdir), 'store-full')) throw diskError(error, gitdir);
    emptyCache(gitdir);
  }
}

function writeLoose(folder: string, { type, bytes }: GitObject): void {
  const oid = objectId(type, bytes).toString('hex');
  const path = join(folder, oid.slice(0, 2), oid.slice(2));
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const head = Buffer.from(`${type} ${String(bytes.length)}\0`);
    writeFileSync(path, deflateSync(Buffer.concat([head, bytes]), { level: 1 }), { mode: 0o600 });
  } catch (error) {
    throw diskError(error, path);
  }
}

/** Deletes what `have` does not need, so that the cache's size follows the channel's, not its history's. */
function tidy(gitdir: string, have: string, limits: GitLimits): void {
  const tree = openTree(gitdir, have, true, limits);
  let needed: Set<string>;
  try {
    needed = tree.reachable();
  } finally {
    tree.close();
  }
  const objects = join(gitdir, 'objects');
  let loose = 0;
  for (const folder of readdirSync(objects)) {
    if (folder.length !== 2) continue;
    for (const name of readdirSync(join(objects, folder))) {
      if (needed.has(folder + name)) loose++;
      else rmSync(join(objects, folder, name));
    }
  }
  const packs = readdirSync(join(objects, 'pack')).filter((name) => name.endsWith('.idx'));
  const indexes = packs.map((name) => new PackIndex(join(objects, 'pack', name)));
  const ids = [...needed].map((oid) => Buffer.from(oid, 'hex'));
  const whole = indexes.findIndex((index) => ids.every((oid) => index.find(oid) !== undefined));
  const keep = packs[whole];
  if (keep !== undefined && packs.length + loose > 1) {
    removeExcept(objects, keep.slice(0, -4));
    loose = 0;
  }
  const stored = loose + indexes.reduce((sum, { count }) => sum + count, 0);
  const messy = keep === undefined && (packs.length > MAX_PACKS || loose > MAX_LOOSE);
  if (messy || stored > 2 * needed.size + MAX_LOOSE) repack(objects, needed, limits);
}

function repack(objects: string, needed: Set<string>, limits: GitLimits): void {
  const store = new ObjectStore([{ path: objects, fault: 'store-corrupt' }], limits);
  const before = new Set(readdirSync(join(objects, 'pack')));
  try {
    const inOrder = [...needed]
      .map((oid) => ({ oid, position: store.position(oid) }))
      .sort((a, b) => a.position - b.position);
    const all = lazily(inOrder, ({ oid }) => {
      const object = store.find(oid);
      if (object === undefined) throw new EdgesealError('store-corrupt', `${oid} is missing`);
      return object;
    });
    writePack(all, needed.size, join(objects, 'pack'));
  } finally {
    store.close();
  }
  const made = readdirSync(join(objects, 'pack')).find((name) => !before.has(name));
  if (made !== undefined) removeExcept(objects, made.replace(/\.[a-z]+$/u, ''));
}

/** One at a time, so that a channel is never in memory as a whole. */
function* lazily<T, U>(items: Iterable<T>, step: (item: T) => U): Generator<U> {
  for (const item of items) yield step(item);
}

function removeExcept(objects: string, pack: string): void {
  for (const folder of readdirSync(objects)) {
    if (folder.length === 2) rmSync(join(objects, folder), { recursive: true });
  }
  for (const name of readdirSync(join(objects, 'pack'))) {
    if (!name.startsWith(`${pack}.`)) rmSync(join(objects, 'pack', name));
  }
}
