import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isEdgesealError } from '../../core/errors.ts';
import { formatSshPublicKey, parseSshPublicKey } from '../../core/trust/ssh-key.ts';
import { parseSshsig, splitSshsigs, verifySshsig, verifySshsigs } from '../../core/trust/sshsig.ts';
import {
  armor,
  ed25519Pair,
  opensshAccepts,
  plainBlob,
  plainSigner,
  skBlob,
  skSigner,
  sshsigBlob,
  str,
} from './ssh-fixtures.ts';
import type { Parts } from './ssh-fixtures.ts';

const NAMESPACE = 'secret@edgeseal.dev';
const MESSAGE = Buffer.from('a statement, made up for this test\n');

let directory: string;
let armored: string;
let publicLine: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'edgeseal-test-'));
  const key = join(directory, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
  publicLine = readFileSync(`${key}.pub`, 'utf8').trim();
  armored = keygenSign(MESSAGE, NAMESPACE);
});
afterAll(() => rmSync(directory, { recursive: true }));

function keygenSign(message: Uint8Array, namespace: string, ...options: string[]): string {
  const args = ['-Y', 'sign', '-q', '-f', join(directory, 'key'), '-n', namespace, ...options];
  return execFileSync('ssh-keygen', args, { input: message, encoding: 'utf8' });
}

function blobOf(text: string): Buffer {
  return Buffer.from(text.replaceAll(/-----.*-----/g, ''), 'base64');
}

type Verdict = 'accepted' | 'refused' | 'malformed';

function verdict(text: string, message: Uint8Array = MESSAGE, namespace = NAMESPACE): Verdict {
  try {
    return verifySshsig(text, message, namespace) === undefined ? 'refused' : 'accepted';
  } catch (error) {
    if (isEdgesealError(error, 'format-ssh')) return 'malformed';
    throw error;
  }
}

describe('what ssh-keygen -Y sign makes', () => {
  it('is accepted, with its key', () => {
    const key = verifySshsig(armored, MESSAGE, NAMESPACE);
    if (key === undefined) throw new Error('refused');
    expect(formatSshPublicKey(key)).toBe(formatSshPublicKey(parseSshPublicKey(publicLine)));
    expect(verdict(armored.trimEnd())).toBe('accepted');
  });

  it('is parsed', () => {
    const { namespace, reserved, hashAlgorithm, signature, device } = parseSshsig(armored);
    expect({ namespace, hashAlgorithm, device }).toEqual({
      namespace: NAMESPACE,
      hashAlgorithm: 'sha512',
    });
    expect(reserved).toHaveLength(0);
    expect(signature).toHaveLength(64);
  });

  it.each([0, 1, 111, 112, 128, 100_000])('over %i bytes is accepted', (size) => {
    const message = Buffer.alloc(size, 0xa5);
    expect(verdict(keygenSign(message, NAMESPACE), message)).toBe('accepted');
  });

  it('is refused for another message or namespace', () => {
    expect(verdict(armored, Buffer.concat([MESSAGE, Buffer.from('x')]))).toBe('refused');
    expect(verdict(armored, Buffer.alloc(0))).toBe('refused');
    for (const other of ['root@edgeseal.dev', 'secret@edgeseal.de', 'Secret@edgeseal.dev', '']) {
      expect(verdict(armored, MESSAGE, other)).toBe('refused');
    }
  });

  it('with sha256 or another kind of key is malformed, and the hint says what to do', () => {
    const sha256 = keygenSign(MESSAGE, NAMESPACE, '-O', 'hashalg=sha256');
    expect(() => parseSshsig(sha256)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('hashalg=sha512') as string }),
    );
    const rsa = join(directory, 'rsa');
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', rsa]);
    const signed = execFileSync('ssh-keygen', ['-Y', 'sign', '-q', '-f', rsa, '-n', NAMESPACE], {
      input: MESSAGE,
      encoding: 'utf8',
    });
    expect(() => parseSshsig(signed)).toThrow(expect.objectContaining({ code: 'format-ssh' }));
  });
});

describe('one bit flipped', () => {
  it('at any position of the blob: never accepted', () => {
    const blob = blobOf(armored);
    for (let position = 0; position < blob.length; position += 1) {
      const changed = Buffer.from(blob);
      changed[position] = (changed[position] ?? 0) ^ (1 << (position % 8));
      expect(verdict(armor(changed)), `byte ${String(position)}`).not.toBe('accepted');
    }
  });

  it('at any character of the text: never accepted', () => {
    for (let position = 0; position < armored.length - 1; position += 1) {
      const code = armored.charCodeAt(position) ^ 1;
      const text =
        armored.slice(0, position) + String.fromCharCode(code) + armored.slice(position + 1);
      expect(verdict(text), `character ${String(position)}`).not.toBe('accepted');
    }
  });

  it('what ssh-keygen refuses, so do we', () => {
    const blob = blobOf(armored);
    for (let position = 0; position < blob.length; position += 5) {
      const changed = Buffer.from(blob);
      changed[position] = (changed[position] ?? 0) ^ 0x80;
      const theirs = opensshAccepts(directory, armor(changed), MESSAGE, NAMESPACE);
      expect(theirs, `byte ${String(position)}`).toBe(verdict(armor(changed)) === 'accepted');
    }
    expect(opensshAccepts(directory, armored, MESSAGE, NAMESPACE)).toBe(true);
  });
});

describe('structure', () => {
  const pair = ed25519Pair();
  const key = plainBlob(pair.raw);
  const signature = plainSigner(pair);
  const build = (parts: Partial<Parts> = {}) =>
    armor(sshsigBlob({ key, namespace: NAMESPACE, message: MESSAGE, signature, ...parts }));

  it('a signature built from the specification is accepted by both', () => {
    expect(verdict(build())).toBe('accepted');
    expect(opensshAccepts(directory, build(), MESSAGE, NAMESPACE)).toBe(true);
  });

  it.each<[string, Verdict, () => string]>([
    ['other preamble', 'malformed', () => build({ magic: 'SSHSIH' })],
    ['version 0', 'malformed', () => build({ version: 0 })],
    ['version 2', 'malformed', () => build({ version: 2 })],
    ['empty namespace', 'malformed', () => build({ namespace: '' })],
    ['NUL in the namespace', 'malformed', () => build({ namespace: `${NAMESPACE}\0x` })],
    ['sha256', 'malformed', () => build({ hash: 'sha256' })],
    ['trailing bytes', 'malformed', () => build({ tail: 'x' })],
    ['trailing bytes in the key', 'malformed', () => build({ key: Buffer.concat([key, str('')]) })],
    [
      'trailing bytes in the signature',
      'malformed',
      () => build({ signature: (signed) => Buffer.concat([signature(signed), Buffer.from([0])]) }),
    ],
    [
      'signature of another type than the key',
      'malformed',
      () => build({ signature: skSigner(pair) }),
    ],
    [
      'short signature',
      'malformed',
      () => build({ signature: () => Buffer.concat([str('ssh-ed25519'), str(Buffer.alloc(63))]) }),
    ],
    ['longer than 4 KiB', 'malformed', () => build({ reserved: 'x'.repeat(4000) })],
    ['another signer', 'refused', () => build({ signature: plainSigner(ed25519Pair()) })],
    ['another key', 'refused', () => build({ key: plainBlob(ed25519Pair().raw) })],
    ['a key that is no point', 'refused', () => build({ key: plainBlob(Buffer.alloc(32, 2)) })],
  ])('%s: %s', (name, expected, make) => {
    expect(verdict(make())).toBe(expected);
    // Where we are stricter, ssh-keygen's verdict may depend on its version.
    if (!['sha256', 'version 0', 'longer than 4 KiB'].includes(name)) {
      expect(opensshAccepts(directory, make(), MESSAGE, NAMESPACE)).toBe(false);
    }
  });

  it('what is reserved is ignored, but covered by the signature', () => {
    const reserved = build({ reserved: 'tag' });
    expect(verdict(reserved)).toBe('accepted');
    const [from, to] = [str('tag'), str('tug')].map((part) => part.toString('latin1'));
    const changed = blobOf(reserved)
      .toString('latin1')
      .replace(from ?? '', to ?? '');
    expect(verdict(armor(Buffer.from(changed, 'latin1')))).toBe('refused');
  });

  it('S >= L, the other spelling of a signature, is refused, though OpenSSH 9.2 takes it', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const raised = build({
      signature: (signed) => {
        const made = signature(signed);
        const s = BigInt(`0x${Buffer.from(made.subarray(-32)).reverse().toString('hex')}`) + order;
        Buffer.from(s.toString(16).padStart(64, '0'), 'hex')
          .reverse()
          .copy(made, made.length - 32);
        return made;
      },
    });
    expect(verdict(raised)).toBe('refused');
  });

  it('a key of small order, for which anybody can sign anything, is refused', () => {
    const identity = Buffer.alloc(32);
    identity[0] = 1;
    // R = identity, S = 0: S*B = R + k*A holds for every message, and OpenSSH 9.2 takes it.
    const forgery = Buffer.concat([identity, Buffer.alloc(32)]);
    const inner = Buffer.concat([str('ssh-ed25519'), str(forgery)]);
    const forged = build({ key: plainBlob(identity), signature: () => inner });
    expect(verdict(forged)).toBe('malformed');
  });
});

describe('the armor', () => {
  const wrap = (width: number, text = armored) =>
    `-----BEGIN SSH SIGNATURE-----\n${(
      blobOf(text)
        .toString('base64')
        .match(new RegExp(`.{1,${String(width)}}`, 'g')) ?? []
    ).join('\n')}\n-----END SSH SIGNATURE-----\n`;

  it.each([1, 64, 76])('in lines of %i is accepted', (width) => {
    expect(verdict(wrap(width))).toBe('accepted');
  });

  it.each<[string, (text: string) => string]>([
    ['empty', () => ''],
    ['lines of 77', () => wrap(77)],
    ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
    ['text before', (text) => ` ${text}`],
    ['newline before', (text) => `\n${text}`],
    ['byte order mark', (text) => `\ufeff${text}`],
    ['text after', (text) => `${text}x`],
    ['second newline after', (text) => `${text}\n`],
    ['blank line', (text) => text.replace('\n', '\n\n')],
    ['space at a line end', (text) => text.replace('\nU', ' \nU')],
    ['space in a line', (text) => text.replace('U1N', 'U1 N')],
    ['padding inside', (text) => text.replace('U1NIU0lH', 'U1NIU0==')],
    ['padding left out', (text) => text.replace(/=+\n/, '\n')],
    ['padding added', (text) => text.replace('\n-----END', '=\n-----END')],
    ['base64url', (text) => text.replace('U1N', '_1N')],
    ['no END line', (text) => text.replace(/-----END.*/, '')],
    ['END of something else', (text) => text.replace('END SSH SIGNATURE', 'END PGP SIGNATURE')],
    ['two signatures', (text) => text + text],
    ['nothing inside', () => '-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n'],
  ])('%s: malformed', (name, change) => {
    const changed = change(armored);
    if (name === 'padding left out' && changed === armored) return;
    expect(verdict(changed)).toBe('malformed');
  });

  it('cut off anywhere is malformed', () => {
    for (let length = 0; length < armored.length - 1; length += 1) {
      expect(verdict(armored.slice(0, length)), String(length)).toBe('malformed');
    }
  });
});

describe('a FIDO key', () => {
  const pair = ed25519Pair();
  const build = (signature: Parts['signature'], key = skBlob(pair.raw)) =>
    armor(sshsigBlob({ key, namespace: NAMESPACE, message: MESSAGE, signature }));
  const both = (text: string) => [
    verdict(text),
    opensshAccepts(directory, text, MESSAGE, NAMESPACE),
  ];

  it('that was touched is accepted by both', () => {
    expect(both(build(skSigner(pair)))).toEqual(['accepted', true]);
    expect(both(build(skSigner(pair, 0x05, 2 ** 32 - 1)))).toEqual(['accepted', true]);
    expect(parseSshsig(build(skSigner(pair))).device).toEqual({ flags: 1, counter: 7 });
  });

  it('that was not touched is refused, though ssh-keygen leaves that to its caller', () => {
    expect(verdict(build(skSigner(pair, 0x00)))).toBe('refused');
    expect(verdict(build(skSigner(pair, 0x04)))).toBe('refused');
  });

  it('is refused with flags, counter or application changed afterwards', () => {
    const changed = (position: number) =>
      build((signed) => {
        const made = skSigner(pair, 0)(signed);
        made[made.length + position] = (made[made.length + position] ?? 0) ^ 1;
        return made;
      });
    expect(both(changed(-5))).toEqual(['refused', false]);
    expect(both(changed(-1))).toEqual(['refused', false]);
    const elsewhere = build(skSigner(pair, 1, 7, 'ssh:other'));
    expect(both(elsewhere)).toEqual(['refused', false]);
    expect(both(build(skSigner(pair, 1, 7, 'ssh:other'), skBlob(pair.raw, 'ssh:other')))).toEqual([
      'accepted',
      true,
    ]);
  });

  it('cannot be passed off as a plain key, nor the other way round', () => {
    expect(verdict(build(plainSigner(pair)))).toBe('malformed');
    expect(verdict(build(skSigner(pair), plainBlob(pair.raw)))).toBe('malformed');
    const renamed = (signed: Buffer) => {
      const inner = skSigner(pair)(signed).subarray(4 + 26 + 4, 4 + 26 + 4 + 64);
      return Buffer.concat([str('ssh-ed25519'), str(inner)]);
    };
    expect(verdict(build(renamed, plainBlob(pair.raw)))).toBe('refused');
  });

  it('with a cut assertion is malformed', () => {
    for (let cut = 1; cut <= 5; cut += 1) {
      const text = build((signed) => skSigner(pair)(signed).subarray(0, -cut));
      expect(verdict(text)).toBe('malformed');
    }
  });
});

describe('a .sig file', () => {
  const make = (pair = ed25519Pair(), reserved = '') =>
    armor(
      sshsigBlob({
        key: plainBlob(pair.raw),
        namespace: NAMESPACE,
        reserved,
        message: MESSAGE,
        signature: plainSigner(pair),
      }),
    );

  it('yields each valid signer once, in order', () => {
    const pairs = [ed25519Pair(), ed25519Pair()] as const;
    const [a, b] = [make(pairs[0]), make(pairs[1])];
    const keys = verifySshsigs(a + b + a, MESSAGE, NAMESPACE);
    expect(keys.map((key) => Buffer.from(key.raw))).toEqual([pairs[0].raw, pairs[1].raw]);
    expect(verifySshsigs(a + b, Buffer.from('x'), NAMESPACE)).toEqual([]);
    expect(verifySshsigs('', MESSAGE, NAMESPACE)).toEqual([]);
  });

  it('is split without losing a byte', () => {
    const text = make() + make() + make().trimEnd();
    expect(splitSshsigs(text)).toHaveLength(3);
    expect(splitSshsigs(text).join('')).toBe(text);
  });

  it.each<[string, () => string]>([
    ['text before', () => `x${make()}`],
    ['text between', () => `${make()}x${make()}`],
    ['blank line between', () => `${make()}\n${make()}`],
    ['text after', () => `${make()}x`],
    ['no newline between', () => make().trimEnd() + make()],
    ['a comment', () => `# made up\n${make()}`],
    ['one cut off', () => make() + make().slice(0, 100)],
    ['one malformed', () => make() + armor(Buffer.from('SSHSIG'))],
    ['65 signatures', () => make().repeat(65)],
  ])('with %s is malformed', (_name, text) => {
    expect(() => verifySshsigs(text(), MESSAGE, NAMESPACE)).toThrow(
      expect.objectContaining({ code: 'format-ssh' }),
    );
  });

  it('with more than 64 KiB is too large', () => {
    const text = make(ed25519Pair(), 'x'.repeat(2500)).repeat(20);
    expect(() => verifySshsigs(text, MESSAGE, NAMESPACE)).toThrow(
      expect.objectContaining({ code: 'input-too-large' }),
    );
  });

  it('may hold 64 signatures, or long ones', () => {
    const long = make(ed25519Pair(), 'x'.repeat(2500)).repeat(15);
    expect(verifySshsigs(long, MESSAGE, NAMESPACE)).toHaveLength(1);
    expect(verifySshsigs(make().repeat(64), MESSAGE, NAMESPACE)).toHaveLength(1);
  });

  it('more keys than are remembered verify all the same', () => {
    for (let count = 0; count < 300; count += 1) expect(verdict(make())).toBe('accepted');
    expect(verdict(armored)).toBe('accepted');
  });
});
