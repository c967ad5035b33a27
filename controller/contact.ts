import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mark } from '../core/channel/mark.ts';
import { writeDurably } from './disk.ts';

/** What is worth remembering of a mirror. */
export interface MirrorMemory {
  /** The commit that was last looked into, so that it need not be fetched again. */
  oid?: string | undefined;
  /** The newest snapshot that it has served. */
  best?: Mark | undefined;
}

/** What a restart may forget without harm: it is told anew by the next poll. */
export interface Contact {
  lastContact?: string | undefined;
  /** When the newest heartbeat of the accepted snapshot was issued. */
  issuedAt?: string | undefined;
  mirrors: Record<string, MirrorMemory>;
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
      if (read !== null && typeof read.mirrors === 'object') return { mirrors: {}, ...read };
    } catch {
      // Missing or torn: nothing rests on it.
    }
    return { mirrors: {} };
  }

  save(contact: Contact): void {
    writeDurably(this.#path, [Buffer.from(`${JSON.stringify(contact, null, 1)}\n`)]);
  }
}
