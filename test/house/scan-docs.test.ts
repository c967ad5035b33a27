import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { scanDocs } from '../../tools/scan-docs.ts';

it('docs/SCAN-RULES.md is what the rules say (npm run docs)', () => {
  const file = path.join(import.meta.dirname, '../../docs/SCAN-RULES.md');
  expect(fs.readFileSync(file, 'utf8')).toBe(scanDocs());
});
