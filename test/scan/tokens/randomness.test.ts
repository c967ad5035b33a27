import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { looksRandom } from '../../../core/scan/tokens/randomness/random.ts';

const alphabets = {
  hex: '0123456789abcdef',
  'lower case and digits': 'abcdefghijklmnopqrstuvwxyz0123456789',
  'letters and digits': 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
};

/** Drawn by a hash, so that each run draws the same. */
function draw(alphabet: string, length: number, turn: number): string {
  const bytes = createHash('shake256', { outputLength: length * 2 }).update(
    `${alphabet} ${length} ${turn}`,
  );
  const drawn = bytes.digest();
  return Array.from(
    { length },
    (_, at) => alphabet[drawn.readUInt16BE(at * 2) % alphabet.length],
  ).join('');
}

describe('what looks random', () => {
  for (const [name, alphabet] of Object.entries(alphabets)) {
    it.each([20, 32, 40, 64])(`${name}, %i characters: 97 of 100 and more`, (length) => {
      const values = Array.from({ length: 500 }, (_, turn) => draw(alphabet, length, turn));
      expect(values.filter(looksRandom).length).toBeGreaterThanOrEqual(485);
    });
  }

  it.each(['3f2a9c1e-7b4d-4e8a-9c15-d2b6f0a4e871', 'k8Jq2vXz0bN4wRt6Yp1L==', 'qzxjvkwpbgfhtm'])(
    'made up: %s',
    (value) => expect(looksRandom(value)).toBe(true),
  );

  it.each([
    'getUserPasswordFromConfig2',
    'my-secret-token-name-2024',
    'kubernetes.io/service-account-token',
    'com.example.app.SecretKeyProvider',
    'SINGLE_NODE_MULTI_WRITER',
    'prod_api_key_v2_2023',
    '1234567890abcdef1234567890abcdef',
    'abcdefghijklmnopqrstuvwxyz123456',
    '00000000-0000-0000-0000-000000000000',
    'aaaaaaaaaaaaaaaaaaaaaaaa',
    'abababababababababababab',
    '98765432109876543210',
    '20231224153000123456',
    'short1',
    '',
  ])('not %s', (value) => expect(looksRandom(value)).toBe(false));
});
