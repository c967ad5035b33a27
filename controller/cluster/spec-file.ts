import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEdgesealError } from '../../core/errors.ts';
import { usualStore } from '../config.ts';
import { writeDurably } from '../store/disk.ts';
import type { RegionObject } from './region-object.ts';

/** A RegionSync as it was run last, and which one it was. */
interface Saved {
  key: string;
  object: RegionObject;
}

const fileIn = (store: string): string => join(store, 'region-sync.json');

/** Keeps what was run, for a start without an API server. It holds no credential: those are in Secrets. */
export function saveSpec(store: string, key: string, object: RegionObject): void {
  const { apiVersion, kind, spec } = object;
  const { name, namespace, uid, resourceVersion, generation } = object.metadata;
  const metadata = { name, namespace, uid, resourceVersion, generation };
  const text = JSON.stringify({ key, object: { apiVersion, kind, metadata, spec } });
  try {
    writeDurably(fileIn(store), [Buffer.from(text)]);
  } catch (error) {
    // The disk's state is said by the store itself.
    if (!isEdgesealError(error)) throw error;
  }
}

/** What was kept; undefined where it cannot be read. */
export function loadSpec(env: NodeJS.ProcessEnv): Saved | undefined {
  try {
    const store = env['EDGESEAL_STORE'] ?? usualStore;
    const saved = JSON.parse(readFileSync(fileIn(store), 'utf8')) as Partial<Saved> | null;
    if (typeof saved?.key !== 'string' || typeof saved.object?.metadata.name !== 'string')
      return undefined;
    return { key: saved.key, object: saved.object };
  } catch {
    return undefined;
  }
}
