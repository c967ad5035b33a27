import { createHash } from 'node:crypto';
import {
  armor,
  plainBlob,
  plainSigner,
  skBlob,
  sshsigBlob,
  str,
} from '../../test/trust/ssh-fixtures.ts';
import type { Parts } from '../../test/trust/ssh-fixtures.ts';
import type { CaseJson } from './cases.ts';
import { craftedPair, skSign, sshLine, sshSign } from './keys.ts';

export type SshCase = { name: string; why: string; kind: string } & CaseJson;

export const namespace = 'secret@edgeseal.dev';
export const message = Buffer.from('made-up message\n');
export const pair = craftedPair('signer a');
export const key = plainBlob(pair.raw);
export const lineA = sshLine('signer a');
export const good = sshSign('signer a', namespace, message);
export const skGood = skSign('sk signer', namespace, message);

export const accepted = (signer: string) => ({ signer });
export const ssh = { refuse: 'ssh' };
export const invalid = { refuse: 'invalid' };

export function verify(
  name: string,
  why: string,
  signature: string,
  expect: object,
  over: { message?: Buffer; namespace?: string } = {},
): SshCase {
  const signed = over.message ?? message;
  const text = { namespace: over.namespace ?? namespace, message: signed.toString('base64') };
  return { name, why, kind: 'signature', ...text, signature, expect };
}

/** A signature that is right but for what is changed; the change is signed where it can be. */
export function crafted(over: Partial<Parts>): string {
  return armor(sshsigBlob({ key, namespace, signature: plainSigner(pair), message, ...over }));
}

/** Changes bytes of a good signature's blob. */
export function changed(change: (blob: Buffer) => Uint8Array, from = good): string {
  return armor(change(blobOf(from)));
}

function blobOf(armored: string): Buffer {
  return Buffer.from(armored.split('\n').slice(1, -2).join(''), 'base64');
}

export const flipAt = (index: number) => (blob: Buffer) => {
  blob[index < 0 ? blob.length + index : index]! ^= 1;
  return blob;
};

/** The order of the group (RFC 8032, section 5.1). */
const order = (1n << 252n) + 27742317777372353535851937790883648493n;

const littleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);

const sha512 = (...parts: Uint8Array[]): Buffer =>
  createHash('sha512').update(Buffer.concat(parts)).digest();

/**
 * R is the neutral point in a spelling of choice, S = k a: the equation holds for who decodes R and compares points,
 * not for who compares bytes with another spelling than the one that encoding gives.
 */
export const neutralR = (spelling: string) => (signed: Buffer) => {
  const seed = Buffer.from(String(pair.privateKey.export({ format: 'jwk' }).d), 'base64url');
  const scalar = sha512(seed).subarray(0, 32);
  scalar[0]! &= 248;
  scalar[31] = (scalar[31]! & 127) | 64;
  const r = Buffer.from(spelling, 'hex');
  let s = (littleEndian(sha512(r, pair.raw, signed)) * littleEndian(scalar)) % order;
  const signature = Buffer.concat([r, Buffer.alloc(32)]);
  for (let i = 32; i < 64; i += 1, s >>= 8n) signature[i] = Number(s & 255n);
  return Buffer.concat([str('ssh-ed25519'), str(signature)]);
};

/** S + L: the same signature again for who does not compare S with the order of the group. */
export function addOrder(blob: Buffer): Buffer {
  let sum = order;
  for (let i = 0; i < 32; i += 1) sum += BigInt(blob[blob.length - 32 + i]!) << BigInt(8 * i);
  for (let i = 0; i < 32; i += 1) {
    blob[blob.length - 32 + i] = Number((sum >> BigInt(8 * i)) & 255n);
  }
  return blob;
}

export const lines = (width: number): string => {
  const text =
    blobOf(good)
      .toString('base64')
      .match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${text.join('\n')}\n-----END SSH SIGNATURE-----\n`;
};

export const sized = (size: number) => (signed: Buffer) => {
  const whole = plainSigner(pair)(signed).subarray(str('ssh-ed25519').length + 4);
  return Buffer.concat([
    str('ssh-ed25519'),
    str(Buffer.concat([whole, Buffer.alloc(1)]).subarray(0, size)),
  ]);
};

/** The neutral point as key and as R, S = 0: verifies for any message where small order is not refused. */
export const neutral = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]);
export const neutralSigner = () =>
  Buffer.concat([str('ssh-ed25519'), str(Buffer.concat([neutral, Buffer.alloc(32)]))]);

export const skPair = craftedPair('sk signer');
export const skCrafted = (signature: Parts['signature'], application = 'ssh:'): string =>
  armor(sshsigBlob({ key: skBlob(skPair.raw, application), namespace, signature, message }));
