/**
 * The u-coordinates of small order on Curve25519 and its twist, little-endian and reduced: 0, 1, the two
 * of order 8, and p-1. Source: RFC 7748 section 6.1 and "May the Fourth Be With You" (CCS 2017), table 1.
 */
const smallOrder: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * Whether 32 bytes are the reduced encoding (below p = 2^255 - 19) of a point that is not of small order.
 *
 * A small-order point makes the X25519 part of X-Wing a constant; an unreduced one gives one key two
 * encodings and so two fingerprints. Nobody honest makes either.
 */
export function isSoundX25519Point(point: Uint8Array): boolean {
  if (point.length !== 32) return false;
  if (!isReduced(point)) return false;
  return !smallOrder.has(Buffer.from(point).toString('hex'));
}

function isReduced(point: Uint8Array): boolean {
  const top = point[31] ?? 255;
  if (top > 0x7f) return false;
  if (top < 0x7f) return true;
  for (let i = 30; i >= 1; i--) if (point[i] !== 0xff) return true;
  return (point[0] ?? 255) < 0xed;
}
