import { open, readFile } from 'node:fs/promises';
import { EdgesealError, messageOf } from '../../core/errors.ts';
import { parseSshKeyBlob, parseSshPublicKey } from '../../core/trust/ssh-key.ts';
import type { SshPublicKey } from '../../core/trust/ssh-key.ts';
import { WireReader, wireBase64 } from '../../core/trust/ssh-wire.ts';

const PRIVATE_BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----\n';
const PRIVATE_MAGIC = 'openssh-key-v1\0';
/** Enough of a private key file for its public half, which lies first and is never encrypted. */
const HEADER = 512;

/**
 * The public key that a file given to `ssh-keygen -f` stands for: a `.pub` file, or an OpenSSH private
 * key, of which only the beginning is read, so that a passphrase is asked for by ssh-keygen alone.
 *
 * Throws `format-ssh` when it holds no ed25519 key, `input-not-found` when there is no such file, and
 * `trust-signer` when it cannot be read.
 */
export async function readKeyFile(path: string): Promise<SshPublicKey> {
  try {
    const text = await readStart(path);
    if (text.startsWith(PRIVATE_BEGIN)) return publicHalf(text);
    // Older formats hold no ed25519 keys; the file beside it says what kind it is.
    return await readPublicLine(text.startsWith('-----BEGIN ') ? `${path}.pub` : path);
  } catch (error) {
    if (error instanceof EdgesealError) throw error.at({ file: path });
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new EdgesealError(
      missing ? 'input-not-found' : 'trust-signer',
      missing ? 'there is no such key file' : `cannot read the key file: ${messageOf(error)}`,
      { file: path, cause: error },
    );
  }
}

/**
 * Whether ssh-keygen signs with this key without asking anybody: a key file without a passphrase. An agent may ask for
 * each use, and a FIDO key wants to be touched.
 */
export async function isPromptless(key: {
  publicKey: SshPublicKey;
  path: string | undefined;
}): Promise<boolean> {
  if (key.path === undefined || key.publicKey.application !== undefined) return false;
  const text = await readStart(key.path);
  return text.startsWith(PRIVATE_BEGIN) && headerOf(text).cipher === 'none';
}

async function readStart(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER), 0, HEADER, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function readPublicLine(path: string): Promise<SshPublicKey> {
  return parseSshPublicKey((await readFile(path, 'utf8')).replace(/\r?\n$/, ''));
}

/** OpenSSH PROTOCOL.key, section 1: magic, cipher, kdf, its options, number of keys, public key. */
function publicHalf(text: string): SshPublicKey {
  const { reader } = headerOf(text);
  if (reader.uint32() !== 1) reader.fail('holds more than one key');
  const length = reader.uint32();
  // A longer key of another type is cut off here; its type comes first and is what gets reported.
  return parseSshKeyBlob(reader.rest().subarray(0, length));
}

/** Reads up to the number of keys. */
function headerOf(text: string): { cipher: string; reader: WireReader } {
  const body = text
    .slice(PRIVATE_BEGIN.length)
    .replace(/-----END[^]*$/, '')
    .replaceAll('\n', '');
  const whole = body.slice(0, body.length - (body.length % 4));
  const reader = new WireReader(wireBase64(whole, 'private key file'), 'private key file');
  const magic = Buffer.from(reader.take(PRIVATE_MAGIC.length)).toString('latin1');
  if (magic !== PRIVATE_MAGIC) reader.fail('is not an OpenSSH private key');
  const cipher = Buffer.from(reader.string()).toString('latin1');
  reader.string();
  reader.string();
  return { cipher, reader };
}
