import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { attackDocs } from '../../tools/attack-docs.ts';
import { elsewhere } from '../attacks/elsewhere.ts';
import { families } from '../attacks/families.ts';

const root = path.join(import.meta.dirname, '../..');

it('docs/ATTACKS.md is what the cases say (npm run docs)', () => {
  expect(fs.readFileSync(path.join(root, 'docs/ATTACKS.md'), 'utf8')).toBe(attackDocs());
});

it('no two attacks have one name, and each says what has to come of it', () => {
  const all = families.flatMap(({ attacks }) => attacks);
  const ids = all.map(({ id }) => id);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  for (const { id, expected } of all)
    expect({ id, says: expected.says ?? expected.note ?? expected.mirror }).toMatchObject({
      says: expect.stringMatching(/../) as string,
    });
});

it('every family that has cases is run by the test file that it names, and is in the table', () => {
  const files = fs.readdirSync(path.join(root, 'test/attacks/cases'));
  const source = fs.readFileSync(path.join(root, 'test/attacks/families.ts'), 'utf8');
  for (const file of files) {
    expect(source).toContain(`./cases/${file}`);
    const used = families.some(({ test }) =>
      fs.readFileSync(path.join(root, test), 'utf8').includes(`./cases/${file}`),
    );
    expect({ file, used }).toEqual({ file, used: true });
  }
});

it('every test that is named of another suite is there', () => {
  for (const { test } of elsewhere) {
    const [file = '', name = ''] = test.split(' › ');
    expect(fs.readFileSync(path.join(root, file), 'utf8')).toContain(name);
  }
});
