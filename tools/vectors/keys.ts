import { spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseRegionKeys } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { recipientOf } from '../../core/crypto/region-key.ts';
import type { SealRecipient } from '../../core/secret/envelope.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { skBlob, skSigner, sshsigBlob, armor } from '../../test/trust/ssh-fixtures.ts';
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

/** The public line of a made-up SSH key; made with the real ssh-keygen where it is missing. */
export function sshKey(name: string): string {
  const file = path.join(keyFolder, name);
  if (!existsSync(file)) {
    mkdirSync(keyFolder, { recursive: true });
    run(['-q', '-t', 'ed25519', '-N', '', '-C', `made-up test key ${name}`, '-f', file]);
  }
  return readFileSync(`${file}.pub`, 'utf8').trim();
}

/** Signs with the real ssh-keygen. It refuses keys that others can read, as they are after a checkout. */
export function sshSign(name: string, namespace: string, message: Uint8Array): string {
  sshKey(name);
  const folder = mkdtempSync(path.join(tmpdir(), 'edgeseal-vectors-'));
  try {
    const key = path.join(folder, 'key');
    copyFileSync(path.join(keyFolder, name), key);
    chmodSync(key, 0o600);
    const file = path.join(folder, 'message');
    writeFileSync(file, message);
    run(['-q', '-Y', 'sign', '-O', 'hashalg=sha512', '-n', namespace, '-f', key, file]);
    return readFileSync(`${file}.sig`, 'utf8');
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

const skPair = craftedPair('sk author');

export const skLine = `sk-ssh-ed25519@openssh.com ${skBlob(skPair.raw).toString('base64')}`;

/** As a FIDO device would sign; flag 1 is user presence. */
export function skSign(namespace: string, message: Uint8Array, flags = 1): string {
  const key = skBlob(skPair.raw);
  return armor(sshsigBlob({ key, namespace, signature: skSigner(skPair, flags), message }));
}
