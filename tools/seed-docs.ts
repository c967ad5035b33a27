// Writes docs/SEED.md from test/seed/coverage.json: `npm run docs`.
import fs from 'node:fs';
import path from 'node:path';
import { coverage, documents } from '../test/seed/documents.ts';

/** The text of docs/SEED.md. */
export function seedDocs(): string {
  const covered = coverage();
  const all = documents();
  const rows = all.map(({ id, title, block }) => {
    const { how, by = '', tests = [] } = covered[id] ?? { how: 'not yet' };
    const shown = tests.map((test) => {
      const [file, name] = test.split(' › ');
      return `[${file!.replace(/^test\//, '')}](../${file!}) › ${name!}`;
    });
    const file = `[${block.section}](../test/seed/${block.file})`;
    return `| ${[file, title, how, by, shown.join('<br>')].map(cell).join(' | ')} |`;
  });
  const open = all.filter(({ id }) => (covered[id]?.how ?? 'not yet') === 'not yet').length;
  return `<!-- Generated from test/seed/coverage.json by \`npm run docs\`. Do not edit. -->

# What became of the seed document

[test/seed/secrets-management.md](../test/seed/secrets-management.md) is the requirement. Every document in it is
**accepted** as input, **produced** as output, or **replaced** by something that does the job better; the test in the
last column shows it. ${String(all.length)} documents, ${open === 0 ? 'none of them open' : `${String(open)} of them "not yet"`}.

| section | document | is | by | shown by |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

const cell = (text: string) => text.replaceAll('|', '\\|');

if (import.meta.main) {
  fs.writeFileSync(path.join(import.meta.dirname, '../docs/SEED.md'), seedDocs());
}
