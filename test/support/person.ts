import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { homeIn, runCli } from './workspace.ts';
import type { CliResult } from './workspace.ts';

/** Somebody with a machine of their own, and nothing set up yet. */
export interface Person {
  /** Holds `home` and everything else. */
  folder: string;
  env: NodeJS.ProcessEnv;
  /** A new folder of theirs. */
  make(name: string): string;
  cli(cwd: string, ...args: string[]): Promise<CliResult>;
  git(cwd: string, ...args: string[]): string;
  remove(): void;
}

/** @param key whether there is an SSH key at the usual place */
export async function makePerson({ key = true } = {}): Promise<Person> {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-person-'));
  const env = homeIn(folder);
  if (key) await generateSigningKey(join(folder, 'home/.ssh/id_ed25519'), 'made-up key', env);
  return {
    folder,
    env,
    make(name) {
      const path = join(folder, name);
      mkdirSync(path, { recursive: true });
      return path;
    },
    cli: (cwd, ...args) => runCli(args, { cwd, env, stdin: '' }),
    git: (cwd, ...args) => {
      const stdio = ['ignore' as const, 'pipe' as const, 'pipe' as const];
      return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio }).trim();
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
