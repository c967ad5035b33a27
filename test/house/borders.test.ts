import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { beforeAll, describe, expect, it } from 'vitest';

// The borders of tools/borders.js, tried on files that do not exist. Types are not needed to
// know what a file imports, so the type-aware rules are left out: they could not see a virtual file.
let eslint: ESLint;

const untyped = {
  files: ['**/*.ts'],
  languageOptions: { parserOptions: { projectService: false, project: null } },
};

beforeAll(() => {
  eslint = new ESLint({ overrideConfig: [tseslint.configs.disableTypeChecked, untyped] });
});

/** What lint says about one line of code in one place: `rule: message`. */
async function complaints(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath });
  return (result?.messages ?? [])
    .filter((m) => m.ruleId === null || /border|restricted|console/.test(m.ruleId))
    .map((m) => `${m.ruleId ?? 'fatal'}: ${m.message}`);
}

const borders = 'house/borders';

describe('borders', () => {
  it.each([
    ['core/format/x.ts', "import '../../cli/terminal/output.ts';", borders],
    ['core/format/x.ts', "import '../../controller/main.ts';", borders],
    ['core/git/x.ts', "import '../../hooks/pre-commit.ts';", borders],
    ['core/format/x.ts', "import '../crypto/hpke.ts';", borders],
    ['core/format/x.ts', "import './../crypto/hpke.ts';", borders],
    ['core/format/x.ts', "export * from '../crypto/hpke.ts';", borders],
    ['core/format/x.ts', "export { hpke } from '../crypto/hpke.ts';", borders],
    ['core/format/x.ts', "await import('../crypto/hpke.ts');", borders],
    ['core/format/x.ts', "import type { Hpke } from '../crypto/hpke.ts';", borders],
    ['core/format/x.ts', "type T = import('../crypto/hpke.ts').Hpke;", borders],
    ['core/crypto/x.ts', "import '../trust/root.ts';", borders],
    ['core/trust/x.ts', "import '../policy/policy.ts';", borders],
    ['core/policy/x.ts', "import '../trust/root.ts';", borders],
    ['core/scan/x.ts', "import '../crypto/hpke.ts';", borders],
    ['core/git/x.ts', "import '../trust/root.ts';", borders],
    ['core/secret/x.ts', "import '../git/fetch.ts';", borders],
    ['core/secret/x.ts', "import '../channel/render.ts';", borders],
    ['core/newcomer/x.ts', "import '../format/yaml.ts';", borders],
    ['core/errors.ts', "import './format/yaml.ts';", borders],
    ['core/format/x.ts', "import '../format-of-someone/else.ts';", borders],
    ['hooks/x.ts', "import '../cli/terminal/output.ts';", borders],
    ['hooks/x.ts', "import '../controller/main.ts';", borders],
    ['controller/x.ts', "import '../cli/terminal/output.ts';", borders],
    ['cli/commands/seal.ts', "await import('../../controller/main.ts');", borders],
    ['cli/bin.ts', "import '../test/helper.ts';", borders],
  ])('%s may not say: %s', async (file, code, rule) => {
    expect(await complaints(file, code)).toEqual([expect.stringContaining(rule)]);
  });

  it.each([
    ['core/trust/x.ts', "import 'zod';"],
    ['core/trust/x.ts', "import type { ZodType } from 'zod/v4';"],
    ['cli/commands/x.ts', "await import('yaml');"],
    ['core/secret/x.ts', "await import('libsodium-wrappers');"],
    ['core/git/x.ts', "import 'picomatch';"],
    ['controller/x.ts', "import 'isomorphic-git/http/node';"],
    ['core/format/x.ts', "import 'commander';"],
    ['cli/x.ts', "import 'pino';"],
    ['cli/x.ts', "import 'prom-client';"],
    ['cli/x.ts', "import 'left-pad';"],
    ['core/git/x.ts', "import { spawn } from 'node:child_process';"],
    ['core/git/x.ts', "import { spawn } from 'child_process';"],
    ['core/format/x.ts', "import 'node:net';"],
    ['core/crypto/x.ts', "import 'node:https';"],
    ['core/scan/x.ts', "import 'http';"],
    ['core/trust/x.ts', "import 'node:dns/promises';"],
    ['hooks/x.ts', "import 'node:http';"],
  ])('%s does not own: %s', async (file, code) => {
    expect(await complaints(file, code)).toEqual([expect.stringContaining(borders)]);
  });

  it.each([
    ['core/format/x.ts', "console.log('hello');", 'no-console'],
    ['core/format/x.ts', "process.stdout.write('hello');", 'no-restricted-properties'],
    ['core/format/x.ts', 'process.exit(1);', 'no-restricted-properties'],
    ['core/crypto/x.ts', 'Math.random();', 'no-restricted-properties'],
    ['core/format/x.ts', "await fetch('https://example.com');", 'no-restricted-globals'],
    ['controller/x.ts', "import { spawn } from 'node:child_process';", 'no-restricted-imports'],
  ])('%s is a quiet place: %s', async (file, code, rule) => {
    expect(await complaints(file, code)).toEqual([expect.stringContaining(rule)]);
  });

  it.each([
    ['core/format/x.ts', "import { EdgesealError } from '../errors.ts';"],
    ['core/format/x.ts', "import './yaml.ts'; import 'zod'; await import('yaml');"],
    ['core/crypto/x.ts', "import '../format/canonical.ts'; await import('libsodium-wrappers');"],
    ['core/policy/x.ts', "import 'picomatch'; import '../format/yaml.ts';"],
    ['core/secret/x.ts', "import '../crypto/hpke.ts'; import '../policy/policy.ts';"],
    ['core/git/x.ts', "import 'node:https';"],
    ['cli/commands/x.ts', "import '../../core/secret/seal.ts'; import 'node:child_process';"],
    ['cli/commands/controller.ts', "await import('../../controller/main.ts');"],
    ['controller/x.ts', "import { fork } from 'node:child_process'; import 'pino';"],
    ['hooks/x.ts', "import '../core/scan/scan.ts'; import 'node:child_process';"],
    ['test/x/x.test.ts', "import '../../core/git/fetch.ts'; import 'node:net'; import 'yaml';"],
  ])('%s may say: %s', async (file, code) => {
    expect(await complaints(file, code)).toEqual([]);
  });
});
