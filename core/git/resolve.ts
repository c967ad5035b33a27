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
  readonly #cache = new Map<string, GitObject>();
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
    while (object === undefined) {
      if ('bytes' in here) {
        object = here;
        break;
      }
      const { pack, offset } = here;
      const key = `${pack.path}:${String(offset)}`;
      object = this.#cache.get(key);
      if (object !== undefined) {
        this.#cache.delete(key);
        this.#cache.set(key, object);
        break;
      }
      const entry = pack.entry(offset);
      if (entry.type !== undefined) {
        this.#budget.spend(entry.size);
        object = { type: entry.type, bytes: pack.inflate(entry).bytes };
        if (chain.length > 0) this.#keep(key, object);
        break;
      }
      chain.push({ key, pack, offset });
      if (chain.length > this.#limits.maxDeltaDepth) {
        throw new EdgesealError('git-limit', 'a delta chain is too long, or a circle');
      }
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
      this.#keep(link.key, object);
    }
    return object;
  }

  #keep(key: string, object: GitObject): void {
    this.#cache.set(key, object);
    this.#cached += object.bytes.length + 256;
    for (const [oldest, { bytes }] of this.#cache) {
      if (this.#cached <= CACHE_BYTES) break;
      this.#cache.delete(oldest);
      this.#cached -= bytes.length + 256;
    }
  }
}
