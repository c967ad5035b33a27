import { afterAll, expect, it } from 'vitest';
import { windowsOf, windowsOfFile } from '../../../core/scan/windows.ts';
import type { Window } from '../../../core/scan/windows.ts';
import { makeScanPlace, secretManifest } from '../../support/scanned.ts';

const place = makeScanPlace();
afterAll(() => {
  place.remove();
});

const MiB = 1024 * 1024;
const key = (letter: string): string => `edgeseal-region-key-1-${letter.repeat(43)}`;
const line = `${'made up '.repeat(15)}\n`;
const filler = line.repeat(Math.ceil((9 * MiB) / line.length));

it('finds what lies across and behind the seams of a large file, with its line', async () => {
  // The first ends where the first part does: of its two parts, the second has it whole.
  const before = 'x'.repeat(8 * MiB - 30);
  place.write('one-line.txt', `${before}${key('A')}\n${filler}${key('B')}`);
  place.write('lines.txt', `${filler}${key('C')}\n${filler}\n${key('D')}\n`);
  const lines = filler.split('\n').length;
  const expected = [
    `lines.txt:${lines} region-key`,
    `lines.txt:${2 * lines + 1} region-key`,
    'one-line.txt:1 region-key',
    `one-line.txt:${lines + 1} region-key`,
  ];
  expect(await place.found()).toEqual(expected);
  place.git('add', '-A');
  expect(await place.found(['--staged'])).toEqual(expected);
});

it('reads a file from the disk in the parts that it would have in memory', async () => {
  for (const text of [filler.repeat(2), 'x'.repeat(17 * MiB), `${filler}end`, 'short\n', '']) {
    const bytes = Buffer.from(text);
    let at = 0;
    const read = async (into: Buffer): Promise<number> => {
      const count = bytes.copy(into, 0, at, at + 100_003);
      at += count;
      return count;
    };
    const last = (parts: Window[]): string => {
      const { bytes: part, lines } = parts.at(-1)!;
      return `${lines} ${part.toString().slice(-50)}`;
    };
    const parts: Window[] = [];
    for await (const part of windowsOfFile(read)) {
      expect(bytes.includes(part.bytes)).toBe(true);
      parts.push({ ...part, bytes: Buffer.from(part.bytes) });
    }
    const whole = [...windowsOf(bytes)];
    expect(last(parts).endsWith(last(whole).slice(-50))).toBe(true);
    const seen = parts.reduce((sum, part) => sum + part.bytes.length, 0);
    expect(seen).toBeGreaterThanOrEqual(bytes.length);
  }
});

it('reads what PowerShell writes', async () => {
  const wide = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
  place.write('wide.yaml', wide(secretManifest('made-up-value')));
  place.write('allowed.txt', wide(`\n${key('E')} # edgeseal:allow region-key\n${key('F')}\n`));
  expect(await place.found(['wide.yaml', 'allowed.txt'])).toEqual([
    'wide.yaml:5 kubernetes-secret',
    'allowed.txt:3 region-key',
  ]);
});
