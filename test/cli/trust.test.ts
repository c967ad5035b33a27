import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rootFingerprint, rootHash } from '../../core/trust/root-chain.ts';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { typed } from '../support/terminal.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

let ws: Workspace;
let bob: string;
beforeEach(async () => {
  ws = await makeWorkspace();
  bob = join(ws.folder, 'bob');
  await generateSigningKey(bob, 'made-up bob', ws.env);
});
afterEach(() => {
  ws.remove();
});

const first = (): string => rootHash(Buffer.from(ws.read('trust/1.yaml')));
const addBob = (...more: string[]): Promise<CliResult> =>
  ws.cli(['trust', 'add-author', 'bob@example.com', '--key', `${bob}.pub`, ...more]);
interface Json {
  number: number;
  sha256: string;
  first: string;
  authors: { name: string; namespaces: string[]; keys: string[] }[];
  publishers: { keys: string[]; threshold: number };
  heartbeat: string | null;
}
const show = async (): Promise<Json> =>
  JSON.parse((await ws.cli(['trust', 'show', '-o', 'json'])).stdout) as Json;
const clone = (): string => {
  const folder = join(ws.folder, 'clone');
  execFileSync('git', ['clone', '-q', ws.origin, folder], { env: ws.env });
  return folder;
};

describe('trust accept', () => {
  it('is asked for once a clone, and refuses another fingerprint', async () => {
    const cwd = clone();
    const unknown = await ws.cli(['verify'], { cwd });
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain('edgeseal trust accept FINGERPRINT');
    expect(unknown.stderr).toContain(rootFingerprint(first()));
    expect(unknown.stderr).not.toContain(first());
    for (const wrong of ['0'.repeat(64), first().replace(/.$/, (c) => (c === '0' ? '1' : '0'))]) {
      const result = await ws.cli(['trust', 'accept', wrong], { cwd });
      expect([result.code, result.stderr]).toEqual([
        3,
        expect.stringContaining('do not accept it unseen'),
      ]);
    }
    for (const bad of ['', 'abc', `${first()}0`])
      expect((await ws.cli(['trust', 'accept', bad], { cwd })).code).toBe(2);
    expect((await ws.cli(['verify'], { cwd })).code).toBe(3);
    const grouped = first()
      .toUpperCase()
      .replace(/(.{4})(?=.)/g, '$1-');
    expect((await ws.cli(['trust', 'accept', grouped], { cwd })).code).toBe(0);
    expect((await ws.cli(['verify'], { cwd })).code).toBe(0);
  });

  it('is a question on a terminal', async () => {
    const cwd = clone();
    const there = { ...ws, repo: cwd };
    expect((await typed(there, ['verify'], ['n'])).code).toBe(3);
    const yes = await typed(there, ['verify'], ['y']);
    expect([yes.code, yes.shown]).toEqual([0, expect.stringContaining('Is it the same?')]);
    expect((await ws.cli(['verify'], { cwd })).code).toBe(0);
  });

  it('is EDGESEAL_ROOT in CI, which alone counts there', async () => {
    const cwd = clone();
    const env = { EDGESEAL_ROOT: first() };
    expect((await ws.cli(['verify'], { cwd, env })).code).toBe(0);
    expect((await ws.cli(['verify'], { cwd })).code).toBe(3);
    expect((await ws.cli(['verify'], { env: { EDGESEAL_ROOT: '0'.repeat(64) } })).code).toBe(3);
    expect((await ws.cli(['verify'], { env: { EDGESEAL_ROOT: 'main' } })).code).toBe(3);
  });
});

describe('trust add-author', () => {
  it('makes the next root, which every clone and CI follows by itself', async () => {
    const cwd = clone();
    await ws.cli(['trust', 'accept', first()], { cwd });
    const result = await addBob('--namespaces', 'staging,team-*');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain('bob@example.com may author secrets of: staging, team-*');
    expect(result.stderr).toContain('git add trust');
    expect(await show()).toMatchObject({
      number: 2,
      first: first(),
      authors: [
        { name: 'author@example.com' },
        { name: 'bob@example.com', namespaces: ['staging', 'team-*'] },
      ],
    });
    const stdin =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: NS}\nstringData: {a: made-up}\n';
    const own = await ws.cli(['seal', '--signing-key', bob], {
      stdin: stdin.replace('NS', 'team-x'),
    });
    expect(own.stdout).toContain('signed by bob@example.com');
    const foreign = await ws.cli(['seal', '--signing-key', bob], {
      stdin: stdin.replace('NS', 'prod'),
    });
    expect(foreign.stderr).toContain('bob@example.com may not write to namespace prod');
    ws.git('clean', '-fdq', 'secrets/prod');
    ws.commit('Add Bob');
    execFileSync('git', ['pull', '-q'], { cwd, env: ws.env });
    expect((await ws.cli(['verify'], { cwd })).code).toBe(0);
    expect((await ws.cli(['verify'], { cwd, env: { EDGESEAL_ROOT: first() } })).code).toBe(0);
    execFileSync('git', ['checkout', '-q', 'HEAD~1'], { cwd, env: ws.env });
    const old = await ws.cli(['verify'], { cwd });
    expect(old.stderr).toContain('stands on trust root 1, root 2 was seen already');
    const fork = await ws.cli(['trust', 'add-author', 'eve', '--key', `${bob}.pub`], { cwd });
    expect([fork.code, fork.stderr]).toEqual([
      3,
      expect.stringContaining('merge the newer main first'),
    ]);
  });

  it('adds keys and namespaces to an author who is there, and nothing twice', async () => {
    await addBob('--namespaces', 'staging');
    const more = join(ws.folder, 'bob2');
    await generateSigningKey(more, 'made-up', ws.env);
    const line = readFileSync(`${more}.pub`, 'utf8').trim();
    const add = ['trust', 'add-author', 'bob@example.com'];
    expect((await ws.cli([...add, '--key', line, '--namespaces', 'prod'])).code).toBe(0);
    const listed = (await show()).authors.find(({ name }) => name === 'bob@example.com');
    expect(listed).toMatchObject({ namespaces: ['staging', 'prod'] });
    expect(listed?.keys).toHaveLength(2);
    const twice = await addBob();
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('already')]);
    const stolen = await ws.cli(['trust', 'add-author', 'eve', '--key', `${bob}.pub`]);
    expect([stolen.code, stolen.stderr]).toEqual([
      2,
      expect.stringContaining('the key of bob@example.com'),
    ]);
    expect(readdirSync(join(ws.repo, 'trust')).sort()).toEqual([
      '1.sig',
      '1.yaml',
      '2.sig',
      '2.yaml',
      '3.sig',
      '3.yaml',
    ]);
  });

  it('refuses who may not sign roots, and wrong input, and writes nothing', async () => {
    const rsa = join(ws.folder, 'rsa');
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', rsa]);
    const bobsOwn = await addBob('--signing-key', bob);
    expect([bobsOwn.code, bobsOwn.stderr]).toEqual([
      3,
      expect.stringContaining('may not sign trust roots'),
    ]);
    const add = (...args: string[]): Promise<CliResult> => ws.cli(['trust', 'add-author', ...args]);
    expect((await add('x')).stderr).toContain('whose key?');
    expect((await add('x', '--key', `${rsa}.pub`)).code).toBe(2);
    expect((await add('x', '--key', 'none.pub')).code).toBe(2);
    expect((await add('a\u001b[2J', '--key', `${bob}.pub`)).code).toBe(2);
    expect((await addBob('--namespaces', 'Team/*')).code).toBe(2);
    expect(ws.git('status', '--porcelain')).toBe('');
  });

  it('is refused as a chain where a signature does not go with its root', async () => {
    await addBob();
    ws.write('trust/2.sig', ws.read('trust/1.sig'));
    const result = await ws.cli(['verify']);
    expect([result.code, result.stderr]).toEqual([3, expect.stringContaining('trust/2.yaml')]);
  });
});

describe('a root that was made and thrown away', () => {
  it('does not lock its maker out: the hint is the way back', async () => {
    await addBob();
    await ws.cli(['verify']);
    ws.git('clean', '-fdq', 'trust');
    const stuck = await addBob();
    expect(stuck.code).toBe(3);
    const command =
      /only if .*: edgeseal (trust accept [0-9a-f]{64})/.exec(stuck.stderr)?.[1] ?? '';
    expect((await ws.cli(command.split(' '))).code).toBe(0);
    expect((await addBob()).code).toBe(0);
  });
});

describe('a second chain of roots', () => {
  it('is refused by a clone that has seen the first, until its person says which', async () => {
    await addBob('--namespaces', 'a');
    await ws.cli(['verify']);
    const seen = [ws.read('trust/2.yaml'), ws.read('trust/2.sig')] as const;
    ws.git('clean', '-fdq', 'trust');
    await ws.cli(['trust', 'accept', first()]);
    await addBob('--namespaces', 'b');
    await ws.cli(['verify']);
    ws.write('trust/2.yaml', seen[0]);
    ws.write('trust/2.sig', seen[1]);
    const forked = await ws.cli(['verify']);
    expect([forked.code, forked.stderr]).toEqual([
      3,
      expect.stringContaining('another trust root 2 than the one that this clone has seen'),
    ]);
    const doctor = await ws.cli(['doctor', '-o', 'json']);
    expect(doctor.stdout).toContain(`edgeseal trust accept ${first()}`);
    expect((await ws.cli(['trust', 'accept', first()])).code).toBe(0);
    expect((await ws.cli(['verify'])).code).toBe(0);
  });
});

describe('trust add-publisher', () => {
  it('lets a key publish, and sign the heartbeat where that is said', async () => {
    const before = await show();
    const add = (...more: string[]): Promise<CliResult> =>
      ws.cli(['trust', 'add-publisher', '--key', `${bob}.pub`, ...more]);
    expect((await add()).code).toBe(0);
    const after = await show();
    expect(after.publishers.keys).toHaveLength(2);
    expect(after.heartbeat).toBe(before.heartbeat);
    expect((await add()).code).toBe(2);
    const beats = await add('--heartbeat');
    expect(beats.stdout).toContain('signs the heartbeat from now on');
    expect((await show()).heartbeat).toBe(after.publishers.keys[1]);
    expect((await add('--key', join(ws.folder, 'home/.ssh/id_ed25519.pub'))).code).toBe(2);
    expect((await show()).number).toBe(3);
  });
});

describe('trust show', () => {
  it('prints what others compare, for people', async () => {
    const { stdout, stderr } = await ws.cli(['trust', 'show']);
    expect(stdout).toContain(`fingerprint   ${first().replace(/(.{4})(?=.)/g, '$1-')}`);
    expect(stderr).toContain(`edgeseal trust accept ${first()}`);
    expect(stderr).toContain(`EDGESEAL_ROOT=${first()}`);
  });
});
