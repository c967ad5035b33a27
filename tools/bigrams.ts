/**
 * Writes `core/scan/tokens/randomness/bigrams.ts`: how often one character follows another in words and names as
 * people write them, counted over the sources of Go's and Node's libraries on this machine. `node tools/bigrams.ts FOLDER...`
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { classes, classOf } from '../core/scan/tokens/randomness/character.ts';

const isSource = /\.(?:go|[cm]?[jt]s|py|md|java|c|h|ya?ml|sh)$/;
const skipped = /testdata|fixtures|vectors|_test\.go$|\.min\.|\/tables?\.go$|\/z\w+\.go$/;
const word = /[A-Za-z0-9_./-]{4,64}/g;

const files = new Map<string, number>();
function count(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (skipped.test(path)) continue;
    if (entry.isDirectory()) count(path);
    if (!entry.isFile() || !isSource.test(path)) continue;
    for (const found of new Set(readFileSync(path, 'latin1').match(word)))
      files.set(found, (files.get(found) ?? 0) + 1);
  }
}
process.argv.slice(2).forEach(count);

const counts = new Float64Array(classes * classes).fill(0.2);
for (const [text, times] of files) {
  // A text that one file alone has may be random itself.
  if (times < 2) continue;
  for (let at = 1; at < text.length; at += 1)
    counts[classOf(text.charCodeAt(at - 1)) * classes + classOf(text.charCodeAt(at))]! +=
      Math.log2(times);
}
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const rows = Array.from({ length: classes }, (_, first) => {
  const row = counts.subarray(first * classes, (first + 1) * classes);
  const sum = row.reduce((a, b) => a + b);
  const steps = Array.from(row, (n) => Math.min(63, Math.round(-Math.log2(n / sum) * 4)));
  return steps.map((step) => alphabet[step]).join('');
});
writeFileSync(
  join(import.meta.dirname, '../core/scan/tokens/randomness/bigrams.ts'),
  `// Made by tools/bigrams.ts.

/**
 * By class of a character, the classes that follow it in words and names as people write them: minus the logarithm (base 2)
 * of the probability in quarters, as a digit of base64.
 */
export const bigrams = [
${rows.map((row) => `  '${row}',`).join('\n')}
].join('');
`,
);
process.stdout.write(`${files.size} words\n`);
