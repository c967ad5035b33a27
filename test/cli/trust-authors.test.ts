import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { colleague } from '../support/colleague.ts';
import type { Colleague } from '../support/colleague.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { typed } from '../support/terminal.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

const bobs = 'staging/bobs';
const mine = 'staging/mine';
const marker = 'made-up value that nobody may see';

let ws: Workspace;
let bob: Colleague;
beforeEach(async () => {
  ws = await makeWorkspace();
  bob = await colleague(ws, 'bob');
  await ok(['trust', 'add-author', 'bob@example.com', '--key', bob.pub]);
  await sealInto(ws, bobs, { token: marker }, { signingKey: bob.pub.replace(/\.pub$/, '') });
  await sealInto(ws, mine, { token: marker });
  ws.commit('Bob is an author');
});
afterEach(() => {
  ws.remove();
});

async function ok(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ws.cli(args);
  expect(code, stderr).toBe(0);
  return stdout;
}
interface Shown {
  number: number;
  authors: { name: string; namespaces: string[]; keys: string[] }[];
  roots: { keys: string[]; threshold: number };
  publishers: { keys: string[]; threshold: number };
  heartbeat: string | null;
  proposals: { changes: string[] }[];
}
const show = async (): Promise<Shown> =>
  JSON.parse(await ok(['trust', 'show', '-o', 'json'])) as Shown;
const signers = (secret: string): string[] =>
  [...ws.read(`secrets/${secret}.yaml`).matchAll(/author: (\S+)/g)].map(([, name = '']) => name);
const remove = (...more: string[]): Promise<CliResult> =>
  ws.cli(['trust', 'remove-author', 'bob@example.com', ...more]);

describe('trust remove-author', () => {
  it('shows what only they had signed, value-free, and signs it with the root in one commit', async () => {
    const shownFirst = await typed(ws, ['trust', 'remove-author', 'bob@example.com'], ['n']);
    expect([shownFirst.code, ws.git('status', '--porcelain')]).toEqual([2, '']);
    expect((await remove()).stderr).toContain('1 secret to sign anew');
    expect(ws.git('status', '--porcelain')).toBe('');
    const { code, shown } = await typed(ws, ['trust', 'remove-author', 'bob@example.com'], ['y']);
    expect(code, shown).toBe(0);
    expect(shown).toContain('staging/bobs  version 1, new: no author stands for any version of it');
    expect(shown).toMatch(/added +token/);
    expect(shown).not.toContain('staging/mine');
    expect(shown).not.toContain(marker);
    expect(shown).toContain('Make trust root 3, and sign 1 secret as author@example.com?');
    expect(shown).toContain('git add trust secrets');
    expect(signers(bobs)).toEqual(['author@example.com']);
    expect((await show()).authors.map(({ name }) => name)).toEqual(['author@example.com']);
    ws.git('add', 'trust', 'secrets');
    ws.git('commit', '-q', '--no-verify', '-m', 'One commit');
    expect((await ws.cli(['verify', '--commit', 'HEAD'])).code).toBe(0);
    expect((await ws.cli(['verify', '--commit', 'HEAD~1'])).code).toBe(0);
  });

  it('compares with the last version that somebody else stands for', async () => {
    await setInto(ws, mine, { token: 'made-up 2', more: 'made-up' }, { signingKey: bobKey() });
    ws.commit('Bob changes it');
    const { stdout } = await remove('--yes');
    expect(stdout).toMatch(
      /staging\/mine {2}version 2, compared with the last signed one, version 1/,
    );
    expect(stdout).toMatch(/added +more\n +replaced +token/);
  });

  it('refuses to leave what the person may not sign, and says who may; --leave writes the root alone', async () => {
    await ok([
      'trust',
      'set-author',
      'author@example.com',
      '--namespaces',
      'other',
      '--yes',
      '--leave',
    ]);
    ws.commit('Narrow the author');
    const before = ws.read(`secrets/${bobs}.yaml`);
    const refused = await remove('--yes');
    expect([refused.code, ws.git('status', '--porcelain')]).toEqual([3, '']);
    expect(refused.stderr).toContain('author@example.com may not write to namespace staging');
    expect(refused.stderr).toContain('nobody may author staging, so add somebody first');
    const carol = await colleague(ws, 'carol');
    const globs = ['--namespaces', 'staging'];
    await ok(['trust', 'add-author', 'carol@example.com', '--key', carol.pub, ...globs]);
    expect((await remove('--yes')).stderr).toContain('carol@example.com may sign for staging');
    const left = await remove('--leave');
    expect([left.code, left.stderr]).toEqual([0, expect.stringContaining('edgeseal sign --all')]);
    expect(left.stderr).toContain('secrets/staging/bobs.yaml');
    expect(ws.read(`secrets/${bobs}.yaml`)).toBe(before);
    ws.git('checkout', '-q', '-b', 'without-bob');
    ws.git('add', '-A');
    ws.git('commit', '-q', '--no-verify', '-m', 'Take Bob out');
    ws.git('push', '-q', 'origin', 'without-bob');
    carol.take('without-bob');
    expect((await carol.cli('verify')).code).toBe(1);
    expect((await carol.cli('sign', '--all', '--yes')).code).toBe(0);
    expect((await carol.cli('verify')).code).toBe(0);
  });

  it('takes one of several keys, and says where else a key is still listed', async () => {
    const second = join(ws.folder, 'second');
    await generateSigningKey(second, 'made-up', ws.env);
    expect((await remove('--key', bob.fingerprint)).stderr).toContain('the only key of bob');
    await ok(['trust', 'add-author', 'bob@example.com', '--key', `${second}.pub`]);
    await ok(['trust', 'add-publisher', '--key', bob.pub, '--heartbeat']);
    const { code, stdout, stderr } = await remove('--key', bob.fingerprint, '--yes');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('secrets/staging/bobs.yaml: signed version 1');
    expect(stderr).toContain(`edgeseal trust remove-publisher --key ${bob.fingerprint}`);
    expect(stderr).toContain('still signs the heartbeat');
    expect((await show()).authors[1]?.keys).toHaveLength(1);
    const stranger = await remove('--key', bob.fingerprint);
    expect([stranger.code, stranger.stderr]).toEqual([
      2,
      expect.stringContaining('these are: bob'),
    ]);
    const nobody = await ws.cli(['trust', 'remove-author', 'bob@example.con']);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('did you mean bob')]);
  });

  it('is not for who may not sign roots', async () => {
    bob.take('main');
    const refused = await bob.cli('trust', 'remove-author', 'author@example.com', '--yes');
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringMatching(/may not sign trust roots.*\n.*author@example.com \(SHA256:/),
    ]);
    expect(bob.git('status', '--porcelain')).toBe('');
  });

  it('keeps both signatures while the root still waits for another signer', async () => {
    await ok(['trust', 'add-root-key', '--key', bob.pub]);
    await ok(['trust', 'set-threshold', 'roots', '2']);
    ws.commit('Propose a threshold');
    bob.take('main');
    expect((await bob.cli('trust', 'sign', '--yes')).code).toBe(0);
    bob.push('Two have to sign');
    ws.git('pull', '-q', 'origin', 'main');
    const { code, stdout, stderr } = await remove('--yes');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('not in force');
    expect(signers(bobs)).toEqual(['bob@example.com', 'author@example.com']);
    expect((await ws.cli(['verify'])).code).toBe(0);
    ws.commit('Propose to take Bob out');
    bob.take('main');
    const signed = await bob.cli('trust', 'sign', '--yes');
    expect(signed.stdout).toContain('- author bob@example.com: could write to *');
    expect(signed.stderr).not.toContain('nobody stands');
    expect((await bob.cli('verify')).code).toBe(0);
  });
});

describe('trust set-author', () => {
  it('narrows rights; what lies outside them is signed anew', async () => {
    const set = ['trust', 'set-author', 'bob@example.com', '--namespaces'];
    const { code, stdout, stderr } = await ws.cli([...set, 'team-*,qa', '--yes']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('secrets/staging/bobs.yaml: signed version 1 as author@example.com');
    expect((await show()).authors[1]?.namespaces).toEqual(['team-*', 'qa']);
    expect((await ws.cli(['verify'])).code).toBe(0);
    expect((await ws.cli([...set, 'team-*,qa'])).code).toBe(2);
    expect((await ws.cli([...set, 'A/*'])).code).toBe(2);
    expect((await ws.cli(['trust', 'set-author', 'bob@example.com'])).code).toBe(2);
  });
});

describe('trust rotate', () => {
  it('exchanges a key of one’s own everywhere, and signs anew what only it had signed', async () => {
    const fresh = join(ws.folder, 'home/.ssh/fresh');
    await generateSigningKey(fresh, 'made-up fresh', ws.env);
    const old = (await show()).roots.keys[0];
    const { code, stdout, stderr } = await ws.cli(['trust', 'rotate', '--to', fresh, '--yes']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('root keys, publishers, author author@example.com, heartbeat');
    expect(stdout).toContain('secrets/staging/mine.yaml: signed version 1 as author@example.com');
    const after = await show();
    expect([after.roots.keys, after.publishers.keys]).toEqual([
      [after.heartbeat],
      [after.heartbeat],
    ]);
    expect(after.heartbeat).not.toBe(old);
    expect((await ws.cli(['verify'])).code).toBe(0);
    ws.commit('Rotate');
    expect((await ws.cli(['publish'])).code).toBe(3);
    expect((await ws.cli(['publish', '--signing-key', fresh])).code).toBe(0);
    expect((await ws.cli(['trust', 'rotate', '--to', fresh])).code).toBe(2);
  });

  it('exchanges the key of somebody else who lost theirs', async () => {
    const fresh = join(ws.folder, 'fresh');
    await generateSigningKey(fresh, 'made-up fresh', ws.env);
    const args = ['trust', 'rotate', '--from', bob.fingerprint, '--to', `${fresh}.pub`, '--yes'];
    expect(await ok(args)).toContain(
      'secrets/staging/bobs.yaml: signed version 1 as author@example.com',
    );
    expect((await show()).authors[1]?.keys).not.toContain(bob.fingerprint);
    const own = join(ws.folder, 'home/.ssh/id_ed25519.pub');
    const stolen = await ws.cli(['trust', 'rotate', '--from', `${fresh}.pub`, '--to', own]);
    expect([stolen.code, stolen.stderr]).toEqual([
      2,
      expect.stringContaining('is the key of author@'),
    ]);
  });
});

describe('publishers, root keys, thresholds, heartbeat', () => {
  it('are added, counted and taken out, never below what has to sign', async () => {
    await ok(['trust', 'add-publisher', '--key', bob.pub]);
    await ok(['trust', 'set-threshold', 'publishers', '2']);
    const tooFew = await ws.cli(['trust', 'remove-publisher', '--key', bob.fingerprint]);
    expect([tooFew.code, tooFew.stderr]).toEqual([
      2,
      expect.stringContaining('edgeseal trust set-threshold publishers 1'),
    ]);
    for (const wrong of ['0', '3', '2', '-1', '1.5', 'x'])
      expect((await ws.cli(['trust', 'set-threshold', 'publishers', wrong])).code).toBe(2);
    await ok(['trust', 'set-threshold', 'publishers', '1']);
    const own = join(ws.folder, 'home/.ssh/id_ed25519.pub');
    const beats = await ws.cli(['trust', 'remove-publisher', '--key', own]);
    expect([beats.code, beats.stderr]).toEqual([2, expect.stringContaining('set-heartbeat')]);
    await ok(['trust', 'set-heartbeat', '--key', bob.pub]);
    await ok(['trust', 'remove-publisher', '--key', own]);
    expect(await show()).toMatchObject({
      heartbeat: bob.fingerprint,
      publishers: { keys: [bob.fingerprint], threshold: 1 },
    });
    await ok(['trust', 'set-heartbeat', '--none']);
    expect((await show()).heartbeat).toBeNull();
    expect((await ws.cli(['trust', 'set-heartbeat', '--none'])).code).toBe(2);
    expect((await ws.cli(['trust', 'remove-root-key', '--key', own])).code).toBe(2);
    await ok(['trust', 'add-root-key', '--key', bob.pub]);
    // Its own root key has to stand for a root that lists it alone.
    expect(await ok(['trust', 'remove-root-key', '--key', own])).toContain(
      '1 more signature by root keys of its own',
    );
    ws.commit('Hand over');
    bob.take('main');
    expect((await bob.cli('trust', 'sign', '--yes')).code).toBe(0);
    expect((await bob.cli('trust', 'show')).stdout).toMatch(/root keys +bob@example.com/);
  });
});

const bobKey = (): string => bob.pub.replace(/\.pub$/, '');
