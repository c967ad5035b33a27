import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseRegionKeys } from '../core/crypto/region-key.ts';
import type { RegionKey } from '../core/crypto/region-key.ts';
import { EdgesealError } from '../core/errors.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { Settings } from './config.ts';
import { systemCode } from './store/disk.ts';

/** One key file's text, and where it was read, for messages. */
export interface KeyText {
  place: string;
  text: SecretBytes;
}

/** Where private keys come from. */
export interface KeySource {
  /**
   * Looks without reading keys.
   *
   * @returns another text whenever the keys may be others
   * @throws EdgesealError `seal-no-key` where one is missing, `kube-*`
   */
  look(): Promise<string>;
  /** Reads what {@link KeySource.look} has seen. */
  read(): Promise<KeyText[]>;
}

/** The region's private keys, read again when they change: an operator adds one without a restart. */
export class KeyRing {
  readonly #sources: readonly KeySource[];
  #seen: string | undefined;
  #keys: RegionKey[] = [];

  constructor(sources: readonly KeySource[]) {
    this.#sources = sources;
  }

  get keys(): readonly RegionKey[] {
    return this.#keys;
  }

  get ids(): string[] {
    return this.#keys.map((key) => key.id);
  }

  /**
   * Reads the keys if they are not as they were.
   *
   * @returns whether the keys are others than before
   * @throws EdgesealError `seal-no-key` where one is missing, `format-key` where one is malformed; those read before
   * stay
   */
  async refresh(): Promise<boolean> {
    const looks: string[] = [];
    for (const source of this.#sources) looks.push(await source.look());
    const seen = looks.join('\n');
    if (seen === this.#seen) return false;
    const keys: RegionKey[] = [];
    for (const source of this.#sources) {
      for (const { place, text } of await source.read()) {
        keys.push(...(await parseRegionKeys(text, place)));
        text.wipe();
      }
    }
    if (keys.length === 0) throw new EdgesealError('seal-no-key', 'there is no region key here');
    this.#keys = keys;
    this.#seen = seen;
    return true;
  }
}

/** The sources that a configuration names. */
export function keySources(settings: Settings['keys'], secret: KeySource | undefined): KeySource[] {
  const hasFiles = settings.files.length > 0 || settings.directory !== undefined;
  return [...(secret === undefined ? [] : [secret]), ...(hasFiles ? [new KeyFiles(settings)] : [])];
}

/** Keys in files: those that are named, and all in a directory, such as a mounted Secret. */
class KeyFiles implements KeySource {
  readonly #settings: Pick<Settings['keys'], 'files' | 'directory'>;
  #files: string[] = [];

  constructor(settings: Pick<Settings['keys'], 'files' | 'directory'>) {
    this.#settings = settings;
  }

  async look(): Promise<string> {
    this.#files = this.#find();
    return this.#files
      .map((file) => {
        const { ino, mtimeMs, size } = statSync(file);
        return `${file} ${ino} ${mtimeMs} ${size}`;
      })
      .join('\n');
  }

  async read(): Promise<KeyText[]> {
    return this.#files.map((file) => ({ place: file, text: new SecretBytes(readFileSync(file)) }));
  }

  #find(): string[] {
    const { files, directory } = this.#settings;
    const all = [...files];
    let place = directory;
    try {
      if (directory !== undefined) {
        // A mounted Secret has `..data` and its like beside the keys.
        const names = readdirSync(directory).filter((name) => !name.startsWith('.'));
        all.push(...names.sort().map((name) => join(directory, name)));
      }
      for (const file of all) {
        place = file;
        statSync(file);
      }
    } catch (cause) {
      throw new EdgesealError(
        'seal-no-key',
        `cannot read a region key (${systemCode(cause) ?? 'error'})`,
        {
          file: place,
          cause,
        },
      );
    }
    if (all.length > 0) return all;
    throw new EdgesealError('seal-no-key', 'there is no region key here', { file: directory });
  }
}
