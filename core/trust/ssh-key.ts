import { createHash } from 'node:crypto';
import { EdgesealError } from '../errors.ts';
import { ed25519PointFault } from './ed25519-point.ts';
import { WireReader, wireBase64 } from './ssh-wire.ts';

export type SshKeyType = 'ssh-ed25519' | 'sk-ssh-ed25519@openssh.com';

/** An OpenSSH public key, checked. Two keys are the same when their blobs are; comments are only hints. */
export interface SshPublicKey {
  type: SshKeyType;
  /** Wire encoding: what base64 in a key line holds and what a fingerprint is taken of. */
  blob: Uint8Array;
  /** The Ed25519 public key, 32 bytes (RFC 8032). */
  raw: Uint8Array;
  /** FIDO application, such as `ssh:`; sk keys only. */
  application?: string;
  comment: string;
}

const MAX_LINE = 4096;

/** What `ssh-keygen` makes besides ed25519; each is common enough to deserve a way out. */
const OTHER_TYPES: readonly [RegExp, string][] = [
  [/^(ssh-rsa|rsa-sha2-\d+)/, 'an RSA key'],
  [/^ecdsa-sha2-/, 'an ECDSA key'],
  [/^sk-ecdsa-sha2-/, 'a FIDO ECDSA key'],
  [/^ssh-dss/, 'a DSA key'],
  [/^ssh-ed448/, 'an Ed448 key'],
];

const NEW_KEY_HINT = 'make an ed25519 key: ssh-keygen -t ed25519';
const NEW_SK_HINT = 'make one with the FIDO device: ssh-keygen -t ed25519-sk';

/**
 * Parses one OpenSSH public key line, as in a `.pub` file: type, base64, comment (optional), one space
 * between them. Accepts `ssh-ed25519` (RFC 8709) and `sk-ssh-ed25519@openssh.com` (OpenSSH
 * PROTOCOL.u2f) and nothing else: no certificates, no authorized_keys options before the type, no line
 * end, no control or direction-changing characters (the comment is shown to people who decide by it).
 *
 * Throws `format-ssh` for anything else; the hint says which key to make instead.
 */
export function parseSshPublicKey(line: string): SshPublicKey {
  if (line.length > MAX_LINE) throw bad(`public key line is longer than ${String(MAX_LINE)}`);
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(line)) {
    throw bad(
      'public key line has a control character',
      'give one line, as in ~/.ssh/id_ed25519.pub',
    );
  }
  const [type = '', base64 = '', ...comment] = line.split(' ');
  assertType(type);
  const key = parseSshKeyBlob(wireBase64(base64, 'public key'));
  if (key.type !== type) throw bad(`public key says ${type} but holds ${key.type}`);
  return { ...key, comment: comment.join(' ') };
}

/** Fingerprint of a key that stands in a line, as {@link sshFingerprint}. @throws EdgesealError `format-ssh` */
export function fingerprintOf(line: string): string {
  return sshFingerprint(parseSshPublicKey(line).blob);
}

/**
 * Parses a public key in wire encoding, as it stands in a signature; `comment` is empty. The bytes are
 * copied. Throws `format-ssh` as {@link parseSshPublicKey} does.
 */
export function parseSshKeyBlob(bytes: Uint8Array): SshPublicKey {
  const blob = new Uint8Array(bytes);
  const reader = new WireReader(blob, 'public key');
  const type = reader.text();
  assertType(type);
  const raw = reader.string();
  if (raw.length !== 32) reader.fail('is not 32 bytes long');
  const fault = ed25519PointFault(raw);
  if (fault !== undefined) reader.fail(fault, NEW_KEY_HINT);
  if (type === 'ssh-ed25519') {
    reader.end();
    return { type, blob, raw, comment: '' };
  }
  const application = reader.text();
  reader.end();
  // ssh-keygen makes no others; web pages own the rest of the name space (WebAuthn).
  if (!/^ssh:[\x21-\x7e]{0,251}$/.test(application)) {
    reader.fail('has a FIDO application that does not start with ssh:', NEW_SK_HINT);
  }
  return { type, blob, raw, application, comment: '' };
}

/** `SHA256:` and the unpadded base64 of the blob's SHA-256, as `ssh-keygen -l` prints it. */
export function sshFingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** `type base64`, without the comment: the form in which a key is stored and compared. */
export function formatSshPublicKey(key: SshPublicKey): string {
  return `${key.type} ${Buffer.from(key.blob).toString('base64')}`;
}

/** Whether both are the same key; comments do not count. */
export function sameSshKey(a: SshPublicKey, b: SshPublicKey): boolean {
  return Buffer.compare(a.blob, b.blob) === 0;
}

function assertType(type: string): asserts type is SshKeyType {
  if (type === 'ssh-ed25519' || type === 'sk-ssh-ed25519@openssh.com') return;
  if (type.includes('-cert-v')) {
    throw bad(
      'an OpenSSH certificate is not supported, only a public key',
      'give the .pub file that is not named -cert.pub',
    );
  }
  const other = OTHER_TYPES.find(([pattern]) => pattern.test(type));
  if (other !== undefined) {
    const hint = type.startsWith('sk-') ? NEW_SK_HINT : NEW_KEY_HINT;
    throw bad(`${other[1]} is not supported, only ed25519`, hint);
  }
  throw bad('not an OpenSSH public key line of type ssh-ed25519', NEW_KEY_HINT);
}

function bad(message: string, hint?: string): EdgesealError {
  return new EdgesealError('format-ssh', message, { hint });
}
