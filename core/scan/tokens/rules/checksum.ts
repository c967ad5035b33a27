import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 in base62, six digits: what GitHub and npm end their tokens with. */
function crc62(text: string): string {
  let rest = crc32(text);
  let digit = '';
  for (let place = 0; place < 6; place += 1) {
    digit = (digits[rest % 62] ?? '') + digit;
    rest = Math.floor(rest / 62);
  }
  return digit;
}

/** Whether the last six characters are the checksum of what stands between the prefix (`ghp_`, `npm_`) and them. */
export function hasCrc62(token: string): boolean {
  return crc62(token.slice(token.indexOf('_') + 1, -6)) === token.slice(-6);
}

/** Whether the last eight characters are the CRC-32 of all before the last `_`, in hex, lowest byte first (Grafana). */
export function hasGrafanaCrc(token: string): boolean {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(token.slice(0, -9)));
  return sum.toString('hex') === token.slice(-8);
}

/**
 * Whether a seed of NATS ends in its CRC-16 (XMODEM, lowest byte first), of all before it in base32.
 * https://github.com/nats-io/nkeys
 */
export function hasNatsCrc(seed: string): boolean {
  const bytes = base32(seed);
  let crc = 0;
  for (const byte of bytes.subarray(0, -2)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return bytes.length > 2 && bytes.readUInt16LE(bytes.length - 2) === crc;
}

/** RFC 4648, without padding; a rest of less than eight bits is dropped. */
function base32(text: string): Buffer {
  const bytes: number[] = [];
  let rest = 0;
  let bits = 0;
  for (const letter of text) {
    rest = ((rest << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((rest >> bits) & 0xff);
    }
  }
  return Buffer.from(bytes);
}

/**
 * The object that a text in base64 or base64url holds as JSON, and undefined for anything else.
 *
 * @param text may lack its last characters' padding
 */
export function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    // Not JSON: what only looked like a token.
    return undefined;
  }
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: string): Record<string, unknown> | undefined {
  return jsonOf(token.split('.')[1] ?? '');
}
