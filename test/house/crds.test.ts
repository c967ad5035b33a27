import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { crdFiles } from '../../tools/crds.ts';

describe('the custom resource definitions', () => {
  it('are what the schemas say (npm run docs writes them)', () => {
    const deploy = path.join(import.meta.dirname, '../../controller/deploy');
    for (const [name, text] of Object.entries(crdFiles())) {
      expect(fs.readFileSync(path.join(deploy, name), 'utf8'), name).toBe(text);
    }
  });
});
