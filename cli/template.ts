import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// This module lies directly in cli/, and in a chunk directly in dist/: `..` is the package either way.
const packageFolder = fileURLToPath(new URL('..', import.meta.url));
const templateFolder = join(packageFolder, 'repo-template');

/** npm leaves these out of a package under their own names. */
const renamed: Record<string, string> = {
  gitignore: '.gitignore',
  gitattributes: '.gitattributes',
};

/** One file of the template, with its placeholders filled in. */
export interface TemplateFile {
  /** Below the secrets repository's folder, with `/`. */
  path: string;
  text: string;
}

/** What stands for the `{{words}}` of the template. Values are put in as they are: check them first. */
export interface TemplateWords {
  name: string;
  package: string;
  /** The secrets repository's folder below the Git repository's top; `.` for the top itself. */
  folder: string;
  branch: string;
  /** The command that hooks run, below the Git repository's top. */
  bin: string;
  /** `folder` behind a path: `/folder`, or nothing. */
  below: string;
  /** What package.json names as edgeseal. */
  edgeseal: string;
}

/** Reads `repo-template/`, from a checkout as from the installed package. */
export async function readTemplate(words: TemplateWords): Promise<TemplateFile[]> {
  const entries = await readdir(templateFolder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return await Promise.all(
    files.map(async (file) => {
      const path = file.slice(templateFolder.length + 1).replaceAll('\\', '/');
      const text = await readFile(file, 'utf8');
      return { path: renamed[path] ?? path, text: fill(text, words, path.endsWith('.json')) };
    }),
  );
}

/** What package.json of a secrets repository names until a version is published: the package that is running. */
export function packageSpecifier(): string {
  return `file:${packageFolder.replaceAll('\\', '/').replace(/\/$/, '')}`;
}

/** The command that is running: the package's launcher, or the sources of a checkout that was not built. */
export function ownCommand(): string {
  const launcher = fileURLToPath(new URL('./edgeseal.cjs', import.meta.url));
  return existsSync(launcher) ? launcher : fileURLToPath(new URL('./bin.ts', import.meta.url));
}

function fill(text: string, words: TemplateWords, json: boolean): string {
  // `${{ vars.X }}` of a workflow has spaces inside, ours have none.
  return text.replace(/\{\{([a-z]+)\}\}/g, (whole, word: string) => {
    const value = (words as unknown as Record<string, string | undefined>)[word];
    if (value === undefined) return whole;
    return json ? JSON.stringify(value).slice(1, -1) : value;
  });
}
