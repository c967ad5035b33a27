import { createHash, createPublicKey, hash, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { EdgesealError } from '../errors.ts';
import { ed25519PointFault } from './ed25519-point.ts';
import { parseSshKeyBlob } from './ssh-key.ts';
import type { SshPublicKey } from './ssh-key.ts';
import { WireReader, wireBase64, wireString } from './ssh-wire.ts';

/** A well-formed signature; whether it is valid is {@link verifySshsig}'s to say. */
export interface Sshsig {
  publicKey: SshPublicKey;
  namespace: string;
  /** Ignored, but part of what is signed. */
  reserved: Uint8Array;
  hashAlgorithm: 'sha512';
  /** R and S, 64 bytes (RFC 8032, section 5.1.6). */
  signature: Uint8Array;
  /** What the FIDO device vouches for, sk keys only: flag 0x01 is user presence, 0x04 verification. */
  device?: { flags: number; counter: number };
}

const BEGIN = '-----BEGIN SSH SIGNATURE-----\n';
const END = '-----END SSH SIGNATURE-----';
const MAGIC = 'SSHSIG';
const USER_PRESENT = 0x01;

/** A signature of an sk key with the longest application has less than 1,200 characters. */
const MAX_ARMORED = 4096;
const MAX_TEXT = 64 * 1024;
const MAX_SIGNATURES = 64;

/**
 * Parses one armored SSH signature (OpenSSH PROTOCOL.sshsig), version 1, hash sha512, by an ed25519 or
 * sk-ed25519 key. Stricter than `ssh-keygen`: the text is the BEGIN line, lines of 1 to 76 base64
 * characters, the END line and at most one line feed; LF only (a signed file is `-text` in Git, and
 * YAML folds CRLF), no blank lines, nothing before or after, canonical base64, no trailing bytes.
 *
 * Throws `format-ssh` for anything else.
 */
export function parseSshsig(armored: string): Sshsig {
  const reader: WireReader = new WireReader(dearmor(armored), 'ssh signature');
  if (Buffer.from(reader.take(6)).toString('latin1') !== MAGIC) reader.fail('lacks its preamble');
  const version = reader.uint32();
  if (version !== 1) reader.fail(`has version ${String(version)}, only 1 is known`);
  const publicKey = parseSshKeyBlob(reader.string());
  const namespace = reader.text();
  if (namespace === '') reader.fail('has an empty namespace');
  const reserved = reader.string();
  const hashAlgorithm = reader.text();
  if (hashAlgorithm !== 'sha512') {
    reader.fail('does not use sha512', 'sign with ssh-keygen -Y sign -O hashalg=sha512');
  }
  const inner = new WireReader(reader.string(), 'ssh signature');
  reader.end();

  if (inner.text() !== publicKey.type) inner.fail('is of another type than its key');
  const signature = inner.string();
  if (signature.length !== 64) inner.fail('is not 64 bytes long');
  const parsed: Sshsig = { publicKey, namespace, reserved, hashAlgorithm, signature };
  if (publicKey.application !== undefined) {
    parsed.device = { flags: inner.byte(), counter: inner.uint32() };
  }
  inner.end();
  return parsed;
}

/**
 * Splits a `.sig` file, armored signatures one after the other with nothing between them, into its
 * signatures; the empty text has none. At most 64 signatures and 64 KiB. Each still has to be parsed.
 *
 * Throws `input-too-large`, and `format-ssh` when there is anything else in it, or too many.
 */
export function splitSshsigs(text: string): string[] {
  if (text.length > MAX_TEXT) {
    throw new EdgesealError('input-too-large', 'signature file is larger than 64 KiB');
  }
  const signatures: string[] = [];
  for (let rest = text; rest !== '';) {
    const at = rest.startsWith(BEGIN) ? rest.indexOf(`\n${END}`, BEGIN.length - 1) : -1;
    if (at < 0) throw malformed('signature file is not made of armored ssh signatures');
    let end = at + 1 + END.length;
    if (rest[end] === '\n') end += 1;
    else if (end !== rest.length) throw malformed('signature file has text after a signature');
    signatures.push(rest.slice(0, end));
    if (signatures.length > MAX_SIGNATURES)
      throw malformed('signature file has over 64 signatures');
    rest = rest.slice(end);
  }
  return signatures;
}

/**
 * Finds armored signatures in a text that anybody may have written to: whatever lies before, between and behind them is passed
 * over, so that a spoiled one hides none of the others. Such a text is where signatures are collected; a `.sig` file that
 * decides something is {@link splitSshsigs}'.
 *
 * @returns them in their order, each still to be parsed; of a text above 64 KiB, none
 */
export function findSshsigs(text: string): string[] {
  if (text.length > MAX_TEXT) return [];
  const [, ...begun] = text.split(BEGIN);
  return begun.flatMap((rest) => {
    const at = rest.indexOf(`\n${END}`);
    return at < 0 ? [] : [`${BEGIN}${rest.slice(0, at)}\n${END}\n`];
  });
}

/**
 * The key that signed `message` for `namespace`, or undefined when the signature is well-formed but
 * not valid: other bytes, another namespace, or a FIDO device that nobody touched. What the key may do
 * is the caller's question. Throws `format-ssh` when it is malformed ({@link parseSshsig}).
 *
 * Signed data: OpenSSH PROTOCOL.sshsig, section 3; for sk keys wrapped as in PROTOCOL.u2f, "SSH U2F
 * Signatures". Ed25519 (RFC 8032, section 5.1.7) by OpenSSL, which refuses S >= L. Libraries, and versions of them,
 * differ in an R of small order, which no honest signer makes: it is not valid here.
 */
export function verifySshsig(
  armored: string,
  message: Uint8Array,
  namespace: string,
): SshPublicKey | undefined {
  const parsed = parseSshsig(armored);
  if (parsed.namespace !== namespace) return undefined;
  if (ed25519PointFault(parsed.signature.subarray(0, 32)) !== undefined) return undefined;
  const signed = signedData(parsed, message);
  if (signed === undefined) return undefined;
  const valid = verify(null, signed, keyObject(parsed.publicKey), parsed.signature);
  return valid ? parsed.publicKey : undefined;
}

/**
 * The distinct keys of all valid signatures in a `.sig` file, in their order: a key that signed twice
 * counts once. Signatures that are not valid are left out; one that is malformed throws `format-ssh`.
 */
export function verifySshsigs(
  sigText: string,
  message: Uint8Array,
  namespace: string,
): SshPublicKey[] {
  const keys = new Map<string, SshPublicKey>();
  for (const armored of splitSshsigs(sigText)) {
    const key = verifySshsig(armored, message, namespace);
    if (key !== undefined) keys.set(Buffer.from(key.blob).toString('base64'), key);
  }
  return [...keys.values()];
}

function dearmor(armored: string): Buffer {
  if (armored.length > MAX_ARMORED) throw malformed('ssh signature is longer than 4 KiB');
  const text = armored.endsWith('\n') ? armored.slice(0, -1) : armored;
  if (!text.startsWith(BEGIN) || !text.endsWith(`\n${END}`)) {
    const hint = armored.includes('\r') ? 'keep line ends as they are: LF, no CR' : undefined;
    throw malformed('not an armored ssh signature', hint);
  }
  const lines = text.slice(BEGIN.length, -END.length - 1).split('\n');
  if (lines.some((line) => line.length < 1 || line.length > 76)) {
    throw malformed('ssh signature has a line that is not 1 to 76 characters long');
  }
  return wireBase64(lines.join(''), 'ssh signature');
}

/** What the key signed, or undefined when a FIDO device says that no person was there. */
function signedData(parsed: Sshsig, message: Uint8Array): Buffer | undefined {
  const data = Buffer.concat([
    Buffer.from(MAGIC),
    wireString(parsed.namespace),
    wireString(parsed.reserved),
    wireString(parsed.hashAlgorithm),
    wireString(hash('sha512', message, 'buffer')),
  ]);
  const { application } = parsed.publicKey;
  if (parsed.device === undefined || application === undefined) return data;
  if ((parsed.device.flags & USER_PRESENT) === 0) return undefined;
  const assertion = Buffer.alloc(5);
  assertion.writeUInt8(parsed.device.flags, 0);
  assertion.writeUInt32BE(parsed.device.counter, 1);
  return Buffer.concat([sha256(application), assertion, sha256(data)]);
}

function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

/**
 * Importing a key costs about a third of a verification; ten thousand
 * secrets are signed by a handful of authors. Bounded, because signers choose their keys: the oldest
 * entry makes room.
 */
const keyObjects = new Map<string, KeyObject>();
const MAX_KEY_OBJECTS = 256;

function keyObject(key: SshPublicKey): KeyObject {
  const x = Buffer.from(key.raw).toString('base64url');
  const known = keyObjects.get(x);
  if (known !== undefined) return known;
  const made = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const oldest = keyObjects.keys().next();
  if (keyObjects.size >= MAX_KEY_OBJECTS && oldest.done !== true) keyObjects.delete(oldest.value);
  keyObjects.set(x, made);
  return made;
}

function malformed(message: string, hint?: string): EdgesealError {
  return new EdgesealError('format-ssh', message, { hint });
}
