import fs from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

/** One fenced block of the seed document, word for word. */
export interface Block {
  /** The heading it stands under. */
  section: string;
  /** Name of the file in this folder that holds it. */
  file: string;
  text: string;
}

/** One thing to be answered for: a YAML document of a block, or a block of commands. */
export interface SeedDocument {
  /** `<file without ending>/<kind>/<name>`, the key in coverage.json. */
  id: string;
  /** For people: `Secret app-credentials`. */
  title: string;
  block: Block;
}

/** How a seed document is dealt with; `not yet` needs nothing more. */
export interface Coverage {
  how: 'accepted' | 'produced' | 'replaced' | 'not yet';
  /** In a few words: by which command or part. */
  by?: string;
  /** `test/area/file.test.ts › name of the test`, or several. */
  tests?: string[];
}

export const folder = import.meta.dirname;
export const original = path.join(folder, 'secrets-management.md');

/** All fenced blocks of the seed document, in order. */
export function blocks(): Block[] {
  const markdown = fs.readFileSync(original, 'utf8');
  const found: Block[] = [];
  let section = '';
  for (const match of markdown.matchAll(/^###? (.+)$|^```(\w+)\n([^]*?)^```$/gm)) {
    const [, heading, language, text] = match;
    if (heading !== undefined) {
      section = heading;
    } else {
      const number = String(found.length + 1).padStart(2, '0');
      const slug = section.toLowerCase().replace(/[^a-z0-9]+/g, '-');
      const ending = language === 'bash' ? 'sh' : language!;
      found.push({ section, file: `${number}-${slug}.${ending}`, text: text! });
    }
  }
  return found;
}

/** Every document of every block, in order. */
export function documents(): SeedDocument[] {
  return blocks().flatMap((block) => {
    const stem = block.file.replace(/\.\w+$/, '');
    if (!block.file.endsWith('.yaml')) return [{ id: stem, title: 'commands', block }];
    return parseAllDocuments(block.text).map((document) => {
      const { kind, metadata } = document.toJS() as { kind: string; metadata?: { name: string } };
      const words = metadata === undefined ? [kind] : [kind, metadata.name];
      return { id: [stem, ...words].join('/'), title: words.join(' '), block };
    });
  });
}

export function coverage(): Record<string, Coverage> {
  return JSON.parse(fs.readFileSync(path.join(folder, 'coverage.json'), 'utf8'));
}
