import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../cli/bin.ts';
import { memoryFolder } from '../../cli/memory-folder.ts';
import { sealedIn, valuesIn } from '../support/sealed-values.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

/** Made up. */
const marker = 'made-up-MARKER-4713';

let ws: Workspace;
let count = 0;
let name = '';
beforeAll(async () => {
  ws = await makeWorkspace();
});
afterAll(() => {
  ws.remove();
});
beforeEach(async () => {
  name = `prod/e${String((count += 1))}`;
  const stdin = `apiVersion: v1\nkind: Secret\nmetadata: {name: e${String(count)}, namespace: prod}\nstringData: {user: ${marker}-u, pass: ${marker}-p}\ndata: {bin: AAEC}\n`;
  await ws.cli(['seal'], { stdin });
});

/** An editor: a shell script that gets the file as $1 and leaves a copy of what it was shown. */
function editor(script: string): Record<string, string> {
  const file = join(ws.folder, 'editor.sh');
  writeFileSync(
    file,
    `cp "$1" ${join(ws.folder, 'shown')}\necho "$1" > ${join(ws.folder, 'path')}\n${script}\n`,
  );
  return { EDITOR: `sh ${file}`, VISUAL: '' };
}

const shown = (): string => readFileSync(join(ws.folder, 'shown'), 'utf8');
const path = (): string => readFileSync(join(ws.folder, 'path'), 'utf8').trim();

async function edit(script: string, ...args: string[]): Promise<CliResult> {
  rmSync(join(ws.folder, 'path'), { force: true });
  const result = await ws.cli(['edit', name, ...args], { env: editor(script) });
  expect(result.stdout + result.stderr).not.toContain(marker);
  if (existsSync(join(ws.folder, 'path'))) expect(existsSync(path())).toBe(false);
  return result;
}

// The editor's file lies in memory or nowhere.
const memory = (await memoryFolder(['/dev/shm', process.env['XDG_RUNTIME_DIR']])) !== undefined;

describe.runIf(memory)('edit without a key', () => {
  it('shows placeholders, and seals what was typed over them', async () => {
    const before = sealedIn(ws, name).spec.envelopes[0];
    const result = await edit(`sed -i 's/^  pass: .*/  pass: ${marker}-new/' "$1"`);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain(
      'version 2, pass set for eu-central, us-east, us-west, signed by',
    );
    expect(shown()).toContain('  pass: <unchanged>\n');
    expect(shown()).not.toContain(marker);
    expect(await valuesIn(ws, name)).toMatchObject({ user: `${marker}-u`, pass: `${marker}-new` });
    expect(sealedIn(ws, name).spec.envelopes[0]).toMatchObject({
      commitment: (before as { commitment: string }).commitment,
    });
    expect(path().startsWith(tmpdir())).toBe(false);
  });

  it('adds, removes, labels; and does nothing where nothing was changed', async () => {
    const label = `s/^type:/  labels: {tier: db}\\ntype:/`;
    const script = `sed -i -e '/^  user:/d' -e '${label}' "$1"; echo '  extra: "${marker}"' >> "$1"`;
    const result = await edit(script);
    expect(result.stdout).toContain('extra set, user removed, labels, annotations or type changed');
    expect(Object.keys(await valuesIn(ws, name))).toEqual(['bin', 'pass', 'extra']);
    expect(sealedIn(ws, name).spec.template?.metadata?.labels).toEqual({ tier: 'db' });
    const none = await edit('true');
    expect([none.code, none.stdout]).toEqual([0, '']);
    expect(none.stderr).toContain('nothing was changed');
    expect((await edit('echo "# a note" >> "$1"')).stderr).toContain('nothing was changed');
    expect(sealedIn(ws, name).spec.version).toBe(2);
  });

  it('refuses bad results, and changes nothing', async () => {
    const cases: [string, string][] = [
      [`printf 'a: [${marker}' > "$1"`, '(as edited)'],
      [`sed -i 's/^  pass: .*/  pass: 5/' "$1"`, 'stringData.pass is not a string'],
      [`sed -i 's/^  name: .*/  name: other/' "$1"`, 'cannot be renamed'],
      [`echo '  more: <unchanged>' >> "$1"`, 'more is new'],
      [`sed -i 's/^type: .*/type: made.up\\/type/' "$1"`, 'together with every value'],
      [`sed -i '/^  [a-z]*: </d' "$1"`, 'no item is left'],
      ['exit 3', 'the editor failed'],
    ];
    for (const [script, words] of cases) {
      const result = await edit(script);
      expect(result.code, result.stderr).not.toBe(0);
      expect(result.stderr).toContain(words);
    }
    expect(sealedIn(ws, name).spec.version).toBe(1);
    const leftovers = readdirSync(tmpdir()).filter((n) => n.startsWith('edgeseal-edit'));
    expect(leftovers).toEqual([]);
  });

  it('opens again with the fault on top, in a terminal', async () => {
    const script = `if grep -q '^#! ' "$1"; then sed -i 's/: \\[bad/: mended/' "$1"; else sed -i 's/^  pass: .*/  pass: [bad/' "$1"; fi`;
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const screen = new Writable({ write: (_chunk, _encoding, done) => done() });
    const env = { ...ws.env, ...editor(script) };
    const io = { cwd: ws.repo, env, stdin, stdout: screen, stderr: screen };
    expect(await main(['edit', name], io)).toBe(0);
    expect(shown()).toContain('(as edited)');
    expect((await valuesIn(ws, name))['pass']).toBe('mended');
  });

  it('changes the type when every value is typed anew', async () => {
    const script = `sed -i -e 's/^type: .*/type: kubernetes.io\\/basic-auth/' -e '/^stringData/,$d' "$1"; printf 'stringData:\\n  username: u\\n  password: p\\n' >> "$1"`;
    const result = await edit(script);
    expect(result.code, result.stderr).toBe(0);
    expect(await valuesIn(ws, name)).toEqual({ username: 'u', password: 'p' });
  });

  it('has arguments of its own, and is not run without one', async () => {
    const none = await ws.cli(['edit', name], { env: { EDITOR: '', VISUAL: '' } });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('set EDITOR')]);
    const failing = await ws.cli(['edit', name], { env: { EDITOR: 'false --wait' } });
    expect(failing.code).not.toBe(0);
  });
});

describe.runIf(memory)('edit with a key', () => {
  it('shows values, keeps the ciphertext of what was left, and binary data', async () => {
    const key = ws.keyFile('recovery');
    chmodSync(key, 0o600);
    const args = ['--key', key];
    const result = await edit(`sed -i 's/-p$/-q/' "$1"`, ...args);
    expect(result.stdout).toContain('version 2, pass set');
    expect(shown()).toContain(`pass: ${marker}-p`);
    expect(shown()).toContain('bin: <unchanged binary, 3 bytes>');
    expect(await valuesIn(ws, name)).toEqual({
      user: `${marker}-u`,
      pass: `${marker}-q`,
      bin: '\u0000\u0001\u0002',
    });
  });

  it('wants to know the region where values differ, and sets it there alone', async () => {
    const west = ['set', name, 'pass', '--from-file', '-', '--regions', 'us-west'];
    await ws.cli(west, { stdin: 'west' });
    const key = ['--key', ws.keyFile('recovery')];
    const asked = await edit('true', ...key);
    expect([asked.code, asked.stderr]).toEqual([
      2,
      expect.stringContaining('--region eu-central|'),
    ]);
    const result = await edit(`sed -i 's/: west$/: wild/' "$1"`, ...key, '--region', 'us-west');
    expect(result.code, result.stderr).toBe(0);
    expect(shown()).toContain('pass: west');
    expect((await valuesIn(ws, name, 'us-west'))['pass']).toBe('wild');
    expect((await valuesIn(ws, name, 'us-east'))['pass']).toBe(`${marker}-p`);
    const other = await edit('true', '--key', ws.keyFile('us-east'), '--region', 'us-west');
    expect(other.code).toBe(4);
  });
});
