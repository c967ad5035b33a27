import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/program/command-table.ts';
import type { CommandSpec } from '../../cli/program/command-spec.ts';
import { exitCodes } from '../../cli/terminal/exit-code.ts';
import { cliDocs } from '../../tools/cli-docs.ts';

const root = path.join(import.meta.dirname, '../..');
const leaves = (spec: CommandSpec): CommandSpec[] => [
  ...(spec.load === undefined ? [] : [spec]),
  ...(spec.subcommands ?? []).flatMap(leaves),
];
const all = commands.flatMap(leaves);

describe('the command table', () => {
  it('is what docs/CLI.md says (npm run docs)', () => {
    expect(fs.readFileSync(path.join(root, 'docs/CLI.md'), 'utf8')).toBe(cliDocs());
  });

  it.each(all)('has an example and a module that runs for $usage', async ({ examples, load }) => {
    expect(examples).not.toEqual([]);
    expect(examples).toBeDefined();
    expect(typeof (await load!()).run).toBe('function');
  });

  it('has its exit codes documented, each', () => {
    for (const code of Object.values(exitCodes)) expect(cliDocs()).toContain(`| ${String(code)} `);
  });
});
