import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scanFile } from '../../core/scan/scan-file.ts';
import { findAssets } from '../../tools/assets.ts';
import { sealInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';

/** 200 of each with EDGESEAL_LONG=1; a few, otherwise. */
const count = process.env['EDGESEAL_LONG'] === undefined ? 12 : 200;
const folder = mkdtempSync(join(tmpdir(), 'edgeseal-sealed-'));

// What SOPS was given is plaintext.
afterAll(() => rmSync(folder, { recursive: true }));

const alarms = async (path: string, text: string | Uint8Array): Promise<string[]> => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return (await scanFile(path, bytes)).map(({ line, rule }) => `${path}:${line} ${rule}`);
};
const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');

/** Made up, and as different as people's are. */
const manifest = (turn: number): string => {
  const items = Array.from({ length: 1 + (turn % 5) }, (_, i) => {
    const name = ['password', 'token', 'api-key', 'tls.key', '.dockerconfigjson'][(turn + i) % 5]!;
    return `  ${name}: ${JSON.stringify(`made-up ${turn}.${i} `.repeat(1 + ((turn * 7) % 60)))}\n`;
  });
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db-${turn}\n  namespace: production\nstringData:\n${items.join('')}`;
};

describe('sealed files raise no alarm', () => {
  it('of edgeseal', async () => {
    const ws = await makeWorkspace();
    const found: string[] = [];
    for (let turn = 0; turn < count; turn += 1) {
      const name = `production/db-${turn}`;
      await sealInto(ws, name, {
        password: `made-up ${turn}`,
        'api-token': 'x'.repeat(turn * 9 + 1),
      });
      found.push(...(await alarms(`secrets/${name}.yaml`, ws.read(`secrets/${name}.yaml`))));
    }
    expect(found).toEqual([]);
  }, 300_000);

  for (const name of [
    'sealed-secret.yaml',
    'sealed-secret.json',
    'sops.yaml',
    'sops.json',
    'sops.env',
    'sops.ini',
    'sops-binary.json',
    'age.txt',
  ]) {
    it(`as a real program has written it: ${name}`, async () => {
      expect(await alarms(name, fixture(name))).toEqual([]);
    });
  }

  const { programs: bitnami } = findAssets('sealed-secrets');
  it.skipIf(bitnami['kubeseal'] === undefined)(
    'of kubeseal (npm run assets -- sealed-secrets)',
    async () => {
      const certificate = join(folder, 'peer.crt');
      const request = [
        'req',
        '-x509',
        '-newkey',
        'rsa:4096',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=test',
      ];
      execFileSync(
        'openssl',
        [...request, '-keyout', join(folder, 'peer.key'), '-out', certificate],
        { stdio: 'pipe' },
      );
      const found: string[] = [];
      for (let turn = 0; turn < count; turn += 1) {
        const format = turn % 3 === 0 ? 'json' : 'yaml';
        const args = ['--cert', certificate, '-o', format];
        const text = execFileSync(bitnami['kubeseal']!, args, {
          input: manifest(turn),
          encoding: 'utf8',
        });
        expect(text).toContain('encryptedData');
        found.push(...(await alarms(`deploy/${turn}.${format}`, text)));
      }
      expect(found).toEqual([]);
    },
    300_000,
  );

  const { programs: sops } = findAssets('sops');
  const { programs: age } = findAssets('age');
  const missing = sops['sops'] === undefined || age['age-keygen'] === undefined;
  it.skipIf(missing)(
    'of SOPS (npm run assets -- sops age)',
    async () => {
      const keys = execFileSync(age['age-keygen']!, { encoding: 'utf8', stdio: 'pipe' });
      const recipient = /public key: (\S+)/.exec(keys)![1]!;
      const types = ['yaml', 'json', 'dotenv', 'ini', 'binary'];
      const found: string[] = [];
      for (let turn = 0; turn < count; turn += 1) {
        const type = types[turn % 5]!;
        const plain: Record<string, string> = {
          yaml: manifest(turn),
          json: `{"db":{"password":"made-up ${turn}","token":["made-up"]}}`,
          dotenv: `DB_PASSWORD=made-up-${turn}\nAPI_TOKEN=made-up\n`,
          ini: `[db]\npassword = made-up-${turn}\n`,
          binary: `made up ${turn}`,
        };
        const file = join(folder, `${turn}.txt`);
        writeFileSync(file, plain[type]!);
        const args = [
          'encrypt',
          '--age',
          recipient,
          '--input-type',
          type,
          '--output-type',
          turn % 2 === 0 ? type : 'json',
          file,
        ];
        const partly = type === 'yaml' ? ['--encrypted-regex', '^(data|stringData)$'] : [];
        const text = execFileSync(
          sops['sops']!,
          [...args.slice(0, 1), ...partly, ...args.slice(1)],
          { encoding: 'utf8' },
        );
        const ending = { dotenv: 'env', binary: 'json' }[type] ?? type;
        expect(text).toContain('ENC[');
        found.push(...(await alarms(`sealed/${turn}.${ending}`, text)));
      }
      expect(found).toEqual([]);
    },
    300_000,
  );
});

describe('what stands in a sealed file in plaintext', () => {
  it('is found beside ciphertext of SOPS', async () => {
    const text = fixture('sops.yaml').replace(/^ {4}password: .*$/m, '    password: made-up');
    expect(await alarms('a.yaml', text)).toEqual([expect.stringMatching(/ kubernetes-secret$/)]);
  });

  it('is found in a SealedSecret', async () => {
    const text = fixture('sealed-secret.yaml').replace(/^( {4}password: ).*$/m, '$1made-up');
    expect(await alarms('a.yaml', text)).toEqual([expect.stringMatching(/ embedded-secret$/)]);
  });

  it('is found in an EdgeSecret', async () => {
    const ws = await makeWorkspace();
    await sealInto(ws, 'production/db', { password: 'made-up' });
    const text = ws.read('secrets/production/db.yaml');
    const noted = `${text}# postgres://app:M4de-Up-1@db/app\n`;
    expect(await alarms('secrets/production/db.yaml', noted)).toEqual([
      expect.stringMatching(/ url-password$/),
    ]);
  });
});
