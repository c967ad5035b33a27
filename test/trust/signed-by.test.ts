import { describe, expect, it } from 'vitest';
import { countSigners, signatureText, validSignatures } from '../../core/trust/signed-by.ts';
import { armor, ed25519Pair, plainBlob, plainSigner, sshsigBlob } from './ssh-fixtures.ts';
import type { Pair } from './ssh-fixtures.ts';

const NAMESPACE = 'snapshot@edgeseal.dev';
const MESSAGE = Buffer.from('a snapshot, made up for this test\n');

const pairs = [ed25519Pair(), ed25519Pair(), ed25519Pair()] as const;

function signature(pair: Pair, message: Uint8Array = MESSAGE, namespace = NAMESPACE): string {
  const key = plainBlob(pair.raw);
  return armor(sshsigBlob({ key, namespace, message, signature: plainSigner(pair) }));
}

const [a, b, c] = pairs.map((pair) => signature(pair)) as [string, string, string];

const found = (text: string): Buffer[] =>
  validSignatures(text, MESSAGE, NAMESPACE).map(({ key }) => Buffer.from(key.raw));

describe('of signatures that are collected, each is judged alone', () => {
  it('and counts once a key', () => {
    expect(found(a + b + a + c)).toEqual(pairs.map(({ raw }) => raw));
    expect(found('')).toEqual([]);
  });

  const malformed = armor(Buffer.from('SSHSIG'));
  it.each<[string, string]>([
    ['malformed', malformed],
    ['over other bytes', signature(pairs[1], Buffer.from('another'))],
    ['for another use', signature(pairs[1], MESSAGE, 'root@edgeseal.dev')],
    ['cut off', b.slice(0, 100)],
    ['without a beginning', b.slice(40)],
    ['with line ends of another system', b.replaceAll('\n', '\r\n')],
    ['above 4 KiB', b.replace('\n', `\n${`${'A'.repeat(70)}\n`.repeat(70)}`)],
    ['with words of a merge around it', `<<<<<<< ours\n=======\n`],
    ['empty', '-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n'],
    ['one of many alike', malformed.repeat(200)],
  ])('one that is %s hides none of the others', (_name, spoiled) => {
    expect(found(spoiled + a + spoiled + c + spoiled)).toEqual([pairs[0].raw, pairs[2].raw]);
  });

  it('and what comes of it is a file in which nothing is malformed', () => {
    const text = signatureText(
      validSignatures(`x${malformed}${a.trimEnd()}${c}`, MESSAGE, NAMESPACE),
    );
    expect(text).toBe(a + c);
    const keys = pairs.map(({ raw }) => `ssh-ed25519 ${plainBlob(raw).toString('base64')}`);
    expect(countSigners({ keys, threshold: 1 }, text, MESSAGE, NAMESPACE)).toBe(2);
  });

  it('up to 64 KiB, and not at all above', () => {
    expect(found(a + 'x'.repeat(65_536 - a.length))).toEqual([pairs[0].raw]);
    expect(found(a + 'x'.repeat(65_537 - a.length))).toEqual([]);
  });
});
