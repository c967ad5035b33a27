import { lstatSync, readdirSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { EdgesealError } from '../../../core/errors.ts';
import { gitAnswer } from '../../git/git.ts';
import type { Io } from '../../terminal/io.ts';
import type { ScanInput } from './input.ts';

/**
 * The files of folders and single files, sorted within each. Of a Git repository those that Git tracks or would track; what
 * is named itself is looked at though Git ignores it. No symbolic link is followed, and `.git` is left out.
 *
 * @param paths as a person typed them
 * @throws EdgesealError `input-not-found` for a path that is not there
 */
export async function treeFiles(io: Io, paths: readonly string[]): Promise<ScanInput[]> {
  const inputs = new Map<string, ScanInput>();
  for (const path of paths) {
    const file = resolve(io.cwd, path);
    const stat = statOf(file);
    if (stat === undefined) {
      throw new EdgesealError('input-not-found', 'there is no such file or folder', {
        file: path,
        hint: 'name files or folders, or - for standard input',
      });
    }
    if (!stat.isDirectory()) {
      add(inputs, path, file, stat);
      continue;
    }
    for (const below of await filesBelow(io, file)) {
      // `.` in front of every path would say nothing.
      const shown = isAbsolute(path) ? join(file, below) : join(path, below);
      add(inputs, shown, join(file, below), statOf(join(file, below)));
    }
  }
  return [...inputs.values()];
}

/** Pipes and devices could block for ever; a link's target is looked at where it lies. */
function add(
  inputs: Map<string, ScanInput>,
  path: string,
  file: string,
  stat: Stats | undefined,
): void {
  if (stat?.isFile() === true && !inputs.has(file))
    inputs.set(file, { path, file, size: stat.size });
}

async function filesBelow(io: Io, folder: string): Promise<string[]> {
  const listed = await listedByGit(io, folder);
  if (listed === undefined) return plainWalk(folder);
  const files: string[] = [];
  for (const path of [...new Set(listed)].sort()) {
    // A repository inside of this one: a submodule, or one that Git only names, with a slash behind it.
    const inner = join(folder, path);
    if (path.endsWith('/') || statOf(inner)?.isDirectory() === true) {
      for (const below of await filesBelow(io, inner)) files.push(join(path, below));
    } else files.push(path);
  }
  return files;
}

/** Paths below the folder; undefined outside of a repository, and in a folder that Git ignores as a whole. */
async function listedByGit(io: Io, folder: string): Promise<string[] | undefined> {
  const at = { cwd: folder };
  const listed = await gitAnswer(io, ['ls-files', '-coz', '--exclude-standard'], at);
  if (listed === undefined) return undefined;
  if (listed !== '') return listed.split('\0').filter((path) => path !== '');
  const ignored = await gitAnswer(io, ['check-ignore', '-q', '.'], at);
  return ignored === undefined ? [] : undefined;
}

function plainWalk(folder: string): string[] {
  const files: string[] = [];
  const walk = (below: string): void => {
    const entries = readdirSync(join(folder, below), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === '.git') continue;
      const path = join(below, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) files.push(path);
    }
  };
  walk('');
  return files;
}

function statOf(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}
