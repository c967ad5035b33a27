import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EdgesealError } from '../core/errors.ts';
import { parseRegionSync } from '../core/format/region-sync.ts';
import type { Io } from './terminal/io.ts';

/** A controller's configuration on this machine. */
export interface RegionSyncFile {
  /** Absolute. */
  file: string;
  bytes: Buffer;
  spec: ReturnType<typeof parseRegionSync>['spec'];
  /** Where its controller says how it is. */
  statusFile: string;
}

/** @throws EdgesealError `input-not-found`, `format-yaml`, `format-schema` */
export async function readRegionSyncFile(io: Io, config: string): Promise<RegionSyncFile> {
  const file = resolve(io.cwd, config);
  const bytes = await readNamed(file, config);
  const { spec } = parseRegionSync(bytes, config);
  const statusFile = join(resolve(dirname(file), spec.store), 'status.json');
  return { file, bytes, spec, statusFile };
}

/**
 * A whole file that a person named.
 *
 * @param name as they wrote it
 * @throws EdgesealError `input-not-found`
 */
export async function readNamed(file: string, name = file): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code = 'error' } = cause as NodeJS.ErrnoException;
    throw new EdgesealError('input-not-found', `cannot read (${code})`, { file: name, cause });
  }
}
