import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { homeIn, runCli } from './workspace.ts';
import type { CliResult } from './workspace.ts';

/** A Git repository of any kind, with a home of its own, for `edgeseal scan`. */
export interface ScanPlace {
  folder: string;
  repo: string;
  env: NodeJS.ProcessEnv;
  write(path: string, content: string | Uint8Array): void;
  git(...args: string[]): string;
  /** Adds everything and commits it. @returns the commit's id */
  commit(message: string): string;
  scan(args?: string[], options?: { stdin?: string; cwd?: string }): Promise<CliResult>;
  /** `file:line rule` of each finding, by `--output json`. */
  found(args?: string[], options?: { stdin?: string; cwd?: string }): Promise<string[]>;
  remove(): void;
}

export function makeScanPlace(): ScanPlace {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-scan-'));
  const repo = join(folder, 'repo');
  const env = homeIn(folder);
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: repo, env, encoding: 'utf8', stdio: 'pipe' }).trim();
  mkdirSync(repo);
  git('init', '-q', '-b', 'main');
  const scan: ScanPlace['scan'] = (args = [], { stdin = '', cwd = repo } = {}) =>
    runCli(['scan', ...args], { cwd, env, stdin });
  return {
    folder,
    repo,
    env,
    git,
    scan,
    write(path, content) {
      mkdirSync(dirname(join(repo, path)), { recursive: true });
      writeFileSync(join(repo, path), content);
    },
    commit(message) {
      git('add', '-A');
      git('commit', '-q', '--no-verify', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    async found(args = [], options = {}) {
      const { code, stdout, stderr } = await scan([...args, '--output', 'json'], options);
      if (code > 1) throw new Error(stderr);
      const { findings } = JSON.parse(stdout) as {
        findings: { file: string; line: number; rule: string }[];
      };
      if ((code === 1) !== findings.length > 0) throw new Error(`exit code ${code}: ${stdout}`);
      return findings.map(({ file, line, rule }) => `${file}:${line} ${rule}`);
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A plaintext Secret, with its value on line 5. */
export function secretManifest(value: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: made-up}\nstringData:\n  password: ${value}\n`;
}
