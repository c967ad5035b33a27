import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Planted } from '../../support/planted.ts';
import { makeWorkspace } from '../../support/workspace.ts';

const value = 'made-up-S3cret/known+again=="quoted"';
const short = 'made-up-7';

describe('a value that was sealed here', async () => {
  const ws = await makeWorkspace();
  const keyFile = join(ws.env['HOME']!, '.config/edgeseal/known-values.key');
  const file = join(ws.repo, '.git/edgeseal/known-values');
  afterAll(() => {
    ws.remove({ stagesPlaintext: true });
  });

  /** `line rule` of each finding in a text. */
  async function found(text: string): Promise<string[]> {
    const { code, stdout, stderr } = await ws.cli(['scan', '-', '--output', 'json'], {
      stdin: text,
    });
    expect(code, stderr).toBeLessThan(2);
    expect(stdout + stderr).not.toContain(value);
    const { findings } = JSON.parse(stdout) as {
      findings: { line: number; rule: string; message: string }[];
    };
    return findings.map(({ line, rule, message }) => `${line} ${rule} ${message}`);
  }
  const password = (line: number): string =>
    `${line} known-value the value of password in production/db, which is sealed in this repository`;

  it('is known again once it is set, in whatever way it is written', async () => {
    expect(await found(`see ${value}\n`)).not.toContain(password(1));
    const set = ['set', 'production/db', 'password', '--new', '--from-file', '-'];
    expect((await ws.cli(set, { stdin: `${value}\n` })).code).toBe(0);
    const bytes = Buffer.from(value);
    const written = [
      value,
      JSON.stringify(value),
      `password: '${value}'`,
      encodeURIComponent(value),
      bytes.toString('base64'),
      Buffer.from(`user:${value}\n`).toString('base64'),
      Buffer.from(`users:${value} and more`).toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
    ];
    for (const text of written)
      expect(await found(`# one\nsome text ${text} and more\n`), text).toEqual([password(2)]);
    expect(await found(value.slice(0, -1))).not.toContain(password(1));
    expect(await found(`x${value.slice(1)}`)).not.toContain(password(1));
  });

  it('keeps nothing that could be read or tried, for nobody but the person', () => {
    for (const path of [keyFile, file]) expect(statSync(path).mode & 0o777).toBe(0o600);
    const planted = new Planted();
    planted.add(value);
    for (const path of [file, keyFile]) {
      expect(planted.in(readFileSync(path))).toBeUndefined();
      // Nor which secrets there are.
      for (const name of ['production/db', 'password'])
        expect(readFileSync(path, 'latin1')).not.toContain(name);
    }
  });

  it('is known by each command that seals or opens it', async () => {
    const manifest = `apiVersion: v1\nkind: Secret\nmetadata: {name: api, namespace: production}\nstringData:\n  token: ${short}\n  url: https://user:made-up-p4ssw0rd@db.example.com/x\n`;
    expect((await ws.cli(['seal', '-'], { stdin: manifest })).code).toBe(0);
    expect(await found(`one ${short}, two\n`)).toEqual([
      '1 known-value the value of token in production/api, which is sealed in this repository',
    ]);
    // A short one only counts as a word of its own.
    expect(await found(`one ${short}7 x${short}\n`)).toEqual([]);
    expect(await found('password=made-up-p4ssw0rd\n')).toEqual([
      '1 known-value the value of url in production/api, which is sealed in this repository',
    ]);
    // Rotated values still must not leak.
    const set = ['set', 'production/api', 'token', '--from-file', '-'];
    expect((await ws.cli(set, { stdin: 'made-up-8-of-another' })).code).toBe(0);
    expect(await found(`${short}\nmade-up-8-of-another\n`)).toHaveLength(2);
    // A colleague has not sealed it: opening it is enough, and twice is once.
    rmSync(file);
    expect(await found(`${short}\nmade-up-8-of-another\n`)).toEqual([]);
    const unseal = ['unseal', 'production/api', '--key', ws.keyFile('us-east')];
    expect((await ws.cli(unseal)).code).toBe(0);
    const { size } = statSync(file);
    expect((await ws.cli(unseal)).code).toBe(0);
    expect(statSync(file).size).toBe(size);
    expect(await found(`${short}\nmade-up-8-of-another\n`)).toEqual([
      '2 known-value the value of token in production/api, which is sealed in this repository',
    ]);
    expect((await ws.cli(['unseal', 'production/db', '--key', ws.keyFile('us-east')])).code).toBe(
      0,
    );
    // And removed ones, too.
    expect((await ws.cli(['rm', 'production/db', '--force'])).code).toBe(0);
  });

  it('is found in what is staged, in history and in many files', async () => {
    ws.write('README.md', `# Access\n\nlog in with ${value}\n`);
    ws.git('add', 'README.md');
    const staged = await ws.cli(['scan', '--staged']);
    expect([staged.code, staged.stdout]).toEqual([
      1,
      'README.md:3:13: known-value ****: the value of password in production/db, which is sealed in this repository\n',
    ]);
    ws.git('commit', '-q', '--no-verify', '-m', 'readme');
    for (let i = 0; i < 300; i += 1) ws.write(`notes/${i}.txt`, `${i}\n`);
    ws.write('notes/277.txt', `\n${value}\n`);
    const tree = await ws.cli(['scan', 'notes']);
    expect(tree.stdout).toMatch(/^notes\/277\.txt:2:1: known-value \*{4}: [^\n]*\n$/);
    const history = await ws.cli(['scan', '--history', '--output', 'json', 'README.md']);
    expect(history.code).toBe(1);
  });

  it('says what stands in its way, and lets no command fail', async () => {
    writeFileSync(keyFile, 'not a key\n');
    const other = await ws.cli(['scan', '-'], { stdin: value });
    expect(other.stderr).toContain(
      'warning: some values that were sealed here are not known again',
    );
    const set = ['set', 'production/api', 'token', '--from-file', '-'];
    const refused = await ws.cli(set, { stdin: 'made-up-9-of-another' });
    expect([refused.code, refused.stderr]).toEqual([
      0,
      expect.stringContaining('warning: edgeseal scan will not know these values again'),
    ]);
    rmSync(keyFile);
    // What a power cut has left at its end, and another key's parts, are passed over.
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.concat([whole, whole.subarray(0, 50)]));
    expect((await ws.cli(set, { stdin: 'made-up-10-of-another' })).code).toBe(0);
    expect(await found('made-up-10-of-another\n')).toHaveLength(1);
    if (process.getuid?.() === 0) return;
    chmodSync(file, 0o000);
    expect((await ws.cli(['scan', '-'], { stdin: value })).code).toBe(0);
  });
});

it('is refused by the hook, and what the repository has of its own counts there, too', async () => {
  const ws = await makeWorkspace();
  const set = ['set', 'production/db', 'password', '--new', '--from-file', '-'];
  await ws.cli(set, { stdin: value });
  ws.write('README.md', `log in with ${Buffer.from(value).toString('base64')}\n`);
  ws.git('add', 'README.md');
  const refused = await ws.cli(['hook', 'pre-commit']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('the value of password in production/db');
  expect(refused.stderr).not.toContain(value);
  ws.write('README.md', 'acme-123456\n');
  ws.git('add', 'README.md');
  expect((await ws.cli(['hook', 'pre-commit'])).code).toBe(0);
  ws.write('.gitleaks.toml', '[[rules]]\nid = "acme"\nregex = "acme-[0-9]{6}"\n');
  ws.git('add', '.gitleaks.toml');
  expect((await ws.cli(['hook', 'pre-commit'])).stderr).toContain('README.md');
  await ws.cli(['scan', '--allow', 'README.md:1', '--reason', 'made up']);
  expect((await ws.cli(['hook', 'pre-commit'])).code).toBe(1);
  ws.git('add', '.edgeseal-allow.yaml');
  expect((await ws.cli(['hook', 'pre-commit'])).code).toBe(0);
  ws.write('.gitleaks.toml', '[[rules]\n');
  ws.git('add', '.gitleaks.toml');
  const spoiled = await ws.cli(['hook', 'pre-commit']);
  expect([spoiled.code, spoiled.stderr]).toEqual([
    0,
    expect.stringContaining('warning: .gitleaks.toml: not TOML'),
  ]);
  ws.remove({ stagesPlaintext: true });
});
