import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import { removeHalfDone, writeAll } from '../store/disk.ts';

const synced = promisify(fsync);

/** Who may read what is written. */
export interface Access {
  fileMode: number;
  directoryMode: number;
  owner: number | undefined;
  group: number | undefined;
}

type Items = ReadonlyMap<string, SecretBytes>;

/**
 * One Secret's folder in the layout of kubelet's atomic writer: items are links to `..data/<item>`, and
 * `..data` is a link that is replaced by one rename. A reader sees all of the old values or all of the new.
 */
export class SecretFolder {
  readonly #path: string;
  readonly #access: Access;

  constructor(path: string, access: Access) {
    this.#path = path;
    this.#access = access;
  }

  /** What `..data` points to; undefined where there is no such link. */
  dataName(): string | undefined {
    try {
      if (!lstatSync(this.#path).isDirectory()) return undefined;
      return readlinkSync(join(this.#path, '..data'));
    } catch {
      return undefined;
    }
  }

  /** Builds the folder out of sight and moves it into its place, which must be free. */
  async create(workshop: string, dataName: string, items: Items): Promise<void> {
    const draft = join(workshop, randomBytes(8).toString('hex'));
    try {
      const unsynced = this.#writeData([draft, join(draft, dataName)], items);
      symlinkSync(dataName, join(draft, '..data'));
      this.#link(draft, items.keys());
      await syncAll(unsynced);
      // On to a folder that is not empty, rename fails: nobody's is overwritten.
      renameSync(draft, this.#path);
    } catch (error) {
      removeHalfDone(draft);
      throw error;
    }
  }

  /** Swaps in new content. */
  async replace(dataName: string, items: Items): Promise<void> {
    const data = join(this.#path, dataName);
    const fresh = [...items.keys()].filter((item) => !this.#isLinked(item));
    try {
      const unsynced = this.#writeData([data], items);
      try {
        for (const item of fresh) rmSync(join(this.#path, item), { recursive: true, force: true });
        // They lead to nothing yet: with the swap, every item of the new version can be read at once.
        this.#link(this.#path, fresh);
        unsynced.push(openSync(this.#path, 'r'));
      } finally {
        await syncAll(unsynced);
      }
    } catch (error) {
      for (const name of [dataName, ...fresh]) removeHalfDone(join(this.#path, name));
      throw error;
    }
    const swap = join(this.#path, '..data_tmp');
    rmSync(swap, { recursive: true, force: true });
    symlinkSync(dataName, swap);
    renameSync(swap, join(this.#path, '..data'));
    // A power cut that undoes the swap must find the old values still there.
    await syncAll([openSync(this.#path, 'r')]);
    const kept = new Set(['..data', dataName, ...items.keys()]);
    for (const name of readdirSync(this.#path)) {
      if (!kept.has(name)) rmSync(join(this.#path, name), { recursive: true, force: true });
    }
  }

  /**
   * The items as they are on disk; undefined where the folder is not in order: another entry, a link that
   * leads elsewhere, another mode.
   */
  read(): [string, Uint8Array][] | undefined {
    const dataName = this.dataName();
    if (dataName === undefined || dataName.includes('/')) return undefined;
    try {
      const items: [string, Uint8Array][] = [];
      for (const item of readdirSync(join(this.#path, dataName))) {
        const file = join(this.#path, dataName, item);
        const stat = lstatSync(file);
        if (!stat.isFile() || (stat.mode & 0o7777) !== this.#access.fileMode) return undefined;
        if (!this.#isLinked(item)) return undefined;
        items.push([item, readFileSync(file)]);
      }
      return readdirSync(this.#path).length === items.length + 2 ? items : undefined;
    } catch {
      return undefined;
    }
  }

  /** Takes the folder out of sight in one step. @returns where it lies now, to be deleted once that is durable */
  remove(workshop: string): string {
    const draft = join(workshop, randomBytes(8).toString('hex'));
    renameSync(this.#path, draft);
    return draft;
  }

  #isLinked(item: string): boolean {
    try {
      return readlinkSync(join(this.#path, item)) === `..data/${item}`;
    } catch {
      return false;
    }
  }

  #link(folder: string, items: Iterable<string>): void {
    for (const item of items) {
      const path = join(folder, item);
      symlinkSync(`..data/${item}`, path);
      const { owner, group } = this.#access;
      if (owner !== undefined || group !== undefined) lchownSync(path, owner ?? -1, group ?? -1);
    }
  }

  #makeDirectory(path: string): number {
    mkdirSync(path, { mode: 0o700 });
    const fd = openSync(path, 'r');
    this.#permit(fd, this.#access.directoryMode);
    return fd;
  }

  /** Makes the folders, writes the items into the last, and returns what is open and not synced yet. */
  #writeData(folders: string[], items: Items): number[] {
    const open: number[] = [];
    try {
      for (const folder of folders) open.push(this.#makeDirectory(folder));
      for (const [item, value] of items) {
        const fd = openSync(join(folders.at(-1) ?? '', item), 'wx', 0o600);
        open.push(fd);
        writeAll(fd, value.reveal());
        this.#permit(fd, this.#access.fileMode);
      }
      return open;
    } catch (error) {
      for (const fd of open) closeSync(fd);
      throw error;
    }
  }

  #permit(fd: number, mode: number): void {
    const { owner, group } = this.#access;
    if (owner !== undefined || group !== undefined) fchownSync(fd, owner ?? -1, group ?? -1);
    fchmodSync(fd, mode);
  }
}

async function syncAll(open: number[]): Promise<void> {
  const done = await Promise.allSettled(open.map((fd) => synced(fd)));
  for (const fd of open) closeSync(fd);
  for (const result of done) if (result.status === 'rejected') throw result.reason;
}
