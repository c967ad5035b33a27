import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEdgesealError } from '../../../core/errors.ts';
import { writeDurably } from '../../store/disk.ts';

/**
 * To be raised when a Secret is made in another way from the same sealed file: then each has to be looked at once.
 */
const FORMAT = 1;
/** Characters. */
const PIECE = 64 * 1024;

/** One Secret as we last wrote it, or found it to be what we would have written. */
export interface Written {
  uid: string;
  resourceVersion: string;
  /** SHA-256 of the sealed file that it was made from. */
  sha256: string;
}

/**
 * What was written, so that a restart need not read every Secret again. Nothing rests on it: where it is lost or old,
 * Secrets are read and compared. An object's uid and resource version say that nobody has touched it since.
 */
export class Journal {
  readonly #path: string;

  constructor(store: string) {
    this.#path = join(store, 'kubernetes-written.json');
  }

  /** What is unreadable counts as forgotten. */
  load(): Map<string, Written> {
    const written = new Map<string, Written>();
    try {
      const [format, ...rows] = JSON.parse(readFileSync(this.#path, 'utf8')) as unknown[];
      if (format !== FORMAT) return written;
      for (const row of rows) {
        const [key, uid, resourceVersion, sha256] = row as string[];
        if (key !== undefined && uid !== undefined && resourceVersion !== undefined)
          written.set(key, { uid, resourceVersion, sha256: sha256 ?? '' });
      }
    } catch {
      written.clear();
    }
    return written;
  }

  /** @returns false where the disk refuses: whatever else is written there will say why */
  save(written: Iterable<[string, Written]>): boolean {
    // In pieces: as one text it would take several times its size for a moment.
    const parts: Buffer[] = [];
    let text = `[${FORMAT}`;
    for (const [key, { uid, resourceVersion, sha256 }] of written) {
      text += `,\n${JSON.stringify([key, uid, resourceVersion, sha256])}`;
      if (text.length < PIECE) continue;
      parts.push(Buffer.from(text));
      text = '';
    }
    parts.push(Buffer.from(`${text}]\n`));
    try {
      writeDurably(this.#path, parts);
      return true;
    } catch (error) {
      if (isEdgesealError(error)) return false;
      throw error;
    }
  }
}
