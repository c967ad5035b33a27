import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { scanFile } from '../../core/scan/scan-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'edgeseal-store-'));
const file = (name: string): string => join(folder, name);
const openssl = (...args: string[]): void => {
  execFileSync('openssl', args, { stdio: 'pipe' });
};
const rules = async (path: string, bytes: Uint8Array): Promise<string[]> =>
  (await scanFile(path, bytes)).map(({ rule, line }) => `${line} ${rule}`);

beforeAll(() => {
  openssl('genpkey', '-algorithm', 'ED25519', '-out', file('key.pem'));
  const request = ['-x509', '-key', file('key.pem'), '-subj', '/CN=test', '-days', '2'];
  openssl('req', ...request, '-out', file('crt.pem'));
  const pair = ['-inkey', file('key.pem'), '-in', file('crt.pem'), '-passout', 'pass:made-up'];
  openssl('pkcs12', '-export', ...pair, '-out', file('store.p12'));
  openssl('pkey', '-in', file('key.pem'), '-outform', 'DER', '-out', file('key.der'));
  openssl('genrsa', '-traditional', '-out', file('rsa.pem'), '2048');
  openssl(
    'rsa',
    '-in',
    file('rsa.pem'),
    '-traditional',
    '-outform',
    'DER',
    '-out',
    file('rsa.der'),
  );
  openssl('x509', '-in', file('crt.pem'), '-outform', 'DER', '-out', file('crt.der'));
});

describe('files of keys', () => {
  it('are found by their structure, whatever their name', async () => {
    for (const name of ['store.p12', 'key.der', 'rsa.der']) {
      expect([name, await rules('assets/logo.png', readFileSync(file(name)))]).toEqual([
        name,
        ['1 key-store'],
      ]);
    }
    for (const magic of ['feedfeed00000002', 'cececece00000002', 'feedfeed00000001']) {
      const bytes = Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(40, 7)]);
      expect(await rules('a.bin', bytes)).toEqual(['1 key-store']);
    }
    expect(await rules('a.bks', Buffer.from('000000020000001400', 'hex'))).toEqual(['1 key-store']);
  });

  it('are found in armour as they were made', async () => {
    expect(await rules('a', readFileSync(file('key.pem')))).toEqual(['1 private-key']);
    expect(await rules('a.txt', readFileSync(file('rsa.pem')))).toEqual(['1 private-key']);
    const store = readFileSync(file('store.p12')).toString('base64');
    const map = `apiVersion: v1\nkind: ConfigMap\nbinaryData:\n  store: ${store}\n`;
    expect(await rules('a.yaml', Buffer.from(map))).toEqual(['4 key-store']);
  });

  it('are not certificates, pictures, or what is encrypted as a whole', async () => {
    const png = Buffer.concat([
      Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
      Buffer.alloc(99),
    ]);
    expect(await rules('a.der', readFileSync(file('crt.der')))).toEqual([]);
    expect(await rules('a.pem', readFileSync(file('crt.pem')))).toEqual([]);
    expect(await rules('a.png', png)).toEqual([]);
    expect(await rules('a', Buffer.from([0x30]))).toEqual([]);
    const sealed = Buffer.from('\0GITCRYPT\0-----BEGIN PRIVATE KEY-----');
    expect(await rules('secrets.yaml', sealed)).toEqual([]);
  });
});
