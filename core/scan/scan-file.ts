import type { ScanFinding, ScanOptions } from './finding.ts';
import { isBinary, isWide, textOf } from './formats/decode.ts';
import { kindOfFile } from './formats/file-kind.ts';
import type { FileKind } from './formats/file-kind.ts';
import { findRegionKeys } from './formats/region-key.ts';
import { findingsOfParts } from './parts.ts';
import { Report } from './report.ts';
import { wholeSource } from './structure/source.ts';
import { windowsOf } from './windows.ts';

/** What must stand in a program's source before it is looked at more closely. */
const inCode = [
  'PRIVATE KEY',
  'AGE-SECRET-KEY-',
  'PuTTY-User-Key',
  'LS0tLS1CRUdJTi',
  'TFMwdExTMUNSVWRKVGlC',
];
const userInfo = /:\/\/[^\s/@]{0,100}:[^\s/@]{1,300}@/;
const inText = /pass|pwd|secret|token|key|cred|auth|kind|kty|private|BEGIN |ENC\[|ANSIBLE/i;

/** Of a file that git-crypt has encrypted: https://github.com/AGWA/git-crypt */
const gitCrypt = Buffer.from('\0GITCRYPT\0');

/**
 * Looks for what must not be committed: Kubernetes Secrets and other plaintext by structure, private keys, addresses with
 * passwords, credentials in the files of programs. What is sealed is known by its structure and exempt. Each place is
 * given once, by line and column of the value, under the most specific rule.
 *
 * What reads structures is only loaded for a file that holds one of a few words.
 *
 * @param path decides, by its ending, how the file is read
 * @param bytes the whole file; who controls it may write anything, so nothing here throws on content
 */
export async function scanFile(
  path: string,
  bytes: Uint8Array,
  options: ScanOptions = {},
): Promise<ScanFinding[]> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return await findingsOfParts(windowsOf(buffer), (part) => scanPart(path, part, options));
}

async function scanPart(path: string, bytes: Buffer, options: ScanOptions): Promise<ScanFinding[]> {
  if (bytes.subarray(0, gitCrypt.length).equals(gitCrypt)) return [];
  const binary = isBinary(bytes);
  const text = binary ? bytes.toString('latin1') : textOf(bytes);
  const kind = binary ? 'code' : kindOfFile(path);
  const source = wholeSource(text);
  const report = new Report();
  findRegionKeys(source, report);
  if (mayHold(text, kind)) {
    const { inspectText } = await import('./inspect-text.ts');
    await inspectText(path, kind, source, report);
  }
  if (mayHoldToken(text)) {
    const { addTokens } = await import('./add-tokens.ts');
    const plain = binary || !isWide(bytes) ? bytes : Buffer.from(text);
    await addTokens(path, plain, source, report, options);
  }
  const findings = report.findings(text, options);
  if (bytes[0] !== 0x30 && !binary) return findings;
  const { findKeyStore } = await import('./formats/key-store.ts');
  return [...findKeyStore(path, bytes, options), ...findings];
}

/**
 * Whether a small file is worth loading some hundred rules for: a token has a run of letters and digits, anything else a name
 * that promises a secret. In a large one loading is the smaller part.
 */
function mayHoldToken(text: string): boolean {
  if (text.length > 65_536 || promise.test(text)) return true;
  return text.match(/[A-Za-z0-9_+/-]{8,}/g)?.some((run) => /\d/.test(run)) ?? false;
}

/** Names, hashes, escapes, addresses, and options of one letter, such as curl's `-u` and mysql's `-p`. */
const promise =
  /pass|pwd|phrase|secret|token|key|cred|auth|login|\$\w{1,8}\$|%[0-9a-f]{2}|@|\s["']?-[a-z]{0,2}[upa]/i;

function mayHold(text: string, kind: FileKind): boolean {
  if (kind === 'credentials') return true;
  if (text.includes('://') && userInfo.test(text)) return true;
  if (kind !== 'code' && kind !== 'lock') return inText.test(text);
  if (inCode.some((word) => text.includes(word))) return true;
  return kind === 'code' && text.includes('Secret') && text.includes('kind');
}
