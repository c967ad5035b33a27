import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatRegionPublicKey, generateRegionKey } from '../../core/crypto/region-key.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult } from '../support/workspace.ts';

const ws = await makeWorkspace({
  policy: `apiVersion: v1
kind: ConfigMap
metadata:
  name: secret-distribution
data:
  distribution-policy.yaml: |
    regions:
      us-east:
        secrets: [database-credentials]
        encryption-key: us-east-key
      us-west:
        secrets: [database-credentials, production/gone]
`,
});
const db = 'production/database-credentials';
const file = `secrets/${db}.yaml`;

interface Json {
  ok: boolean;
  secrets: { name: string; version: number; authors: string[]; ok: boolean }[];
  findings: { level: string; code: string; file?: string; message: string; hint?: string }[];
}
const jsonOf = (result: CliResult): Json => JSON.parse(result.stdout) as Json;
const verify = async (...args: string[]): Promise<{ code: number; json: Json }> => {
  const result = await ws.cli(['verify', '--output', 'json', ...args]);
  return { code: result.code, json: jsonOf(result) };
};

beforeAll(async () => {
  // All values here are made up.
  await sealInto(ws, db, { password: 'made-up' }, { regions: ['us-east', 'us-west'] });
  await sealInto(ws, 'staging/everywhere', { password: 'made-up' });
  ws.commit('Seal two secrets');
});
afterAll(() => {
  ws.remove();
});

describe('what is in order', () => {
  it('is said so, with a note on a policy entry without a secret', async () => {
    const { code, json } = await verify();
    expect(code).toBe(0);
    expect(json.ok).toBe(true);
    expect(json.secrets).toMatchObject([
      { name: 'database-credentials', version: 1, authors: ['author@example.com'], ok: true },
      { name: 'everywhere', ok: true },
    ]);
    expect(json.findings).toMatchObject([{ level: 'warning', code: 'policy-unassigned' }]);
    const text = await ws.cli(['verify']);
    expect(text.stdout).toContain('ok: 2 of 2 sealed secrets in order, 1 warning');
  });

  it('can be one secret', async () => {
    expect((await verify(db)).json.secrets).toHaveLength(1);
    expect((await verify(file)).json.secrets).toHaveLength(1);
    expect((await ws.cli(['verify', 'production/none'])).code).toBe(2);
  });
});

describe('what is not', () => {
  /** Changes a file, looks, and puts it back. */
  async function changed(
    path: string,
    change: (text: string) => string,
    ...args: string[]
  ): Promise<{ code: number; json: Json }> {
    const before = ws.read(path);
    ws.write(path, change(before));
    try {
      return await verify(...args);
    } finally {
      ws.write(path, before);
    }
  }

  it('is named: a secret that was changed after it was signed, in the working tree only', async () => {
    const change = (text: string): string => text.replace('version: 1\n', 'version: 2\n');
    const { code, json } = await changed(file, change);
    expect(code).toBe(1);
    expect(json.findings).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'trust-author', file }),
    );
    const committed = await changed(file, change, '--commit', 'HEAD');
    expect(committed.code).toBe(0);
    expect((await ws.cli(['verify', '--commit', 'no-such-branch'])).code).toBe(2);
    expect((await ws.cli(['verify', '--commit=--all'])).code).toBe(2);
  });

  it('is named: a malformed file, with its line', async () => {
    const { code, json } = await changed(file, (text) => text.replace('suite: 1', 'suite: 2'));
    expect(code).toBe(1);
    expect(json.findings[0]).toMatchObject({ code: 'format-schema', file, line: 15 });
  });

  it('is named: a stray file, and one whose content says another name', async () => {
    ws.write('secrets/notes.txt', 'made-up\n');
    ws.write('secrets/staging/copy.yaml', ws.read(file));
    const { code, json } = await verify();
    expect(code).toBe(1);
    const errors = json.findings.filter(({ level }) => level === 'error');
    expect(errors.map((error) => error.file).sort()).toEqual([
      'secrets/notes.txt',
      'secrets/staging/copy.yaml',
    ]);
    rmSync(join(ws.repo, 'secrets/notes.txt'));
    rmSync(join(ws.repo, 'secrets/staging/copy.yaml'));
  });

  it("is named: a stranger's key merged into a region's file", async () => {
    const key = formatRegionPublicKey((await generateRegionKey()).key);
    const add = (text: string): string => `${text}  - name: stranger\n    publicKey: ${key}\n`;
    const { code, json } = await changed('regions/us-east.yaml', add);
    expect(code).toBe(1);
    const strangers = json.findings.filter((finding) => finding.message.includes("a stranger's"));
    expect(strangers).toMatchObject([{ code: 'trust-key', file: 'regions/us-east.yaml' }]);
  });

  it('is named: a policy with an unknown region, or a key that is none', async () => {
    const policy = 'policy/distribution-policy.yaml';
    const region = await changed(policy, (text) => text.replace('us-west:', 'moon:'));
    expect(region.json.findings).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'policy-region' }),
    );
    const key = await changed(policy, (text) => text.replace('us-east-key', 'other-key'));
    expect(key.json.findings).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'policy-mismatch' }),
    );
    const narrower = await changed(policy, (text) => text.replace('[database-credentials]', '[]'));
    expect(narrower.json.findings).toContainEqual(
      expect.objectContaining({ code: 'policy-mismatch', hint: `edgeseal reseal ${db}` }),
    );
  });

  it('is named: a change that nobody signed', async () => {
    const before = ws.read(file);
    await setInto(ws, db, { password: 'made-up' }, { regions: ['us-east'], sign: false });
    const { json } = await verify();
    expect(json.findings).toContainEqual(expect.objectContaining({ message: 'it is not signed' }));
    ws.write(file, before);
  });

  it('is the trust chain itself: nothing else is looked at', async () => {
    const before = ws.read('trust/1.yaml');
    ws.write('trust/1.yaml', before.replace('threshold: 1', 'threshold: 2'));
    expect((await ws.cli(['verify'])).code).toBe(3);
    ws.write('trust/1.yaml', before);
    ws.write('trust/7.yaml', before);
    expect((await verify()).json.findings).toContainEqual(
      expect.objectContaining({ code: 'trust-root', file: 'trust/7.yaml' }),
    );
    rmSync(join(ws.repo, 'trust/7.yaml'));
  });
});
