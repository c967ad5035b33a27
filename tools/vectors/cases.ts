import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { vectors } from './keys.ts';

const force = process.argv.includes('--force');

/** What a case has beside its expectation; see test/vectors/README.md. */
export type CaseJson = Record<string, unknown>;
export type CaseFiles = Record<string, string | Uint8Array>;

/** Whether a case folder is to be made: existing ones stay as they are, unless forced. */
export function isWanted(suite: string, name: string): boolean {
  return force || !existsSync(path.join(vectors, suite, name, 'case.json'));
}

/** Writes one case as a folder: case.json and its files. */
export function writeCase(suite: string, name: string, json: CaseJson, files: CaseFiles): void {
  if (!isWanted(suite, name)) return;
  const folder = path.join(vectors, suite, name);
  rmSync(folder, { recursive: true, force: true });
  for (const [file, content] of Object.entries(files)) writeFile(path.join(folder, file), content);
  writeFile(path.join(folder, 'case.json'), `${JSON.stringify({ name, ...json }, null, 2)}\n`);
}

/** A shared file; kept where it exists. */
export function writeShared(file: string, content: () => string | Uint8Array): Buffer {
  const full = path.join(vectors, file);
  if (force || !existsSync(full)) writeFile(full, content());
  return readFileSync(full);
}

/** Writes small cases as one `cases.json`; those that are there already stay, in their order. */
export function writeCases(suite: string, cases: ({ name: string } & CaseJson)[]): void {
  const file = path.join(vectors, suite, 'cases.json');
  const kept: { name: string }[] =
    force || !existsSync(file) ? [] : JSON.parse(readFileSync(file, 'utf8'));
  const known = new Set(kept.map((entry) => entry.name));
  const all = [...kept, ...cases.filter((entry) => !known.has(entry.name))];
  writeFile(file, `${JSON.stringify(all, null, 2)}\n`);
}

function writeFile(file: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
