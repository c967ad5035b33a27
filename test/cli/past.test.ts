import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sealInto, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

const db = 'production/db';
const file = `secrets/${db}.yaml`;
let ws: Workspace;

beforeAll(async () => {
  ws = await makeWorkspace();
  await sealInto(ws, db, { username: 'made-up', password: 'made-up' });
  ws.commit('Seal');
  await setInto(ws, db, { password: 'made-up-2' });
  ws.commit('Set');
  expect((await ws.cli(['publish'])).code).toBe(0);
});
afterAll(() => {
  ws.remove();
});
beforeEach(() => {
  ws.git('reset', '-q', '--hard', 'origin/main');
});

/** Changes one character in the middle of the nth line that begins with a field. */
function flip(field: string, nth: number): void {
  const lines = ws.read(file).split('\n');
  const places = lines.flatMap((line, i) => (line.trim().startsWith(`${field}: `) ? [i] : []));
  const at = places[nth]!;
  const line = lines[at]!;
  const middle = line.indexOf(': ') + 40;
  const other = line[middle] === 'A' ? 'B' : 'A';
  lines[at] = `${line.slice(0, middle)}${other}${line.slice(middle + 1)}`;
  ws.write(file, lines.join('\n'));
}
const verify = (...args: string[]): Promise<CliResult> => ws.cli(['verify', ...args]);

describe('a sealed file that is not as it was made', () => {
  // Four recipients an envelope, the recovery one among them; no signature covers a wrap.
  it.each([0, 1, 2, 3, 4, 5, 6, 7])('is noticed by the wrap %i', async (nth) => {
    flip('wrapped', nth);
    const { code, stdout } = await verify();
    expect(code).toBe(1);
    expect(stdout).toContain('it was changed by hand or damaged: the wrap for ');
    expect(stdout).toContain(`git restore -- ${file}`);
    ws.git('restore', '--', file);
    expect((await verify()).code).toBe(0);
  });

  it.each(['password', 'username'])(
    'is noticed by the ciphertext of %s, and not to be signed',
    async (item) => {
      flip(item, 0);
      const { code, stdout } = await verify();
      expect(code).toBe(1);
      expect(stdout).toContain(`the ciphertext of ${item}`);
      expect(stdout).not.toContain('edgeseal sign');
      ws.write(file, ws.read(file).replace(/^ {2}version: 2$/m, '  version: 3'));
      const signed = await ws.cli(['sign', db, '--yes']);
      expect(signed.code).toBe(1);
      expect(signed.stdout + signed.stderr).toContain(`the ciphertext of ${item}`);
    },
  );

  it('is held by publish where main has it, and stays as it was published', async () => {
    const main = ws.git('rev-parse', 'HEAD');
    flip('wrapped', 1);
    ws.commit('Spoil a wrap');
    expect((await verify('--commit', 'HEAD')).code).toBe(1);
    const { code, stdout } = await ws.cli(['publish', '-o', 'json']);
    expect(code).toBe(1);
    expect(JSON.stringify(JSON.parse(stdout).held)).toContain('the wrap for ');
    ws.git('push', '-q', '--force', 'origin', `${main}:main`);
    ws.git('fetch', '-q');
  });
});

it('a version below one that was committed is named, with the command that mends it', async () => {
  ws.git('checkout', '-q', 'HEAD~1', '--', file);
  const { code, stdout } = await verify();
  expect(code).toBe(1);
  expect(stdout).toContain('version 1 is below 2');
  const mend = new RegExp(`edgeseal (rollback ${db} --to 1)`).exec(stdout)![1]!;
  ws.git('reset', '-q', '--hard');
  expect((await ws.cli(mend.split(' '))).code).toBe(0);
  expect((await verify()).code).toBe(0);
});

it('what commands make goes on being in order', async () => {
  for (const args of [
    ['set', db, 'password', '--from-file', '-'],
    ['unset', db, 'username'],
    ['rollback', db],
    ['reseal', '--all', '--key', ws.keyFile('recovery')],
  ]) {
    const done = await ws.cli(args, { stdin: 'made-up-3' });
    expect([args[0], done.code, done.stderr]).toMatchObject([args[0], 0, expect.anything()]);
    const { code, stdout } = await verify();
    expect([args[0], code, stdout]).toMatchObject([args[0], 0, expect.anything()]);
    ws.git('add', '-A');
    ws.git('commit', '-q', '--no-verify', '--allow-empty', '-m', args[0]!);
    expect((await verify('--commit', 'HEAD')).code).toBe(0);
  }
});

it('a file that cannot be read is called that by status, with the way out, and by no other name', async () => {
  ws.write(file, `<<<<<<< HEAD\n${ws.read(file)}`);
  const { stdout, stderr } = await ws.cli(['status']);
  expect(stdout).toContain('unreadable');
  expect(stdout + stderr).toContain(`git restore -- ${file}`);
  expect(stdout + stderr).not.toMatch(/removal|git add/);
  ws.git('restore', '--', file);
});
