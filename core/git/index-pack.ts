import { crc32 } from 'node:zlib';
import { EdgesealError } from '../errors.ts';
import type { Budget, GitLimits } from './limits.ts';
import { objectId } from './object.ts';
import type { PackFile } from './pack-file.ts';
import type { IndexedObject } from './pack-index.ts';
import { MissingBase, Resolver } from './resolve.ts';
import type { Location } from './resolve.ts';

export interface IndexedPack {
  objects: IndexedObject[];
  /** True if deltas have bases outside of the pack. */
  thin: boolean;
}

/**
 * Finds out the id of every object in a pack whose checksum has been checked: one pass in file order
 * for whole objects, then the deltas.
 *
 * @param external finds a base outside of the pack by its id (hex): a pack sent against what we have is thin
 * @throws EdgesealError `git-object` or `git-limit`; a delta that waits for itself is a missing base
 */
export function indexPack(
  pack: PackFile,
  external: (oid: string) => Location | undefined,
  limits: GitLimits,
  budget: Budget,
): IndexedPack {
  const objects: IndexedObject[] = [];
  const known = new Map<string, number>();
  const starts = new Set<number>();
  const deltas: number[] = [];
  let offset = 12;
  for (let i = 0; i < pack.count; i++) {
    const entry = pack.entry(offset);
    budget.spend(entry.size);
    const { bytes, end } = pack.inflate(entry);
    let oid: Buffer = Buffer.alloc(0);
    if (entry.type === undefined) {
      deltas.push(i);
      if (entry.baseOffset !== undefined && !starts.has(entry.baseOffset)) {
        throw new EdgesealError('git-object', 'a delta base is not an object of its pack');
      }
    } else {
      oid = objectId(entry.type, bytes);
      known.set(oid.toString('hex'), offset);
    }
    objects.push({ oid, offset, crc: crc32(pack.raw(offset, end)) });
    starts.add(offset);
    offset = end;
  }
  if (offset !== pack.end)
    throw new EdgesealError('git-object', 'bytes behind the last object of a pack');

  let thin = false;
  const locate = (oid: string): Location | undefined => {
    const inside = known.get(oid);
    if (inside !== undefined) return { pack, offset: inside };
    const outside = external(oid);
    thin ||= outside !== undefined;
    return outside;
  };
  const resolver = new Resolver(limits, budget);
  const waiting = new Map<string, number[]>();
  let missing: MissingBase | undefined;
  for (const queue = deltas.reverse(); ;) {
    const i = queue.pop();
    const object = i === undefined ? undefined : objects[i];
    if (i === undefined || object === undefined) break;
    try {
      const { type, bytes } = resolver.read({ pack, offset: object.offset }, locate);
      object.oid = objectId(type, bytes);
    } catch (error) {
      if (!(error instanceof MissingBase)) throw error;
      missing = error;
      waiting.set(error.oid, [...(waiting.get(error.oid) ?? []), i]);
      continue;
    }
    const oid = object.oid.toString('hex');
    known.set(oid, object.offset);
    queue.push(...(waiting.get(oid) ?? []));
    waiting.delete(oid);
  }
  if (waiting.size > 0 && missing !== undefined) throw missing;
  return { objects, thin };
}
