import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { EdgesealError, isEdgesealError } from '../errors.ts';
import { codeOf, readRegular } from './file.ts';
import { Budget } from './limits.ts';
import type { GitLimits } from './limits.ts';
import { checkSize, deflatedBound, objectId } from './object.ts';
import type { GitObject, ObjectType } from './object.ts';
import { PackFile } from './pack-file.ts';
import { PackIndex } from './pack-index.ts';
import { Resolver } from './resolve.ts';
import type { Location } from './resolve.ts';

/** An `objects` directory, and whose fault damage in it is: a mirror's, or our own disk's. */
export interface ObjectFolder {
  path: string;
  fault: 'git-object' | 'store-corrupt';
}

interface OpenPack {
  folder: ObjectFolder;
  path: string;
  index: PackIndex;
  file: PackFile | undefined;
}

/** Reads objects, loose and packed, from `objects` directories; every object is hashed before it is returned. */
export class ObjectStore {
  readonly #limits: GitLimits;
  readonly #resolver: Resolver;
  readonly #packs: OpenPack[] = [];
  readonly #loose = new Map<string, ObjectFolder>();

  /** @throws EdgesealError with the folder's fault for a malformed index, and `git-mirror` for a mirror's alternates */
  constructor(folders: readonly ObjectFolder[], limits: GitLimits) {
    this.#limits = limits;
    this.#resolver = new Resolver(limits, new Budget(limits.maxWork, 'rebuilding objects'));
    for (const folder of folders) this.#open(folder);
  }

  #open(folder: ObjectFolder): void {
    const alternates = join(folder.path, 'info', 'alternates');
    if (existsSync(alternates)) {
      const code = folder.fault === 'store-corrupt' ? folder.fault : 'git-mirror';
      throw new EdgesealError(code, 'a repository that borrows objects of another one', {
        file: alternates,
        hint: 'git repack -a -d && rm objects/info/alternates',
      });
    }
    for (const name of list(folder.path)) {
      if (!/^[0-9a-f]{2}$/u.test(name)) continue;
      for (const rest of list(join(folder.path, name))) {
        if (/^[0-9a-f]{38}$/u.test(rest)) this.#loose.set(name + rest, folder);
      }
    }
    const packs = join(folder.path, 'pack');
    for (const name of list(packs)) {
      if (!/^pack-[0-9a-f]{40}\.idx$/u.test(name)) continue;
      const path = join(packs, `${name.slice(0, -4)}.pack`);
      blame(folder, path, () => {
        this.#packs.push({
          folder,
          path,
          index: new PackIndex(join(packs, name)),
          file: undefined,
        });
      });
    }
  }

  /** Whether the object is said to be here; only reading it proves it. */
  has(oid: string): boolean {
    if (this.#loose.has(oid)) return true;
    const raw = Buffer.from(oid, 'hex');
    return this.#packs.some(({ index }) => index.find(raw) !== undefined);
  }

  /** A number by which objects can be sorted so that a pack is read from front to back. */
  position(oid: string): number {
    const raw = Buffer.from(oid, 'hex');
    for (const [i, { index }] of this.#packs.entries()) {
      const offset = index.find(raw);
      if (offset !== undefined) return i * 2 ** 40 + offset;
    }
    return -1;
  }

  /**
   * The object with this id (40 hex digits), hashed; undefined if there is none.
   *
   * @throws EdgesealError with the folder's fault if it is damaged, `git-limit` if it is too large
   */
  find(oid: string): GitObject | undefined {
    const raw = Buffer.from(oid, 'hex');
    const found = this.#locate(oid, raw);
    if (found === undefined) return undefined;
    return blame(found.folder, found.path, () => {
      const object = this.#resolver.read(found.at(), (base) =>
        this.#locate(base, Buffer.from(base, 'hex'))?.at(),
      );
      if (!objectId(object.type, object.bytes).equals(raw)) {
        throw new EdgesealError('git-object', `what is stored as ${oid} is another object`);
      }
      checkSize(object.type, object.bytes.length, this.#limits);
      return object;
    });
  }

  /** The bytes of an object of this type. @throws EdgesealError also `git-object` if missing or of another type */
  read(oid: string, type: ObjectType): Buffer {
    const object = this.find(oid);
    if (object === undefined)
      throw new EdgesealError('git-object', `the ${type} ${oid} is missing`);
    if (object.type !== type) {
      throw new EdgesealError('git-object', `${oid} is a ${object.type}, not a ${type}`);
    }
    return object.bytes;
  }

  close(): void {
    for (const pack of this.#packs) pack.file?.close();
  }

  #locate(
    oid: string,
    raw: Buffer,
  ): { folder: ObjectFolder; path: string; at: () => Location } | undefined {
    for (const pack of this.#packs) {
      const offset = pack.index.find(raw);
      if (offset === undefined) continue;
      const at = (): Location => {
        pack.file ??= new PackFile(pack.path, this.#limits);
        return { pack: pack.file, offset };
      };
      return { folder: pack.folder, path: pack.path, at };
    }
    const folder = this.#loose.get(oid);
    if (folder === undefined) return undefined;
    const path = join(folder.path, oid.slice(0, 2), oid.slice(2));
    return { folder, path, at: () => readLoose(path, this.#limits) };
  }
}

function readLoose(path: string, limits: GitLimits): GitObject {
  const packed = readRegular(path, deflatedBound(limits.maxTree));
  if (packed === undefined) throw new EdgesealError('git-object', 'a loose object is gone');
  let all: Buffer;
  try {
    all = inflateSync(packed, { maxOutputLength: limits.maxTree + 64 });
  } catch (cause) {
    throw new EdgesealError('git-object', `a damaged loose object: ${codeOf(cause) ?? ''}`, {
      cause,
    });
  }
  const end = all.subarray(0, 64).indexOf(0);
  const match = /^(commit|tree|blob|tag) (0|[1-9][0-9]{0,9})$/u.exec(
    all.toString('latin1', 0, Math.max(end, 0)),
  );
  const bytes = all.subarray(end + 1);
  if (match === null || Number(match[2]) !== bytes.length) {
    throw new EdgesealError('git-object', 'a damaged loose object');
  }
  return { type: match[1] as ObjectType, bytes };
}

/** Runs `step`; what is wrong with the bytes of our own cache is not called a mirror's lie. */
function blame<T>(folder: ObjectFolder, path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    if (folder.fault === 'git-object') throw error.at({ file: path });
    throw new EdgesealError('store-corrupt', `the git cache is damaged: ${error.message}`, {
      file: path,
      cause: error,
    });
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}
