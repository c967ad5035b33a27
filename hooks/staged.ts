import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BlobReader } from './git/blobs.ts';
import { decodePath } from './git/path-name.ts';
import { gitAnswer, gitOutput } from './git/process.ts';
import type { HookIo } from './git/process.ts';
import { rawEntry } from './git/raw-entry.ts';

/** A file that is about to be committed. */
export interface StagedFile {
  /** From the top of the working tree, as `decodePath` gives it. */
  path: string;
  /** Object id of exactly the bytes that will be committed, whatever the working tree holds. */
  oid: string;
  /** `100644`, `100755`, `120000`. */
  mode: string;
  isNew: boolean;
}

/** Reads staged files. Started before it is known what is staged, so that two git processes start at once. */
export class Staging {
  readonly #io: HookIo;
  readonly blobs: BlobReader;

  constructor(io: HookIo) {
    this.#io = io;
    this.blobs = new BlobReader(io);
  }

  /** The files that differ from HEAD, or all of them before the first commit. Deletions and submodules are left out. */
  async files(): Promise<StagedFile[]> {
    const args = ['diff', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames'];
    return await this.#changes([...args, '--diff-filter=ACMRT', '--ignore-submodules']);
  }

  /** Files of {@link files} that one of the merged commits has just so: they are not this merge's own. */
  async notOwn(): Promise<Set<string>> {
    const merged = await this.mergedCommits();
    const same = new Set<string>();
    if (merged.length === 0) return same;
    const ours = await this.files();
    for (const commit of merged) {
      const args = ['diff-index', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames', commit];
      const differs = new Set((await this.#changes(args)).map(({ path }) => path));
      for (const { path } of ours) if (!differs.has(path)) same.add(path);
    }
    return same;
  }

  /** The commits that are being merged, while a merge is being concluded. */
  async mergedCommits(): Promise<string[]> {
    const file = await gitAnswer(this.#io, ['rev-parse', '--git-path', 'MERGE_HEAD']);
    const text = await readFile(resolve(this.#io.cwd, file ?? ''), 'latin1').catch(() => '');
    return text.split('\n').filter((commit) => /^[0-9a-f]{40,64}$/.test(commit));
  }

  /** Ends what was started. */
  close(): void {
    this.blobs.close();
  }

  async #changes(args: string[]): Promise<StagedFile[]> {
    const output = await gitOutput(this.#io, args);
    const fields = fieldsOf(output);
    const files: StagedFile[] = [];
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const entry = rawEntry((fields[i] ?? Buffer.alloc(0)).toString('latin1'));
      if (entry === undefined) continue;
      const { oid, mode, before } = entry;
      const path = decodePath(fields[i + 1] ?? Buffer.alloc(0));
      files.push({ path, oid, mode, isNew: before.length === 0 });
    }
    return files;
  }
}

/** Splits at NULs. */
export function fieldsOf(output: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let from = 0;
  for (let at = output.indexOf(0); at >= 0; at = output.indexOf(0, from)) {
    fields.push(output.subarray(from, at));
    from = at + 1;
  }
  return fields;
}
