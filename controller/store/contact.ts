import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mark } from '../../core/channel/mark.ts';
import { writeDurably } from './disk.ts';

/** What is worth remembering of a mirror. */
export interface MirrorMemory {
  /** The commit that it was last seen at. */
  oid?: string | undefined;
  /** The snapshot of that commit. */
  served?: Mark | undefined;
  /** The newest snapshot that it has ever served. */
  best?: Mark | undefined;
}

/** What a restart may forget without harm: it is told anew by the next poll. */
export interface Contact {
  lastContact?: string | undefined;
  /** When the newest heartbeat of the accepted snapshot was issued. */
  issuedAt?: string | undefined;
  mirrors: Record<string, MirrorMemory>;
  /**
   * Commits that were looked into, whoever served them, and their snapshots: a mirror that names one of them
   * need not be fetched from. Nothing is accepted because of it.
   */
  known: Record<string, Mark>;
  /** The commit whose files were verified last. */
  verified?: string | undefined;
}

export class ContactFile {
  readonly #path: string;

  constructor(store: string) {
    this.#path = join(store, 'contact.json');
  }

  /** What is unreadable counts as forgotten. */
  load(): Contact {
    try {
      const read = JSON.parse(readFileSync(this.#path, 'utf8')) as Partial<Contact> | null;
      if (typeof read?.mirrors === 'object' && typeof read.known === 'object')
        return { ...read, mirrors: read.mirrors, known: read.known };
    } catch {
      // Missing or torn: nothing rests on it.
    }
    return { mirrors: {}, known: {} };
  }

  save(contact: Contact): void {
    writeDurably(this.#path, [Buffer.from(`${JSON.stringify(contact, null, 1)}\n`)]);
  }
}
