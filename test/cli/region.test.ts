import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatRegionPublicKey, generateRegionKey } from '../../core/crypto/region-key.ts';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { nextRoot, withKeyState } from '../support/root.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

let ws: Workspace;
beforeEach(async () => {
  ws = await makeWorkspace({
    policy: `apiVersion: v1
kind: ConfigMap
metadata:
  name: secret-distribution
data:
  distribution-policy.yaml: |
    regions:
      us-east:
        secrets: [a]
        encryption-key: us-east-key
`,
  });
});
afterEach(() => {
  ws.remove();
});

const add = (...args: string[]): Promise<CliResult> => ws.cli(['region', 'add', ...args]);
interface Json {
  root: number;
  regions: {
    name: string;
    role: string;
    recovery?: string;
    secrets: number;
    keys: { name: string; id: string; sha256: string; state: string }[];
  }[];
}
const list = async (): Promise<Json> =>
  JSON.parse((await ws.cli(['region', 'list', '-o', 'json'])).stdout) as Json;
const regionOf = async (name: string): Promise<Json['regions'][number] | undefined> =>
  (await list()).regions.find((region) => region.name === name);
const status = (): string => ws.git('status', '--porcelain');

describe('region add', () => {
  it('makes a key: its private half outside, mode 0600, the region in policy and root 2', async () => {
    const keys = join(ws.folder, 'new-keys');
    const result = await add('eu-north', '--generate', keys);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toMatch(
      /^eu-north: key eu-north-key [0-9a-f]{16}, SHA-256 [0-9a-f]{64}$/m,
    );
    expect(result.stdout).toMatch(/^trust root 2: /m);
    expect(result.stderr).toContain('git add trust regions policy');
    const file = join(keys, 'eu-north.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const line = readFileSync(file, 'utf8');
    expect(line).toMatch(/^edgeseal-region-key-1-[\w-]{43}\n$/);
    expect(result.stdout + result.stderr).not.toContain(line.trim());
    expect(await regionOf('eu-north')).toMatchObject({
      role: 'region',
      recovery: 'recovery',
      keys: [{ name: 'eu-north-key', state: 'active' }],
    });
    expect(ws.read('policy/distribution-policy.yaml')).toContain('encryption-key: eu-north-key');
    expect((await ws.cli(['verify'])).code).toBe(0);
    const stdin =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}\nstringData: {a: made-up}\n';
    await ws.cli(['seal', '--regions', 'eu-north'], { stdin });
    const opened = await ws.cli(['unseal', 'n/s', '--key', file, '--item', 'a']);
    expect(opened.stdout).toBe('made-up');
    const again = await add('eu-north', '--generate', keys);
    expect(again.code, again.stderr).toBe(0);
    expect(existsSync(join(keys, 'eu-north-2.key'))).toBe(true);
    expect((await regionOf('eu-north'))?.keys.map(({ name }) => name)).toEqual([
      'eu-north-key',
      'eu-north-key-2',
    ]);
    expect((await list()).root).toBe(3);
  });

  it('takes a public key from a file, as text, or the public half of a private key', async () => {
    const [a, b, c] = await Promise.all([
      generateRegionKey(),
      generateRegionKey(),
      generateRegionKey(),
    ]);
    const file = join(ws.folder, 'a.pub');
    writeFileSync(file, `${formatRegionPublicKey(a.key)}\n`);
    expect((await add('eu-a', '--key', file)).code).toBe(0);
    expect((await add('eu-a', '--public-key', formatRegionPublicKey(b.key))).code).toBe(0);
    const secret = join(ws.folder, 'c.key');
    writeFileSync(secret, c.line.reveal(), { mode: 0o600 });
    const result = await add('eu-a', '--key', secret, '--key-name', 'third');
    expect(result.stderr).toContain('only its public half was taken');
    expect((await regionOf('eu-a'))?.keys.map(({ name, id }) => [name, id])).toEqual([
      ['eu-a-key', a.key.id],
      ['eu-a-key-2', b.key.id],
      ['third', c.key.id],
    ]);
    expect(ws.read('regions/eu-a.yaml')).not.toContain('edgeseal-region-key');
  });

  it('makes a recovery recipient, and then wants to know which one a region has', async () => {
    const keys = join(ws.folder, 'k');
    const made = await add('eu-recovery', '--recovery', '--generate', keys);
    expect(made.stderr).toContain('Move it offline now');
    expect(await regionOf('eu-recovery')).toMatchObject({ role: 'recovery' });
    expect(ws.read('policy/distribution-policy.yaml')).not.toContain('eu-recovery');
    const which = await add('eu-x', '--generate', keys);
    expect([which.code, which.stderr]).toEqual([2, expect.stringContaining('--recovery-by')]);
    expect(existsSync(join(keys, 'eu-x.key'))).toBe(false);
    expect((await add('eu-x', '--generate', keys, '--recovery-by', 'none')).code).toBe(2);
    expect((await add('eu-x', '--generate', keys, '--recovery-by', 'eu-recovery')).code).toBe(0);
    expect(await regionOf('eu-x')).toMatchObject({ recovery: 'eu-recovery' });
    const twice = await add('us-east', '--recovery', '--generate', keys);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('not a recovery')]);
    expect((await add('eu-recovery', '--generate', keys)).code).toBe(0);
  });

  it('refuses a key that is one already, whatever became of it', async () => {
    const { key } = await generateRegionKey();
    const text = formatRegionPublicKey(key);
    await add('us-east', '--public-key', text);
    await nextRoot(ws, withKeyState('us-east', key.id, 'revoked'));
    const before = status();
    for (const region of ['us-east', 'us-west', 'new']) {
      const result = await add(region, '--public-key', text);
      expect([result.code, result.stderr]).toEqual([3, expect.stringContaining('(revoked)')]);
    }
    expect(status()).toBe(before);
  });

  it('refuses what is no key or no place for one, and changes nothing', async () => {
    const file = join(ws.folder, 'x');
    writeFileSync(file, 'not a key\n');
    mkdirSync(join(ws.folder, 'taken'));
    writeFileSync(join(ws.folder, 'taken/ap.key'), 'somebody else’s\n');
    for (const [args, code] of [
      [['ap'], 2],
      [['ap', '--key', file, '--public-key', 'AAAA'], 2],
      [['ap', '--key', file], 2],
      [['ap', '--key', join(ws.folder, 'none')], 2],
      [['ap', '--public-key', 'AAAA'], 2],
      [['AP', '--generate', join(ws.folder, 'k')], 2],
      [['ap', '--generate', 'keys'], 2],
      [['ap', '--generate', join(ws.folder, 'taken')], 6],
      [['ap', '--generate', join(ws.folder, 'k'), '--key-name', '../x'], 2],
    ] as const) {
      const result = await add(...args);
      expect([result.code, args], result.stderr).toEqual([code, args]);
      expect(result.stderr).toMatch(/hint: |may hold|region key/);
    }
    expect(readFileSync(join(ws.folder, 'taken/ap.key'), 'utf8')).toContain('somebody');
    expect(status()).toBe('');
    expect(existsSync(join(ws.folder, 'k/ap.key'))).toBe(false);
  });

  it('leaves no key behind where the root cannot be signed', async () => {
    const bob = join(ws.folder, 'bob');
    await generateSigningKey(bob, 'made-up bob', ws.env);
    const keys = join(ws.folder, 'k');
    const result = await add('ap', '--generate', keys, '--signing-key', bob);
    expect([result.code, result.stderr]).toEqual([
      3,
      expect.stringContaining('may not sign trust roots'),
    ]);
    expect(existsSync(join(keys, 'ap.key'))).toBe(false);
    expect(status()).toBe('');
  });

  it('says yes to a key that stands in the file already, and calls it as the file does', async () => {
    const { key } = await generateRegionKey();
    const text = formatRegionPublicKey(key);
    const file = ws.read('regions/us-west.yaml');
    ws.write('regions/us-west.yaml', `${file}  - name: by-hand\n    publicKey: ${text}\n`);
    expect((await ws.cli(['verify'])).code).toBe(1);
    expect((await add('us-west', '--public-key', text)).stdout).toContain('key by-hand');
    expect(ws.read('policy/distribution-policy.yaml')).toContain('encryption-key: by-hand');
    expect((await regionOf('us-west'))?.keys.map(({ name }) => name)).toEqual([
      'us-west-key',
      'by-hand',
    ]);
    expect((await ws.cli(['verify'])).code).toBe(0);
  });
});

describe('region list', () => {
  it('shows keys with their state, those that vanished from a file too', async () => {
    await add('us-east', '--generate', join(ws.folder, 'k'));
    await nextRoot(ws, withKeyState('us-east', ws.keys['us-east']!.id, 'retired'));
    const table = await ws.cli(['region', 'list']);
    expect(table.stdout).toMatch(
      /^us-east +region +recovery +0 +us-east-key +[0-9a-f]{16} +retired$/m,
    );
    const text = ws.read('regions/us-west.yaml');
    ws.write('regions/us-west.yaml', text.replace(/keys:[^]*$/, 'keys: []\n'));
    expect(await regionOf('us-west')).toMatchObject({
      keys: [{ name: '(not in the file)', state: 'active' }],
    });
  });
});
