import { createHmac, randomBytes } from 'node:crypto';
import type { Mark } from '../../core/channel/mark.ts';
import { EdgesealError } from '../../core/errors.ts';
import { isLabel, isSubdomain } from '../../core/format/names.ts';
import type { UnsealedSecret } from '../../core/secret/unseal.ts';
import {
  diskError,
  makeDirectoryDurably,
  removeHalfDone,
  syncDirectory,
  systemCode,
  writeDurably,
} from '../store/disk.ts';
import { ownershipOf, parseDataName } from './directory-ownership.ts';
import { SecretFolder } from './directory-secret.ts';
import type { Access } from './directory-secret.ts';
import type { Scope } from '../../core/format/ownership.ts';
import { keyOf, partsOf } from './target.ts';
import type { Owned, Target } from './target.ts';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
} from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { join } from 'node:path';

/** Not a namespace's name, so it can never be in the way of one. */
const OWN = '.edgeseal';

/**
 * Secrets as files: `<path>/<namespace>/<name>/<item>`, each Secret swapped as a whole like kubelet's atomic
 * writer does. A folder that this controller did not make is neither overwritten nor removed.
 */
export class DirectoryTarget implements Target {
  readonly description: string;
  /** Enough to let the disk sync several at once. */
  readonly concurrency = 4;
  readonly #path: string;
  readonly #scope: Scope;
  readonly #access: Access;
  /** Keyed with what only this process knows: content can be compared without being kept. */
  readonly #digestKey = randomBytes(32);
  readonly #digests = new Map<string, string>();
  readonly #unsettled = new Set<string>();
  /** What was removed, where it lies until that is durable. */
  readonly #discarded: string[] = [];

  constructor(path: string, scope: Scope, access: Access) {
    this.description = `directory ${path}`;
    this.#path = path;
    this.#scope = scope;
    this.#access = access;
  }

  async open(): Promise<void> {
    try {
      makeDirectoryDurably(this.#path, this.#access.directoryMode);
      makeDirectoryDurably(this.#workshop, 0o700);
      // What a kill left in the workshop is not, or no longer, visible to anybody.
      for (const name of readdirSync(this.#workshop))
        rmSync(join(this.#workshop, name), { recursive: true, force: true });
    } catch (error) {
      throw diskError(error, this.#path);
    }
  }

  async inventory(): Promise<Map<string, Owned>> {
    const owned = new Map<string, Owned>();
    for (const namespace of foldersIn(this.#path)) {
      if (!isLabel(namespace)) continue;
      for (const name of foldersIn(join(this.#path, namespace))) {
        if (!isSubdomain(name)) continue;
        const held = this.#owned(namespace, name);
        if (held !== undefined) owned.set(keyOf(namespace, name), held);
      }
      await turn();
    }
    return owned;
  }

  /** Files can be changed without anybody being told. */
  holds(): boolean {
    return false;
  }

  async apply(secret: UnsealedSecret, sha256: string): Promise<'applied' | 'unchanged'> {
    const { namespace, name } = secret;
    const key = keyOf(namespace, name);
    const place = join(this.#path, namespace, name);
    const wanted = this.#digest([...secret.items].map(([item, v]) => [item, v.reveal()]));
    try {
      this.#makeNamespace(namespace);
      const folder = new SecretFolder(place, this.#access);
      const held = this.#owned(namespace, name);
      if (held === undefined && exists(place)) throw this.#foreign(place);
      if (held?.sha256 === sha256 && this.#digestOf(folder) === wanted) {
        this.#digests.set(key, wanted);
        return 'unchanged';
      }
      const dataName = ownershipOf(this.#scope, secret, sha256);
      if (held === undefined) await folder.create(this.#workshop, dataName, secret.items);
      else await folder.replace(dataName, secret.items);
      this.#unsettled.add(join(this.#path, namespace));
      this.#digests.set(key, wanted);
      return 'applied';
    } catch (error) {
      if (systemCode(error) === 'ENOTEMPTY' || systemCode(error) === 'EEXIST')
        throw this.#foreign(place);
      throw diskError(error, place);
    }
  }

  async remove(namespace: string, name: string): Promise<boolean> {
    const place = join(this.#path, namespace, name);
    if (this.#owned(namespace, name) === undefined) return false;
    try {
      this.#discarded.push(new SecretFolder(place, this.#access).remove(this.#workshop));
      this.#digests.delete(keyOf(namespace, name));
      this.#unsettled.add(join(this.#path, namespace));
      try {
        rmdirSync(join(this.#path, namespace));
      } catch {
        // Other Secrets are in it.
      }
      return true;
    } catch (error) {
      throw diskError(error, place);
    }
  }

  async settle(): Promise<void> {
    try {
      for (const path of this.#unsettled) if (exists(path)) syncDirectory(path);
      if (this.#unsettled.size > 0) syncDirectory(this.#path);
    } catch (error) {
      throw diskError(error, this.#path);
    }
    this.#unsettled.clear();
    // A power cut that brings back what was removed must bring it back whole.
    for (const draft of this.#discarded.splice(0)) removeHalfDone(draft);
  }

  async drifted(): Promise<string[]> {
    const drifted: string[] = [];
    let seen = 0;
    for (const [key, digest] of this.#digests) {
      const { namespace, name } = partsOf(key);
      const folder = new SecretFolder(join(this.#path, namespace, name), this.#access);
      if (this.#owned(namespace, name) === undefined || this.#digestOf(folder) !== digest) {
        drifted.push(key);
      }
      if (++seen % 100 === 0) await turn();
    }
    return drifted;
  }

  async close(): Promise<void> {
    this.#digests.clear();
  }

  async mark(): Promise<Mark | undefined> {
    let text: string;
    try {
      text = readFileSync(this.#markFile, 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw diskError(error, this.#markFile);
    }
    const [, root, sequence, sha256] = /^(\d{1,16}) (\d{1,16}) ([0-9a-f]{64})\n$/.exec(text) ?? [];
    if (sha256 === undefined) {
      throw new EdgesealError('store-corrupt', "the target's high-water mark cannot be read", {
        file: this.#markFile,
        hint: 'remove the file if you are sure that the store is whole; the store holds the mark too',
      });
    }
    return { root: Number(root), sequence: Number(sequence), sha256 };
  }

  async raiseMark({ root, sequence, sha256 }: Mark): Promise<void> {
    try {
      makeDirectoryDurably(join(this.#path, OWN), 0o700);
    } catch (error) {
      throw diskError(error, this.#markFile);
    }
    writeDurably(this.#markFile, [Buffer.from(`${root} ${sequence} ${sha256}\n`)]);
  }

  get #workshop(): string {
    return join(this.#path, OWN, `work-${this.#scope.region}`);
  }

  get #markFile(): string {
    return join(this.#path, OWN, `${this.#scope.repository}.${this.#scope.region}.mark`);
  }

  #owned(namespace: string, name: string): Owned | undefined {
    const place = join(this.#path, namespace, name);
    const data = new SecretFolder(place, this.#access).dataName();
    if (data === undefined) return undefined;
    return parseDataName(this.#scope, namespace, name, data);
  }

  #makeNamespace(namespace: string): void {
    const path = join(this.#path, namespace);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) {
      mkdirSync(path, { mode: this.#access.directoryMode });
      this.#unsettled.add(this.#path);
    } else if (!stat.isDirectory()) throw this.#foreign(path);
  }

  #foreign(file: string): EdgesealError {
    return new EdgesealError('target-refused', 'this is not ours: it is left as it is', {
      file,
      hint: 'move it away, or take the secret out of this region',
    });
  }

  #digestOf(folder: SecretFolder): string | undefined {
    const items = folder.read();
    return items === undefined ? undefined : this.#digest(items);
  }

  #digest(items: [string, Uint8Array][]): string {
    const hmac = createHmac('sha256', this.#digestKey);
    for (const [item, value] of items.sort(([a], [b]) => (a < b ? -1 : 1))) {
      hmac.update(`${item}\0${String(value.length)}\0`).update(value);
    }
    return hmac.digest('base64');
  }
}

function exists(path: string): boolean {
  return existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    throw diskError(error, path);
  }
}
