import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
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

/** An entry of a hand-made pack: the type number, what the header says, and the bytes. */
export interface RawEntry {
  type: number;
  /** Between the header and the zlib data: a delta's base. */
  base?: Buffer;
  data: Buffer;
  /** What the header claims, if that is a lie. */
  claim?: number;
}

/** A pack as bytes, with a right checksum whatever is in it. */
export function rawPack(entries: RawEntry[], count = entries.length): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  head.writeUInt32BE(count, 8);
  const parts: Buffer[] = [head];
  for (const { type, base, data, claim } of entries) {
    let size = claim ?? data.length;
    const header = [(type << 4) | (size & 15)];
    for (size = Math.floor(size / 16); size > 0; size = Math.floor(size / 128)) {
      header.push(header.pop()! | 0x80, size & 0x7f);
    }
    parts.push(Buffer.from(header), base ?? Buffer.alloc(0), deflateSync(data));
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

export function oidOf(type: string, bytes: Buffer): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
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

export function treeEntry(mode: string, name: string | Buffer, oid: string): Buffer {
  return Buffer.concat([
    Buffer.from(`${mode} `),
    Buffer.from(name),
    Buffer.from([0]),
    Buffer.from(oid, 'hex'),
  ]);
}
