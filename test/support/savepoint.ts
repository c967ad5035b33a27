import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';

/** A folder as it was at one moment: a set-up of many commands is made once, and each test begins with it. */
export class Savepoint {
  readonly #folder: string;
  readonly #copy: string;

  /** Takes the folder as it is now. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#copy = `${folder}-saved`;
    execFileSync('cp', ['-a', folder, this.#copy]);
  }

  /** Makes it what it was, at the same place. */
  restore(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    execFileSync('cp', ['-a', this.#copy, this.#folder]);
  }

  remove(): void {
    rmSync(this.#copy, { recursive: true, force: true });
  }
}
