import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateRegionKey } from '../../core/crypto/region-key.ts';
import { parseYaml } from '../../core/format/yaml.ts';
import { readKubernetesSecrets } from '../../core/format/kubernetes-secret.ts';
import { put, sealInto, sealedIn, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';

const ws = await makeWorkspace();
const db = 'production/database-credentials';

beforeAll(async () => {
  // All values here are made up.
  await sealInto(ws, db, {
    username: 'made-up-user',
    password: 'made-up-pässword',
    'keystore.bin': Uint8Array.from([0, 1, 2, 255]),
  });
  await sealInto(ws, 'production/per-region', { token: 'made-up-base', common: 'made-up-common' });
  await setInto(ws, 'production/per-region', { token: 'made-up-west' }, { regions: ['us-west'] });
  await sealInto(ws, 'production/eu-only', { a: 'made-up' }, { regions: ['eu-central'] });
  await sealInto(ws, 'production/unsigned', { a: 'made-up' }, { sign: false });
});
afterAll(() => {
  ws.remove();
});

it('prints a manifest that seals to the same Secret again', async () => {
  const { code, stdout, stderr } = await ws.cli(['unseal', db, '--key', ws.keyFile('us-east')]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('username: made-up-user');
  const [secret] = readKubernetesSecrets(parseYaml(stdout));
  expect(Buffer.from(secret!.items.get('password')!.reveal()).toString()).toBe('made-up-pässword');
  expect([...secret!.items.get('keystore.bin')!.reveal()]).toEqual([0, 1, 2, 255]);
  expect(secret!.namespace).toBe('production');
});

it('prints JSON', async () => {
  const args = ['unseal', db, '--key', ws.keyFile('us-east'), '--output', 'json'];
  const json = JSON.parse((await ws.cli(args)).stdout) as Record<string, unknown>;
  expect(json['stringData']).toEqual({ username: 'made-up-user', password: 'made-up-pässword' });
  expect(json['data']).toEqual({ 'keystore.bin': 'AAEC/w==' });
});

it('prints the bytes of one item and nothing else', async () => {
  const args = ['unseal', db, '--key', ws.keyFile('recovery'), '--item'];
  expect((await ws.cli([...args, 'username'])).stdout).toBe('made-up-user');
  const missing = await ws.cli([...args, 'nothing']);
  expect(missing).toMatchObject({ code: 2, stdout: '' });
  expect(missing.stderr).toContain('its items are: keystore.bin, password, username');
});

it('shows with the recovery key what a region gets, and asks which where that differs', async () => {
  const args = [
    'unseal',
    'production/per-region',
    '--key',
    ws.keyFile('recovery'),
    '--item',
    'token',
  ];
  const unclear = await ws.cli(args);
  expect(unclear).toMatchObject({ code: 2, stdout: '' });
  expect(unclear.stderr).toContain('--region eu-central|us-east|us-west');
  expect((await ws.cli([...args, '--region', 'us-west'])).stdout).toBe('made-up-west');
  expect((await ws.cli([...args, '--region', 'us-east'])).stdout).toBe('made-up-base');
});

it('takes the region from the key', async () => {
  const args = ['unseal', 'production/per-region', '--item', 'token', '--key'];
  expect((await ws.cli([...args, ws.keyFile('us-west')])).stdout).toBe('made-up-west');
  expect((await ws.cli([...args, ws.keyFile('us-east')])).stdout).toBe('made-up-base');
  const both = await ws.cli([...args, ws.keyFile('us-east'), '--key', ws.keyFile('us-west')]);
  expect(both.code).toBe(2);
});

it('says what is wrong with the key', async () => {
  expect((await ws.cli(['unseal', db])).code).toBe(2);
  expect((await ws.cli(['unseal', db, '--key', 'nowhere.key'])).code).toBe(2);
  const other = await ws.cli(['unseal', 'production/eu-only', '--key', ws.keyFile('us-east')]);
  expect(other).toMatchObject({ code: 4, stdout: '' });
  expect(other.stderr).toContain('it is sealed for: eu-central');
  const stranger = join(ws.folder, 'keys/stranger.key');
  writeFileSync(stranger, (await generateRegionKey()).line.reveal(), { mode: 0o600 });
  expect((await ws.cli(['unseal', db, '--key', stranger])).code).toBe(4);
  const forced = await ws.cli(['unseal', db, '--key', stranger, '--region', 'us-east']);
  expect(forced).toMatchObject({ code: 4, stdout: '' });
});

it('never repeats a line of a file that is no key', async () => {
  const file = join(ws.folder, 'keys/wrong.key');
  writeFileSync(file, 'made-up-passphrase-that-is-no-key\n', { mode: 0o600 });
  const { code, stderr } = await ws.cli(['unseal', db, '--key', file]);
  expect(code).toBe(2);
  expect(stderr).toContain('wrong.key:1');
  expect(stderr).not.toContain('made-up-passphrase');
});

it('warns of a key that others may read, and of values that nobody signed', async () => {
  const file = join(ws.folder, 'keys/open.key');
  copyFileSync(ws.keyFile('us-east'), file);
  chmodSync(file, 0o644);
  const open = await ws.cli(['unseal', db, '--key', file]);
  expect(open.code).toBe(0);
  expect(open.stderr).toContain('other users of this machine may read');
  const unsigned = await ws.cli(['unseal', 'production/unsigned', '--key', ws.keyFile('us-east')]);
  expect(unsigned.code).toBe(0);
  expect(unsigned.stderr).toContain('production/unsigned is not signed');
});

it('does not open a secret that was moved to another name', async () => {
  const sealed = sealedIn(ws, db);
  await put(
    ws,
    { ...sealed, metadata: { name: 'moved', namespace: 'production' } },
    { sign: false },
  );
  const moved = await ws.cli(['unseal', 'production/moved', '--key', ws.keyFile('us-east')]);
  expect(moved).toMatchObject({ code: 4, stdout: '' });
});

it('says so when there is no such secret', async () => {
  const none = await ws.cli(['unseal', 'production/none', '--key', ws.keyFile('us-east')]);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('no such sealed secret');
});
