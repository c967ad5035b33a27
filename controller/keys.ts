import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseRegionKeys } from '../core/crypto/region-key.ts';
import type { RegionKey } from '../core/crypto/region-key.ts';
import { EdgesealError } from '../core/errors.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { Settings } from './config.ts';
import { systemCode } from './store/disk.ts';

/** The region's private keys, read again when their files change: an operator adds one without a restart. */
export class KeyRing {
  readonly #settings: Settings['keys'];
  #seen = '';
  #keys: RegionKey[] = [];

  constructor(settings: Settings['keys']) {
    this.#settings = settings;
  }

  get keys(): readonly RegionKey[] {
    return this.#keys;
  }

  get ids(): string[] {
    return this.#keys.map((key) => key.id);
  }

  /**
   * Reads the files if they are not as they were.
   *
   * @returns whether the keys are others than before
   * @throws EdgesealError `seal-no-key` where a file is missing, `format-key` where one is malformed
   */
  async refresh(): Promise<boolean> {
    const files = this.#files();
    const seen = files
      .map((file) => {
        const { ino, mtimeMs, size } = statSync(file);
        return `${file} ${ino} ${mtimeMs} ${size}`;
      })
      .join('\n');
    if (seen === this.#seen) return false;
    const keys: RegionKey[] = [];
    for (const file of files) {
      const text = new SecretBytes(readFileSync(file));
      keys.push(...(await parseRegionKeys(text, file)));
      text.wipe();
    }
    this.#keys = keys;
    this.#seen = seen;
    return true;
  }

  #files(): string[] {
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
