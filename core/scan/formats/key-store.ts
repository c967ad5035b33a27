import type { ScanFinding, ScanOptions } from '../finding.ts';

/** Files of keys that are no text. @returns what it is, or undefined */
export function keyStoreKind(path: string, bytes: Buffer): string | undefined {
  const magic = bytes.length < 8 ? 0 : bytes.readUInt32BE(0);
  if (magic === 0xfeedfeed && bytes.readUInt32BE(4) <= 2) return 'a Java key store (JKS)';
  if (magic === 0xcececece && bytes.readUInt32BE(4) <= 2) return 'a Java key store (JCEKS)';
  // BKS has a version and nothing else at its begin, so its ending must say it, too.
  if (/\.(?:bks|uber)$/i.test(path) && magic >= 1 && magic <= 2)
    return 'a key store of Bouncy Castle';
  if (isPkcs12(bytes)) return 'a PKCS#12 key store';
  if (isPkcs8(bytes)) return 'a private key in DER';
  return undefined;
}

/** PFX of RFC 7292: SEQUENCE { INTEGER 3, SEQUENCE { OBJECT IDENTIFIER data or signedData, ... */
function isPkcs12(bytes: Buffer): boolean {
  const inner = sequence(bytes, 0);
  if (inner === undefined || !bytes.subarray(inner, inner + 3).equals(Buffer.from([2, 1, 3])))
    return false;
  const content = sequence(bytes, inner + 3);
  if (content === undefined) return false;
  const oid = bytes.subarray(content, content + 11).toString('hex');
  return /^06092a864886f70d01070[12]$/.test(oid);
}

/** PrivateKeyInfo of RFC 5208, or PKCS#1: SEQUENCE { INTEGER 0, SEQUENCE { OBJECT IDENTIFIER ... or INTEGER of 1024 bits or more. */
function isPkcs8(bytes: Buffer): boolean {
  const inner = sequence(bytes, 0);
  if (
    inner === undefined ||
    bytes[inner] !== 2 ||
    bytes[inner + 1] !== 1 ||
    (bytes[inner + 2] ?? 9) > 1
  )
    return false;
  const algorithm = sequence(bytes, inner + 3);
  if (algorithm !== undefined) {
    // rsaEncryption, ecPublicKey, Ed25519 and X25519
    return /^06(?:092a864886f70d0101|072a8648ce3d0201|032b65(?:6e|6f|70|71))/.test(
      bytes.subarray(algorithm, algorithm + 11).toString('hex'),
    );
  }
  return (
    bytes[inner + 3] === 2 &&
    bytes[inner + 4] === 0x82 &&
    bytes.readUInt16BE(inner + 5) >= 128 &&
    bytes[inner + 7] === 0
  );
}

/** Where the content of a SEQUENCE in DER or BER begins. */
function sequence(bytes: Buffer, at: number): number | undefined {
  if (bytes[at] !== 0x30) return undefined;
  const length = bytes[at + 1] ?? 0;
  if (length <= 0x80) return at + 2;
  const count = length - 0x80;
  return count <= 4 && bytes.length > at + 2 + count ? at + 2 + count : undefined;
}

/** Finds key stores by their structure, whatever their name. */
export function findKeyStore(path: string, bytes: Buffer, { digest }: ScanOptions): ScanFinding[] {
  const kind = keyStoreKind(path, bytes);
  if (kind === undefined) return [];
  const finding = { rule: 'key-store', line: 1, column: 1, message: kind, masked: '****' };
  return [digest === undefined ? finding : { ...finding, digest: digest(bytes) }];
}
