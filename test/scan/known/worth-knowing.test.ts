import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { decodeParts, encodePart } from '../../../core/scan/known/known-file.ts';
import { KnownKey } from '../../../core/scan/known/known-key.ts';
import { KnownValues } from '../../../core/scan/known/known-values.ts';
import { worthKnowing } from '../../../core/scan/known/worth-knowing.ts';

const parts = (item: string, value: string | Buffer): string[] =>
  worthKnowing(item, Buffer.from(value)).map((part) => part.toString());

/** Lines of a text in which the values of some items are known again. */
function linesWith(items: Record<string, string>, text: string): number[] {
  const { key } = KnownKey.generate();
  const learning = new KnownValues(key, []);
  const entries = Object.entries(items).flatMap(([item, value]) =>
    learning.learn('made-up/up', item, Buffer.from(value)),
  );
  // As it is read again.
  const file = encodePart(key, { entries, forgotten: [] });
  const known = new KnownValues(key, decodeParts(key, file).parts);
  return known.find(Buffer.from(text)).map(({ line }) => line);
}

it.each([
  ['username', 'admin'],
  ['username', 'database-user'],
  ['host', 'db.internal.example.com:5432'],
  ['port', '5432'],
  ['endpoint', 'https://api.example.com/v1/things'],
  ['from', 'someone@example.com'],
  ['enabled', 'true'],
  ['region', 'eu-central-1'.replace('-1', '')],
  ['file', '/etc/app/config.yaml'],
  ['version', '1.22.333'],
  ['date', '2026-01-02T03:04:05Z'],
  ['password', 'abc12'],
  ['password', 'changeme'],
  ['password', '{{ .Values.password }}'],
  ['password', 'xxxxxxxxxxxxxxxx'],
  ['password', '123456'],
])('leaves out %s: %s, which stands in many files', (item, value) => {
  expect(parts(item, value)).toEqual([]);
});

it.each([
  ['password', 'made-up-1'],
  ['password', 'correct horse battery staple'],
  ['password', 'hunter2'],
  ['username', 'svc-7f3a91'],
  ['api-key', 'madeupmadeup'],
])('knows %s: %s', (item, value) => {
  expect(parts(item, ` ${value}\n`)).toEqual([value]);
});

it('knows a private key by lines of it, however it is indented or encoded, and no certificate', () => {
  const pem = (): string =>
    generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString();
  const key = pem();
  const indented = key.replaceAll('\n', '\n    ');
  const known = (text: string): number => linesWith({ 'tls.key': key }, text).length;
  for (const text of [key, indented, JSON.stringify(key), Buffer.from(key).toString('base64')])
    expect(known(text)).toBeGreaterThan(0);
  expect(known(pem())).toBe(0);
  expect(parts('tls.crt', key.replaceAll('PRIVATE KEY', 'CERTIFICATE'))).toEqual([]);
});

it('knows what is secret in a configuration, and not what is around it', () => {
  const config = '[database]\nhost = db.example.com\npassword = made-up-1f83b2\nname = orders\n';
  expect(parts('app.ini', config)).toEqual(['made-up-1f83b2']);
  const docker = JSON.stringify({
    auths: { 'registry.example.com': { username: 'ci', password: 'made-up-0a1b2c3d' } },
  });
  expect(linesWith({ '.dockerconfigjson': docker }, '\n--password=made-up-0a1b2c3d\n')).toEqual([
    2,
  ]);
  expect(linesWith({ '.dockerconfigjson': docker }, 'registry.example.com\nauths\n')).toEqual([]);
});

it('takes raw bytes that are long enough', () => {
  const raw = Buffer.from('00ff81fe'.repeat(8), 'hex');
  expect(worthKnowing('key', raw)).toEqual([raw]);
  expect(worthKnowing('key', raw.subarray(0, 8))).toEqual([]);
});

it('places what it finds, and forgets what it is told to', () => {
  const { key } = KnownKey.generate();
  const entries = new KnownValues(key, []).learn(
    'made-up/up',
    'password',
    Buffer.from('made-up-äöü-1'),
  );
  const text = Buffer.from('one\r\n  "ß𝒳", made-up-äöü-1\nmade-up-äöü-1');
  expect(
    new KnownValues(key, [{ entries, forgotten: [] }])
      .find(text)
      .map(({ line, column, masked, rule }) => [line, column, masked, rule]),
  ).toEqual([
    [2, 10, '****', 'known-value'],
    [3, 1, '****', 'known-value'],
  ]);
  const forgotten = entries.map((entry) => entry.value);
  const known = new KnownValues(key, [
    { entries, forgotten: [] },
    { entries: [], forgotten },
  ]);
  expect([known.find(text), known.isEmpty]).toEqual([[], true]);
  expect(known.learn('made-up/up', 'password', Buffer.from('made-up-äöü-1'))).toEqual([]);
});

it('finds nothing with another key, and needs one bit of another to find another', () => {
  const { key } = KnownKey.generate();
  const entries = new KnownValues(key, []).learn(
    'made-up/up',
    'password',
    Buffer.from('made-up-value-1'),
  );
  const text = Buffer.from('made-up-value-1');
  const other = new KnownValues(KnownKey.generate().key, [{ entries, forgotten: [] }]);
  expect(other.find(text)).toEqual([]);
  for (let i = 0; i < text.length; i += 1) {
    const changed = Buffer.from(text);
    changed[i]! ^= 1;
    expect(new KnownValues(key, [{ entries, forgotten: [] }]).find(changed)).toEqual([]);
  }
});

it('tries few of many values that begin and end alike', () => {
  const { key } = KnownKey.generate();
  const known = new KnownValues(key, []);
  const values = Array.from({ length: 2000 }, (_, i) => `made-up-${i * 7919}-of-the-test`);
  for (const value of values) known.learn('made-up/up', value, Buffer.from(value));
  let tries = 0;
  const window = key.window.bind(key);
  key.window = (text, at) => {
    tries += 1;
    return window(text, at);
  };
  const text = `${'made-up-x-of-the-test\n'.repeat(2000)}${values[1234]!}\n`;
  expect(known.find(Buffer.from(text)).map(({ line }) => line)).toEqual([2001]);
  // Not each of 2,000 values at each of 2,000 lines.
  expect(tries).toBeLessThan(200_000);
});
