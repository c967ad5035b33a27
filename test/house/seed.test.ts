import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { seedDocs } from '../../tools/seed-docs.ts';
import { blocks, coverage, documents, folder, original } from '../seed/documents.ts';

const root = path.join(import.meta.dirname, '../..');
const covered = Object.entries(coverage()).filter(([, { how }]) => how !== 'not yet');

describe('seed documents', () => {
  it('are taken from the seed document as it was given', () => {
    const hash = createHash('sha256').update(fs.readFileSync(original)).digest('hex');
    expect(hash).toBe('65822fc81fc9927b66f91c542f63ad71f7032bb201f795d755b5a3059c91f0c2');
  });

  it('are its fenced blocks, byte for byte', () => {
    const markdown = fs.readFileSync(original, 'utf8');
    expect(blocks()).toHaveLength(
      markdown.split('\n').filter((l) => l.startsWith('```')).length / 2,
    );
    for (const { file } of blocks()) {
      const text = fs.readFileSync(path.join(folder, file), 'utf8');
      expect(
        markdown.includes(`\`\`\`${file.endsWith('.sh') ? 'bash' : 'yaml'}\n${text}\`\`\`\n`),
        file,
      ).toBe(true);
    }
    const files = fs.readdirSync(folder).filter((name) => /\.(yaml|sh)$/.test(name));
    expect(files).toEqual(blocks().map(({ file }) => file));
  });

  it('are each answered for in coverage.json, under the same id', () => {
    expect(Object.keys(coverage())).toEqual(documents().map(({ id }) => id));
  });

  it('are listed in docs/SEED.md as coverage.json has them (npm run docs)', () => {
    expect(fs.readFileSync(path.join(root, 'docs/SEED.md'), 'utf8')).toBe(seedDocs());
  });
});

describe.skipIf(covered.length === 0)('coverage.json', () => {
  it.each(covered)('names tests that exist for %s', (id, { how, tests = [] }) => {
    expect(['accepted', 'produced', 'replaced']).toContain(how);
    expect(tests).not.toEqual([]);
    for (const test of tests) {
      const [file, name, ...rest] = test.split(' › ');
      expect({ file, name, rest }).toEqual({
        file: expect.stringMatching(/^test\/.+\.test\.ts$/),
        name: expect.stringMatching(/./),
        rest: [],
      });
      const source = fs.readFileSync(path.join(root, file!), 'utf8');
      expect(source, `${file!} has no test of this name`).toContain(name);
      if (how === 'accepted') {
        const seed = documents().find((document) => document.id === id)!.block.file;
        expect(source, `${file!} does not read test/seed/${seed}`).toContain(seed);
      }
    }
  });
});
