import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { homeIn } from './workspace.ts';

/** What a git command said, and its exit code. */
export interface GitOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** A Git repository in a temporary folder, with hooks that run this checkout's. */
export interface GitRepository {
  folder: string;
  path: string;
  env: NodeJS.ProcessEnv;
  /** Runs git. @throws where it fails */
  git(...args: string[]): string;
  /** Runs git, whatever comes of it. */
  try(...args: string[]): GitOutcome;
  write(path: string | Buffer, content: string | Buffer): void;
  /** Stages and commits everything, without hooks. @returns its id */
  commit(message: string): string;
  /** Puts a hook of ours into a Git directory. */
  hook(gitFolder: string, name: string, args?: string): void;
  remove(): void;
}

/** Starts a hook as the launcher does: without the command line. */
const command = join(import.meta.dirname, 'run-hook-child.ts');

export function makeGitRepository(...init: string[]): GitRepository {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-git-'));
  const path = join(folder, 'repo');
  const env = homeIn(folder);
  mkdirSync(path);
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: path, env, encoding: 'utf8', stdio: 'pipe' }).trim();
  git('init', '-q', ...init);
  return {
    folder,
    path,
    env,
    git,
    try(...args) {
      const { status, stdout, stderr } = spawnSync('git', args, {
        cwd: path,
        env,
        encoding: 'utf8',
      });
      return { code: status ?? -1, stdout, stderr };
    },
    write(name, content) {
      const file = Buffer.concat([Buffer.from(`${path}/`), Buffer.from(name)]);
      mkdirSync(dirname(file.toString('latin1')), { recursive: true });
      writeFileSync(file, content);
    },
    commit(message) {
      git('add', '-A');
      git('commit', '-q', '--no-verify', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    hook(gitFolder, name, args = '"$@"') {
      mkdirSync(join(gitFolder, 'hooks'), { recursive: true });
      const script = `#!/bin/sh\nexec '${process.execPath}' '${command}' ${name} ${args}\n`;
      writeFileSync(join(gitFolder, 'hooks', name), script, { mode: 0o755 });
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A Secret in plaintext. The value is made up. */
export function plainSecret(name: string, value = 'made-up'): string {
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: production}\nstringData:\n  password: ${value}\n`;
}
