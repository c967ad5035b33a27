import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { writeDurably } from '../store/disk.ts';
import type { Status } from './status.ts';

/** The one place that writes status: `<store>/status.json`, only when it says something else than before. */
export class StatusFile {
  readonly #path: string;
  #written = '';
  current: Status | undefined;

  constructor(store: string) {
    this.#path = join(store, 'status.json');
    try {
      this.#written = readFileSync(this.#path, 'utf8');
      // So that a restart does not say that all has just begun.
      this.current = JSON.parse(this.#written) as Status;
      if (!Array.isArray(this.current.conditions)) this.current = undefined;
    } catch {
      this.current = undefined;
    }
  }

  /**
   * Publishes a status.
   *
   * @returns the one before, where it differs
   * @throws EdgesealError `store-full`, `store-io`; `current` is the new one all the same
   */
  publish(status: Status): void {
    this.current = status;
    const text = `${JSON.stringify(status, null, 2)}\n`;
    if (text === this.#written) return;
    writeDurably(this.#path, [Buffer.from(text)], 0o644);
    this.#written = text;
  }
}
