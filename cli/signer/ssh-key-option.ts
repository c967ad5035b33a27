import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { formatSshPublicKey, parseSshPublicKey } from '../../core/trust/ssh-key.ts';
import type { Io } from '../terminal/io.ts';
import { readKeyFile } from './key-file.ts';

/**
 * SSH public keys that were given as files, or as the lines themselves: in the form in which a root lists them.
 *
 * @throws EdgesealError `input-usage` where there is none, `format-ssh` for another kind of key, `input-not-found`
 */
export async function sshKeys(io: Io, given: readonly string[] | undefined): Promise<string[]> {
  if (given === undefined || given.length === 0) {
    throw new EdgesealError('input-usage', 'whose key? give their SSH public key with --key', {
      hint: 'such as --key bob.pub, or the line itself: --key "ssh-ed25519 AAAA..."',
    });
  }
  const keys: string[] = [];
  for (const spec of given) {
    const isLine = /^(sk-)?(ssh|ecdsa)-\S+ /.test(spec);
    const key = isLine ? parseSshPublicKey(spec.trim()) : await readKeyFile(resolve(io.cwd, spec));
    const line = formatSshPublicKey(key);
    if (!keys.includes(line)) keys.push(line);
  }
  return keys;
}
