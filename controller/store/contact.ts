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
  /** When the heartbeat that it serves with that snapshot was issued. */
  issuedAt?: string | undefined;
  /** When it was first seen to serve what it does. */
  since?: string | undefined;
}

/** What a commit was found to hold. */
export interface Seen extends Mark {
  issuedAt?: string | undefined;
}

/** What a restart may forget without harm: it is told anew by the next poll. */
export interface Contact {
  /** When the newest heartbeat of the accepted snapshot was issued. */
  issuedAt?: string | undefined;
  mirrors: Record<string, MirrorMemory>;
  /**
   * Commits that were looked into, whoever served them, and their snapshots: a mirror that names one of them
   * need not be fetched from. Nothing is accepted because of it.
   */
  known: Record<string, Seen>;
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
      return contactFrom(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      // Missing or torn: nothing rests on it.
      return { mirrors: emptyRecord(), known: emptyRecord() };
    }
  }

  save(contact: Contact): void {
    writeDurably(this.#path, [Buffer.from(`${JSON.stringify(contact, null, 1)}\n`)]);
  }
}

/** Takes over what has the right form, and nothing else: there is no checksum that would vouch for it. */
function contactFrom(read: unknown): Contact {
  const contact: Contact = { mirrors: emptyRecord(), known: emptyRecord() };
  const top = fields(read);
  contact.issuedAt = timeOf(top['issuedAt']);
  contact.verified = oidOf(top['verified']);
  for (const [name, value] of Object.entries(fields(top['mirrors']))) {
    const memory = fields(value);
    contact.mirrors[name] = {
      oid: oidOf(memory['oid']),
      served: markFrom(memory['served']),
      best: markFrom(memory['best']),
      issuedAt: timeOf(memory['issuedAt']),
      since: timeOf(memory['since']),
    };
  }
  for (const [oid, value] of Object.entries(fields(top['known']))) {
    const mark = markFrom(value);
    if (mark === undefined || oidOf(oid) === undefined) continue;
    contact.known[oid] = { ...mark, issuedAt: timeOf(fields(value)['issuedAt']) };
  }
  return contact;
}

function markFrom(value: unknown): Mark | undefined {
  const { root, sequence, sha256 } = fields(value);
  const isCounter = (n: unknown): n is number => Number.isSafeInteger(n) && Number(n) >= 1;
  const isHash = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
  return isCounter(root) && isCounter(sequence) && isHash ? { root, sequence, sha256 } : undefined;
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A mirror's name is the operator's: `__proto__` is one like any other. */
function emptyRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

function oidOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value) ? value : undefined;
}

function timeOf(value: unknown): string | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined;
}
