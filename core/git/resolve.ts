import { EdgesealError } from '../errors.ts';
import { applyDelta } from './delta.ts';
import type { Budget, GitLimits } from './limits.ts';
import { checkSize } from './object.ts';
import type { GitObject, ObjectType } from './object.ts';
import type { PackFile } from './pack-file.ts';

/** Where an object lies: an entry of a pack, or already in hand. */
export type Location = { pack: PackFile; offset: number } | GitObject;

/** A REF_DELTA whose base is not (yet) known. */
export class MissingBase extends EdgesealError {
  readonly oid: string;

  constructor(oid: string) {
    super('git-object', `the base ${oid} of a delta is missing`);
    this.oid = oid;
  }
}

const CACHE_BYTES = 16 * 1024 * 1024;

/** Rebuilds objects from delta chains, iteratively, and keeps the bases it used last. */
export class Resolver {
  readonly #limits: GitLimits;
  readonly #budget: Budget;
  /** With the length of the chain below, so that what is accepted can be read again without the cache. */
  readonly #cache = new Map<string, { object: GitObject; depth: number }>();
  #cached = 0;

  constructor(limits: GitLimits, budget: Budget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  /**
   * The object at `start`; its id is not checked here.
   *
   * @param locate finds the base of a REF_DELTA by its id (hex)
   * @throws EdgesealError `git-object` (MissingBase among them), or `git-limit` for a chain too long: a circle is one
   */
  read(start: Location, locate: (oid: string) => Location | undefined): GitObject {
    const chain: { key: string; pack: PackFile; offset: number }[] = [];
    let here = start;
    let object: GitObject | undefined;
    let depth = 0;
    while (object === undefined) {
      if ('bytes' in here) {
        object = here;
        break;
      }
      const { pack, offset } = here;
      const key = `${pack.path}:${String(offset)}`;
      const cached = this.#cache.get(key);
      if (cached !== undefined) {
        this.#cache.delete(key);
        this.#cache.set(key, cached);
        ({ object, depth } = cached);
        this.#checkDepth(depth + chain.length);
        break;
      }
      const entry = pack.entry(offset);
      if (entry.type !== undefined) {
        this.#budget.spend(entry.size);
        object = { type: entry.type, bytes: pack.inflate(entry).bytes };
        if (chain.length > 0) this.#keep(key, object, 0);
        break;
      }
      chain.push({ key, pack, offset });
      this.#checkDepth(chain.length);
      if (entry.baseOffset !== undefined) {
        here = { pack, offset: entry.baseOffset };
      } else {
        const oid = entry.baseOid ?? '';
        const base = locate(oid);
        if (base === undefined) throw new MissingBase(oid);
        here = base;
      }
    }
    for (let link = chain.pop(); link !== undefined; link = chain.pop()) {
      const delta = link.pack.inflate(link.pack.entry(link.offset)).bytes;
      const type: ObjectType = object.type;
      const bytes = applyDelta(object.bytes, delta, this.#limits.maxTree);
      this.#budget.spend(delta.length + bytes.length);
      checkSize(type, bytes.length, this.#limits);
      object = { type, bytes };
      this.#keep(link.key, object, ++depth);
    }
    return object;
  }

  #checkDepth(depth: number): void {
    if (depth > this.#limits.maxDeltaDepth) {
      throw new EdgesealError('git-limit', 'a delta chain is too long, or a circle');
    }
  }

  #keep(key: string, object: GitObject, depth: number): void {
    this.#cache.set(key, { object, depth });
    this.#cached += object.bytes.length + 256;
    for (const [oldest, kept] of this.#cache) {
      if (this.#cached <= CACHE_BYTES) break;
      this.#cache.delete(oldest);
      this.#cached -= kept.object.bytes.length + 256;
    }
  }
}
