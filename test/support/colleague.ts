import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootHash } from '../../core/trust/root-chain.ts';
import { parseSshPublicKey, sshFingerprint } from '../../core/trust/ssh-key.ts';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { homeIn, runCli } from './workspace.ts';
import type { CliResult, Workspace } from './workspace.ts';

/** Somebody else who works in the workspace's repository: a HOME, an SSH key and a clone of their own. */
export interface Colleague {
  env: NodeJS.ProcessEnv;
  repo: string;
  /** Path of their public key. */
  pub: string;
  fingerprint: string;
  cli(...args: string[]): Promise<CliResult>;
  git(...args: string[]): string;
  /** Takes a branch as origin has it. */
  take(branch: string): void;
  /** Commits everything and pushes the branch that they are on. */
  push(message: string): void;
}

/** A colleague who has accepted root 1. */
export async function colleague(ws: Workspace, name: string): Promise<Colleague> {
  const folder = join(ws.folder, name);
  const env = homeIn(folder);
  const key = join(folder, 'home/.ssh/id_ed25519');
  await generateSigningKey(key, `made-up ${name}`, env);
  const repo = join(folder, 'repo');
  execFileSync('git', ['clone', '-q', ws.origin, repo], { env });
  const line = readFileSync(`${key}.pub`, 'utf8').trim();
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: repo,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const cli = (...args: string[]): Promise<CliResult> =>
    runCli(args, { cwd: repo, env, stdin: '' });
  const accepted = await cli('trust', 'accept', rootHash(Buffer.from(ws.read('trust/1.yaml'))));
  if (accepted.code !== 0) throw new Error(accepted.stderr);
  return {
    env,
    repo,
    pub: `${key}.pub`,
    fingerprint: sshFingerprint(parseSshPublicKey(line).blob),
    cli,
    git,
    take(branch) {
      git('fetch', '-q', 'origin');
      git('checkout', '-q', '-B', branch, `origin/${branch}`);
    },
    push(message) {
      git('add', '-A');
      git('commit', '-q', '--no-verify', '-m', message);
      git('push', '-q', '-u', 'origin', 'HEAD');
    },
  };
}
