import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { closeSync, fsyncSync, lstatSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { memoryFolder } from '../memory-folder.ts';

/** A file for an editor: plaintext that must never reach a disk. */
export class MemoryFile {
  readonly folder: string;
  readonly path: string;

  private constructor(folder: string, name: string) {
    this.folder = folder;
    this.path = join(folder, name);
  }

  /**
   * Makes a folder that only this person may enter.
   *
   * @throws EdgesealError `input-usage` where no folder lies in memory
   */
  static async make(env: NodeJS.ProcessEnv, name: string): Promise<MemoryFile> {
    const place = await memoryFolder(['/dev/shm', env['XDG_RUNTIME_DIR']]);
    if (place === undefined) {
      throw new EdgesealError(
        'input-usage',
        'this machine has no folder that lies in memory, and plaintext is not written to a disk',
        {
          hint: 'change one item at a time: edgeseal set SECRET ITEM',
        },
      );
    }
    return new MemoryFile(await mkdtemp(join(place, 'edgeseal-edit-')), name);
  }

  async write(text: string): Promise<void> {
    await writeFile(this.path, text, { mode: 0o600 });
  }

  async read(): Promise<string> {
    return await readFile(this.path, 'utf8');
  }

  /**
   * Overwrites and removes the file and whatever an editor left beside it. Synchronous: it also runs on the way out of
   * a process that was told to end.
   */
  wipe(): void {
    try {
      for (const name of readdirSync(this.folder, { recursive: true, encoding: 'utf8' })) {
        overwrite(join(this.folder, name));
      }
    } catch {
      // Already gone.
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function overwrite(path: string): void {
  const stat = lstatSync(path);
  if (!stat.isFile()) return;
  const file = openSync(path, 'r+');
  try {
    writeSync(file, Buffer.alloc(stat.size), 0, stat.size, 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
