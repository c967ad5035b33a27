import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Builders of OpenSSH structures, written from the PROTOCOL files and not from our own parser. */

export interface Pair {
  privateKey: KeyObject;
  raw: Buffer;
}

export function ed25519Pair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, raw: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url') };
}

export function str(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u32(bytes.length), bytes]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function plainBlob(raw: Uint8Array): Buffer {
  return Buffer.concat([str('ssh-ed25519'), str(raw)]);
}

export function skBlob(raw: Uint8Array, application = 'ssh:'): Buffer {
  return Buffer.concat([str('sk-ssh-ed25519@openssh.com'), str(raw), str(application)]);
}

export function armor(blob: Uint8Array): string {
  const lines =
    Buffer.from(blob)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

export interface Parts {
  magic?: string;
  version?: number;
  key: Uint8Array;
  namespace: string;
  reserved?: string;
  hash?: string;
  /** The inner signature, from what is to be signed. */
  signature: (signed: Buffer) => Buffer;
  tail?: string;
  message: Uint8Array;
}

export function sshsigBlob(parts: Parts): Buffer {
  const { reserved = '', hash = 'sha512' } = parts;
  const digest = createHash(hash).update(parts.message).digest();
  const names = [str(parts.namespace), str(reserved), str(hash)];
  const signed = Buffer.concat([Buffer.from('SSHSIG'), ...names, str(digest)]);
  return Buffer.concat([
    Buffer.from(parts.magic ?? 'SSHSIG'),
    u32(parts.version ?? 1),
    str(parts.key),
    ...names,
    str(parts.signature(signed)),
    Buffer.from(parts.tail ?? ''),
  ]);
}

export function plainSigner(pair: Pair): (signed: Buffer) => Buffer {
  return (signed) => Buffer.concat([str('ssh-ed25519'), str(sign(null, signed, pair.privateKey))]);
}

/** What a FIDO device answers (OpenSSH PROTOCOL.u2f, "SSH U2F Signatures"). */
export function skSigner(pair: Pair, flags = 1, counter = 7, application = 'ssh:') {
  return (signed: Buffer): Buffer => {
    const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
    const assertion = Buffer.concat([Buffer.from([flags]), u32(counter)]);
    const wrapped = Buffer.concat([sha256(application), assertion, sha256(signed)]);
    const signature = sign(null, wrapped, pair.privateKey);
    return Buffer.concat([str('sk-ssh-ed25519@openssh.com'), str(signature), assertion]);
  };
}

/** What the real ssh-keygen says about a signature, whoever the signer is. */
export function opensshAccepts(
  directory: string,
  armored: string,
  message: Uint8Array,
  namespace: string,
): boolean {
  const file = join(directory, 'check.sig');
  writeFileSync(file, armored);
  const args = ['-Y', 'check-novalidate', '-n', namespace, '-s', file];
  const result = spawnSync('ssh-keygen', args, { input: message });
  // A signature that it refuses at sight makes it end before it has read the message.
  const { code } = (result.error ?? {}) as NodeJS.ErrnoException;
  if (result.error !== undefined && code !== 'EPIPE') throw result.error;
  return result.status === 0;
}
