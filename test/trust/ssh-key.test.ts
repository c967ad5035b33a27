import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EdgesealError } from '../../core/errors.ts';
import {
  formatSshPublicKey,
  parseSshPublicKey,
  sameSshKey,
  sshFingerprint,
} from '../../core/trust/ssh-key.ts';
import { ed25519Pair, plainBlob, skBlob, str } from './ssh-fixtures.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'edgeseal-test-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function keygen(name: string, ...args: string[]): string {
  const path = join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', 'made up', '-f', path, ...args]);
  return readFileSync(`${path}.pub`, 'utf8').trim();
}

function line(type: string, blob: Uint8Array, comment?: string): string {
  const text = `${type} ${Buffer.from(blob).toString('base64')}`;
  return comment === undefined ? text : `${text} ${comment}`;
}

function refusal(text: string): EdgesealError {
  try {
    parseSshPublicKey(text);
  } catch (error) {
    if (error instanceof EdgesealError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('a key that ssh-keygen made', () => {
  it('is read, written back and fingerprinted as ssh-keygen does', () => {
    const text = keygen('good', '-t', 'ed25519');
    const key = parseSshPublicKey(text);
    expect(key).toMatchObject({ type: 'ssh-ed25519', comment: 'made up' });
    expect(key.raw).toHaveLength(32);
    expect(`${formatSshPublicKey(key)} made up`).toBe(text);
    const listed = execFileSync('ssh-keygen', ['-l', '-f', join(directory, 'good.pub')], {
      encoding: 'utf8',
    });
    expect(listed.split(' ')[1]).toBe(sshFingerprint(key.blob));
  });

  it.each([
    ['rsa', ['-t', 'rsa', '-b', '2048'], 'an RSA key'],
    ['ecdsa', ['-t', 'ecdsa'], 'an ECDSA key'],
  ])('of type %s is refused with a way out', (name, args, kind) => {
    const error = refusal(keygen(name, ...args));
    expect(error.code).toBe('format-ssh');
    expect(error.message).toContain(kind);
    expect(error.hint).toContain('ssh-keygen -t ed25519');
  });

  it('is refused as a certificate', () => {
    keygen('ca', '-t', 'ed25519');
    keygen('user', '-t', 'ed25519');
    const [ca, user] = [join(directory, 'ca'), join(directory, 'user')];
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'made-up', '-n', 'someone', `${user}.pub`]);
    expect(refusal(readFileSync(`${user}-cert.pub`, 'utf8').trim()).code).toBe('format-ssh');
  });
});

describe('an sk key', () => {
  it('is read with its application, as ssh-keygen reads it', () => {
    const { raw } = ed25519Pair();
    const text = line('sk-ssh-ed25519@openssh.com', skBlob(raw), 'token');
    const key = parseSshPublicKey(text);
    expect(key).toMatchObject({ application: 'ssh:', comment: 'token' });
    expect(Buffer.from(key.raw)).toEqual(raw);
    const listed = execFileSync('ssh-keygen', ['-l', '-f', '-'], { input: text, encoding: 'utf8' });
    expect(listed.split(' ')[1]).toBe(sshFingerprint(key.blob));
  });

  it.each(['', 'https://example.com', 'ssh: x', 'ssh:\n'])(
    'with application %j is refused',
    (name) => {
      const blob = skBlob(ed25519Pair().raw, name);
      expect(refusal(line('sk-ssh-ed25519@openssh.com', blob)).code).toBe('format-ssh');
    },
  );

  it('is another key than the plain one with the same point, and application counts', () => {
    const { raw } = ed25519Pair();
    const plain = parseSshPublicKey(line('ssh-ed25519', plainBlob(raw)));
    const [one, two] = ['ssh:', 'ssh:other'].map((name) =>
      parseSshPublicKey(line('sk-ssh-ed25519@openssh.com', skBlob(raw, name))),
    );
    if (one === undefined || two === undefined) throw new Error('unreachable');
    expect(sameSshKey(plain, one)).toBe(false);
    expect(sameSshKey(one, two)).toBe(false);
    expect(sameSshKey(one, { ...one, comment: 'another comment' })).toBe(true);
  });
});

describe('a malformed line is refused', () => {
  const { raw } = ed25519Pair();
  const good = line('ssh-ed25519', plainBlob(raw));
  const base64 = plainBlob(raw).toString('base64');
  // 51 bytes leave no unused bits, so the spelling test needs a blob that has some.
  const unusedBits = Buffer.concat([plainBlob(raw), Buffer.from([0])])
    .toString('base64')
    .replace(/.==$/, 'B==');

  it('but the good one is not', () => {
    expect(parseSshPublicKey(good).comment).toBe('');
    expect(parseSshPublicKey(`${good} a b  c`).comment).toBe('a b  c');
  });

  it.each<[string, string]>([
    ['empty', ''],
    ['type alone', 'ssh-ed25519'],
    ['base64 alone', base64],
    ['leading space', ` ${good}`],
    ['two spaces', `ssh-ed25519  ${base64}`],
    ['tab', `ssh-ed25519\t${base64}`],
    ['line feed at the end', `${good}\n`],
    ['second line', `${good} a\n${good}`],
    ['carriage return', `${good}\r`],
    ['NUL in the comment', `${good} a\0b`],
    ['escape sequence in the comment', `${good} \u001b[2Jroot@hub`],
    ['right-to-left override in the comment', `${good} \u202eadmin`],
    ['options', `no-pty ${good}`],
    ['quoted options', `command="true" ${good}`],
    [
      'base64url',
      `ssh-ed25519 ${Buffer.from(plainBlob(Buffer.alloc(32, 0xfb))).toString('base64url')}`,
    ],
    ['base64 with a stray character', `ssh-ed25519 ${base64.slice(0, 8)}*${base64.slice(8)}`],
    ['base64 with unused bits set', `ssh-ed25519 ${unusedBits}`],
    [
      'type in the line is not the one in the blob',
      line('sk-ssh-ed25519@openssh.com', plainBlob(raw)),
    ],
    ['the other way round', line('ssh-ed25519', skBlob(raw))],
    ['sk key without application', line('sk-ssh-ed25519@openssh.com', skBlob(raw).subarray(0, -8))],
    ['31 bytes', line('ssh-ed25519', plainBlob(raw.subarray(1)))],
    ['33 bytes', line('ssh-ed25519', plainBlob(Buffer.concat([raw, Buffer.from([1])])))],
    ['trailing byte', line('ssh-ed25519', Buffer.concat([plainBlob(raw), Buffer.from([0])]))],
    ['trailing string', line('ssh-ed25519', Buffer.concat([plainBlob(raw), str('')]))],
    ['length of 4 GiB', line('ssh-ed25519', Buffer.concat([Buffer.alloc(4, 0xff), raw]))],
    ['unknown type', line('ssh-ed25519@evil', plainBlob(raw))],
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['too long', `${good} ${'x'.repeat(5000)}`],
  ])('%s', (_name, text) => {
    expect(refusal(text).code).toBe('format-ssh');
  });

  it('at every truncation', () => {
    for (let length = 0; length < plainBlob(raw).length; length += 1) {
      const cut = line('ssh-ed25519', plainBlob(raw).subarray(0, length));
      expect(refusal(cut).code, String(length)).toBe('format-ssh');
    }
  });
});

/** Edwards25519 over bigint (RFC 8032, section 5.1), to find the small-order points independently. */
const P = 2n ** 255n - 19n;
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let b = base % P, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) {
    if (e & 1n) result = (result * b) % P;
  }
  return result;
};
const inverse = (value: bigint) => power(((value % P) + P) % P, P - 2n);
const D = (((-121665n * inverse(121666n)) % P) + P) % P;

function recoverX(y: bigint): bigint | undefined {
  const square = (((y * y - 1n) % P) * inverse(D * y * y + 1n)) % P;
  const wanted = (square + P) % P;
  let x = power(wanted, (P + 3n) / 8n);
  if ((x * x) % P !== wanted) x = (x * power(2n, (P - 1n) / 4n)) % P;
  return (x * x) % P === wanted ? x : undefined;
}

function double([x, y]: [bigint, bigint]): [bigint, bigint] {
  const t = (D * x * x * y * y) % P;
  const dx = (2n * x * y * inverse(1n + t)) % P;
  const dy = (((y * y + x * x) % P) * inverse(1n - t + P)) % P;
  return [dx, dy];
}

function encode(y: bigint, sign: 0 | 1): Buffer {
  const bytes = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
  bytes[31] = (bytes[31] ?? 0) | (sign << 7);
  return bytes;
}

describe('points that no key may be', () => {
  // y of order 8: doubling gives y = 0, so x^2 = -y^2, and the curve equation becomes d y^4 + 2 y^2 - 1 = 0.
  const root = (value: bigint) => {
    const x = power(value, (P + 3n) / 8n);
    return (x * x) % P === value ? x : (x * power(2n, (P - 1n) / 4n)) % P;
  };
  const orderEight = [1n, -1n]
    .map((sign) => ((((-1n + sign * root(1n + D)) % P) + P) * inverse(D)) % P)
    .map(root)
    .flatMap((y) => [y, P - y])
    .filter((y) => {
      const x = recoverX(y);
      return x !== undefined && double([x, y])[1] === 0n;
    });
  const smallOrder = [0n, 1n, P - 1n, ...orderEight];

  it('are found by computing them', () => {
    expect(new Set(orderEight).size).toBe(2);
    for (const y of smallOrder) {
      const x = recoverX(y);
      if (x === undefined) throw new Error('not on the curve');
      expect(double(double(double([x, y])))).toEqual([0n, 1n]);
    }
  });

  it('are refused: every encoding of small order', () => {
    for (const y of smallOrder) {
      for (const sign of [0, 1] as const) {
        const error = refusal(line('ssh-ed25519', plainBlob(encode(y, sign))));
        expect(error.message).toContain('small order');
        refusal(line('sk-ssh-ed25519@openssh.com', skBlob(encode(y, sign))));
      }
    }
  });

  it('are refused: every unreduced y', () => {
    for (let y = P; y < 2n ** 255n; y += 1n) {
      for (const sign of [0, 1] as const) {
        const error = refusal(line('ssh-ed25519', plainBlob(encode(y, sign))));
        expect(error.message).toContain('reduced');
      }
    }
    // The neighbours are legal, or the loop above shows nothing.
    expect(parseSshPublicKey(line('ssh-ed25519', plainBlob(encode(P - 2n, 0)))).type).toBe(
      'ssh-ed25519',
    );
  });
});
