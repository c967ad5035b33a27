import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { isEdgesealError } from '../../core/errors.ts';
import type { EdgesealError } from '../../core/errors.ts';

export const REF = 'refs/heads/edgeseal/us-east';

const folders: string[] = [];

/** A temporary folder that is removed after the test. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-git-'));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Runs git in `cwd` and returns what it prints. */
export function git(cwd: string, args: string[], input?: string | Buffer): string {
  return execFileSync('git', args, {
    cwd,
    input: input ?? '',
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
  }).trim();
}

/** The error of ours that `step` ends in; anything else fails the test. */
export async function errorOf(step: () => unknown): Promise<EdgesealError> {
  try {
    await step();
  } catch (error) {
    if (isEdgesealError(error)) return error;
    throw error;
  }
  throw new Error('expected an EdgesealError, but nothing was thrown');
}

/** Writes a bundle whose channel is at `oid`. */
export function writeBundle(folder: string, pack: Buffer, oid: string): string {
  const path = join(folder, `hostile-${oid.slice(0, 8)}.bundle`);
  writeFileSync(path, Buffer.concat([Buffer.from(`# v2 git bundle\n${oid} ${REF}\n\n`), pack]));
  return path;
}

/** A bare repository in which a commit of this tree is the channel; git checks nothing of it. */
export function rawChannel(folder: string, tree: Buffer): string {
  const path = join(folder, 'raw.git');
  git(folder, ['init', '-q', '--bare', path]);
  const oid = git(path, ['hash-object', '-t', 'tree', '--literally', '-w', '--stdin'], tree);
  git(path, ['update-ref', REF, rawCommit(path, oid)]);
  return path;
}

function rawCommit(path: string, tree: string): string {
  const who = 'edgeseal <publish@example.com> 1750000000 +0000';
  const text = `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\npublish\n`;
  return git(path, ['hash-object', '-t', 'commit', '--literally', '-w', '--stdin'], text);
}
