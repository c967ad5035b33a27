import { spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseRegionKeys } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { recipientOf } from '../../core/crypto/region-key.ts';
import type { SealRecipient } from '../../core/secret/envelope.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import {
  armor,
  plainBlob,
  plainSigner,
  skBlob,
  skSigner,
  sshsigBlob,
} from '../../test/trust/ssh-fixtures.ts';
import type { Pair } from '../../test/trust/ssh-fixtures.ts';

/** Keys of the test vectors. All are made up, all are public: nothing real may ever be sealed for them. */

export const vectors = path.resolve(import.meta.dirname, '../../test/vectors');
const keyFolder = path.join(vectors, 'keys');

/** Seeds from a public label, so that the keys can be made again; `counter` picks one with a wanted id. */
function seedOf(name: string, counter: number): Buffer {
  return createHash('sha256').update(`edgeseal test vectors: ${name} ${counter}`).digest();
}

function lineOf(seed: Buffer): string {
  return `edgeseal-region-key-1-${seed.toString('base64url')}`;
}

/** A made-up region key; its file is written where it is missing. */
export async function regionKey(name: string, wanted = /^/): Promise<RegionKey> {
  const file = path.join(keyFolder, `${name}.key`);
  if (!existsSync(file)) {
    for (let counter = 0; ; counter += 1) {
      const line = lineOf(seedOf(name, counter));
      const [key] = await parseRegionKeys(SecretBytes.fromText(line));
      if (!wanted.test(key!.id)) continue;
      mkdirSync(keyFolder, { recursive: true });
      writeFileSync(
        file,
        `# Made-up key of the test vectors, public on purpose. Key id ${key!.id}\n${line}\n`,
      );
      break;
    }
  }
  const [key] = await parseRegionKeys(new SecretBytes(readFileSync(file)));
  return key!;
}

export function to(region: string, key: RegionKey): SealRecipient {
  return { region, keyId: key.id, key: recipientOf(key) };
}

/** A signature by the real ssh-keygen, with a key that nobody keeps. */
export function sshKeygenSign(
  type: 'ed25519' | 'rsa' | 'ecdsa',
  namespace: string,
  message: Uint8Array,
  hash = 'sha512',
): { line: string; signature: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'edgeseal-vectors-'));
  try {
    const key = path.join(folder, 'key');
    run(['-q', '-t', type, '-N', '', '-C', '', '-f', key]);
    const file = path.join(folder, 'message');
    writeFileSync(file, message);
    run(['-q', '-Y', 'sign', '-O', `hashalg=${hash}`, '-n', namespace, '-f', key, file]);
    return {
      line: readFileSync(`${key}.pub`, 'utf8').trim(),
      signature: readFileSync(`${file}.sig`, 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(args: string[]): void {
  const result = spawnSync('ssh-keygen', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (result.status !== 0) throw new Error(`ssh-keygen: ${result.stderr.toString()}`);
}

/** An Ed25519 pair from a label, for what ssh-keygen does not make: FIDO keys and crafted signatures. */
export function craftedPair(name: string): Pair {
  const pkcs8 = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    seedOf(name, 0),
  ]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { privateKey, raw: Buffer.from(x, 'base64url') };
}

/** The public line of a made-up Ed25519 key: `publisher a`, `author b`. No private key lies in a file. */
export function sshLine(name: string): string {
  return `ssh-ed25519 ${plainBlob(craftedPair(name).raw).toString('base64')}`;
}

/** Signs as a made-up Ed25519 key; Ed25519 draws no randomness, so the same call gives the same text. */
export function sshSign(name: string, namespace: string, message: Uint8Array): string {
  const pair = craftedPair(name);
  const key = plainBlob(pair.raw);
  return armor(sshsigBlob({ key, namespace, signature: plainSigner(pair), message }));
}

/** The public line of a made-up FIDO key. */
export function skLine(name: string): string {
  return `sk-ssh-ed25519@openssh.com ${skBlob(craftedPair(name).raw).toString('base64')}`;
}

/** As a FIDO device would sign; flag 1 is user presence. */
export function skSign(name: string, namespace: string, message: Uint8Array, flags = 1): string {
  const pair = craftedPair(name);
  const key = skBlob(pair.raw);
  return armor(sshsigBlob({ key, namespace, signature: skSigner(pair, flags), message }));
}
