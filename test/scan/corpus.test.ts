import { describe, expect, it } from 'vitest';
import { scanFile } from '../../core/scan/scan-file.ts';
import { clean } from './corpus/clean.ts';
import { files } from './corpus/files.ts';
import { others, secrets } from './corpus/leaks.ts';
import { references, workloads } from './corpus/workloads.ts';

const linesOf = async (path: string, text: string): Promise<number[]> => {
  const findings = await scanFile(path, Buffer.from(text));
  return [...new Set(findings.map(({ line }) => line))];
};

describe('plaintext Secrets', () => {
  for (const { what, path = 'deploy/db.yaml', text, lines } of secrets) {
    it(`are found: ${what}`, async () => {
      expect(await linesOf(path, text)).toEqual(lines);
    });
  }
});

describe('other plaintext', () => {
  for (const { what, path = 'deploy/web.yaml', text, lines } of [
    ...others,
    ...workloads,
    ...files,
  ]) {
    it(`is found: ${what}`, async () => {
      expect(await linesOf(path, text)).toEqual(lines);
    });
  }
});

describe('what gives nothing away', () => {
  for (const { what, path = 'deploy/web.yaml', text } of [...clean, ...references]) {
    it(`is let pass: ${what}`, async () => {
      const findings = await scanFile(path, Buffer.from(text));
      expect(findings.map(({ line, rule }) => `${line} ${rule}`)).toEqual([]);
    });
  }
});
