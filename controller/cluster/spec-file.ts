import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEdgesealError } from '../../core/errors.ts';
import { checkRegionSyncObject } from '../../core/format/region-sync.ts';
import { settingsOf, usualStore } from '../config.ts';
import type { Settings } from '../config.ts';
import type { Log } from '../status/log.ts';
import { headOf, readChecked, requireProof } from '../store/checked.ts';
import { writeDurably } from '../store/disk.ts';
import { StoreKey } from '../store/store-key.ts';
import type { RegionObject } from './region-object.ts';

/** A RegionSync as it was run last, and which one it was. */
interface Saved {
  key: string;
  object: RegionObject;
}

const MAGIC = 'edgeseal-region-sync-1';

const fileIn = (store: string): string => join(store, 'region-sync.json');

/** Keeps what was run, for a start without an API server. It holds no credential: those are in Secrets. */
export function saveSpec(
  store: string,
  key: string,
  object: RegionObject,
  storeKey: StoreKey,
): void {
  const { apiVersion, kind, spec } = object;
  const { name, namespace, uid, resourceVersion, generation } = object.metadata;
  const metadata = { name, namespace, uid, resourceVersion, generation };
  const text = JSON.stringify({ key, object: { apiVersion, kind, metadata, spec } });
  const body = [Buffer.from(text)];
  try {
    writeDurably(fileIn(store), [headOf(MAGIC, body, storeKey), ...body]);
  } catch (error) {
    // The disk's state is said by the store itself.
    if (!isEdgesealError(error)) throw error;
  }
}

/**
 * What was kept; undefined where it cannot be read.
 *
 * @throws EdgesealError `store-key` where somebody without the store's key wrote it: it names the root that all trust
 * starts from
 */
export function loadSpec(env: NodeJS.ProcessEnv): Saved | undefined {
  const file = fileIn(env['EDGESEAL_STORE'] ?? usualStore);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return undefined;
  }
  // As it was written before it had a first line.
  const isBare = bytes[0] === 0x7b;
  const checked = isBare ? { body: bytes, proof: undefined } : readChecked(bytes, MAGIC);
  if (checked === undefined) return undefined;
  requireProof(checked, MAGIC, new StoreKey(env), file);
  try {
    const saved = JSON.parse(checked.body.toString('utf8')) as Partial<Saved> | null;
    if (typeof saved?.key !== 'string' || typeof saved.object?.metadata.name !== 'string')
      return undefined;
    return { key: saved.key, object: saved.object };
  } catch {
    return undefined;
  }
}

/** Reads what was kept, and says once why it is refused: it is tried again until the API server answers. */
export class SavedSpec {
  #refused = '';

  /** @returns undefined where there is none for that name that could be used */
  async read(parts: {
    env: NodeJS.ProcessEnv;
    name: string;
    log: Log;
  }): Promise<(Saved & { settings: Settings }) | undefined> {
    const { env, name, log } = parts;
    try {
      const saved = loadSpec(env);
      if (saved?.object.metadata.name !== name) return undefined;
      return {
        ...saved,
        settings: await settingsOf(checkRegionSyncObject(saved.object), '/', env),
      };
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      const { file, message, hint } = error;
      const text = [file, message, hint].filter((part) => part !== undefined).join(': ');
      if (text !== this.#refused)
        log.error('region sync from the store refused', { message: text });
      this.#refused = text;
      return undefined;
    }
  }
}
