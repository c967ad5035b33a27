import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join, relative } from 'node:path';

/** Shorter values occur by chance, in a hash or a name. */
const MIN_LENGTH = 8;

/**
 * The plaintext that a test has sealed, and the search for it where none may be: stores, caches, repositories, logs, status,
 * Events, metrics. Where it belongs (a directory target, a test's own input) is left out by name.
 */
export class Planted {
  readonly #values = new Set<string>();
  readonly #max: number;

  /** @param max how many are searched for: where a suite seals hundreds, the first and the last ones stand for all */
  constructor(max = 24) {
    this.#max = max;
  }

  /** Notes a value that was sealed. */
  add(value: string): void {
    if (value.length < MIN_LENGTH || this.#values.has(value)) return;
    this.#values.add(value);
    // For the search of what all suites together leave behind.
    const list = process.env['EDGESEAL_PLANTED'];
    if (list !== undefined) appendFileSync(list, `${JSON.stringify(value)}\n`);
  }

  /** Every way in which a value may be written: as it is, in base64 at any place of a longer text, in hex. */
  get #needles(): [value: string, needle: Buffer][] {
    const all = [...this.#values];
    const half = this.#max / 2;
    const some = all.length > this.#max ? [...all.slice(0, half), ...all.slice(-half)] : all;
    return some.flatMap((value) =>
      spellings(value).map((text): [string, Buffer] => [value, Buffer.from(text)]),
    );
  }

  /** @returns which value a text holds; undefined where it holds none */
  in(text: string | Uint8Array): string | undefined {
    const bytes = Buffer.from(text);
    return this.#needles.find(([, needle]) => bytes.includes(needle))?.[0];
  }

  /**
   * Goes through a folder, and through the objects of Git repositories in it, which are compressed.
   *
   * @param isAllowed for paths relative to the folder that may hold plaintext, with all below them
   * @returns one line for each file that holds a value
   */
  search(folder: string, isAllowed: (path: string) => boolean = () => false): string[] {
    const found: string[] = [];
    if (this.#values.size === 0 || !existsSync(folder)) return found;
    const needles = this.#needles;
    const look = (path: string, bytes: Buffer): void => {
      const hit = needles.find(([, needle]) => bytes.includes(needle));
      if (hit !== undefined) found.push(`${path} holds the plaintext ${hit[0]}`);
    };
    const walk = (at: string): void => {
      const path = relative(folder, at);
      if (path !== '' && isAllowed(path)) return;
      if (existsSync(join(at, 'objects/pack'))) look(`${path}: an object`, objectsOf(at));
      for (const entry of entriesOf(at)) {
        const inner = join(at, entry.name);
        if (entry.isDirectory()) walk(inner);
        else if (entry.isFile() && !isAllowed(relative(folder, inner))) {
          try {
            look(relative(folder, inner), readFileSync(inner));
          } catch {
            // Gone meanwhile, or nobody's to read.
          }
        }
      }
    };
    walk(folder);
    return found;
  }
}

/** @returns texts that show that a value is there, in whatever context it stands */
function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // What depends on the neighbours is left out.
    const end = (before + bytes.length) % 3 === 0 ? undefined : text.includes('==') ? -3 : -2;
    return text.slice(before === 0 ? 0 : before + 1, end);
  });
  return [value, JSON.stringify(value).slice(1, -1), bytes.toString('hex'), ...base64];
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** All objects of a repository, one after the other; nothing of a damaged one. */
function objectsOf(gitdir: string): Buffer {
  try {
    return execFileSync(
      'git',
      ['--git-dir', gitdir, 'cat-file', '--batch', '--batch-all-objects', '--buffer'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 256 * 1024 * 1024,
      },
    );
  } catch {
    return Buffer.alloc(0);
  }
}
