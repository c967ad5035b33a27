/** p = 2^255 - 19, little-endian, as the y coordinate is encoded (RFC 8032, section 5.1.2). */
const P = Buffer.from('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'hex');

/**
 * The y coordinates of the eight points whose order divides the cofactor 8: 1 (order 1), -1 (order 2),
 * 0 (order 4) and the two of order 8; each stands for both signs of x. They are the roots of the
 * curve's 8-torsion, listed in the specification of Ristretto and in "Taming the many EdDSAs"
 * (Chalkias, Garillot, Nikolaenko, 2020, table 1); the test computes them from the curve's equation.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/**
 * Why an encoded Ed25519 public key (32 bytes, RFC 8032, section 5.1.2) must not be used, or
 * undefined. With a point of small order one signature verifies for many messages, and anybody can
 * make it; an unreduced y is a second spelling of a key, which would count twice. Both are refused
 * here, because verifiers differ in them (OpenSSH 9.2 takes the former, OpenSSL by its version).
 * Whether y is on the curve at all is left to verification, which fails when it is not.
 */
export function ed25519PointFault(raw: Uint8Array): string | undefined {
  const y = Buffer.from(raw);
  y[31] = (y[31] ?? 0) & 0x7f;
  if (!below(y, P)) return 'is not a reduced point';
  if (SMALL_ORDER_Y.has(y.toString('hex'))) return 'is a point of small order';
  return undefined;
}

/** Whether little-endian `a` < `b`, both 32 bytes. Public data: no need for constant time. */
function below(a: Uint8Array, b: Uint8Array): boolean {
  for (let index = 31; index >= 0; index -= 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
