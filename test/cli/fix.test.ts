import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main as preCommit } from '../../hooks/pre-commit.ts';
import { plainSecret } from '../support/git-repository.ts';
import { sealedIn } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

// All values here are made up.
let ws: Workspace;
beforeEach(async () => {
  ws = await makeWorkspace();
});
afterEach(() => {
  // Git's objects hold what was staged, which is what these tests begin with.
  ws.remove({ stagesPlaintext: true });
});
const fix = (...args: string[]): Promise<CliResult> => ws.cli(['fix', ...args]);
const staged = (): string => ws.git('diff', '--cached', '--name-status', '--no-renames');
async function hook(): Promise<number> {
  return await preCommit([], { cwd: ws.repo, env: ws.env, stderr: { write: () => true } });
}
/** What a region opens. */
async function opened(secret: string): Promise<string> {
  const { stdout, stderr } = await ws.cli(['unseal', secret, '--key', ws.keyFile('us-east')]);
  return stdout + stderr;
}
const sealedDb = 'secrets/production/db.yaml';

it('makes a good commit of a refused one: sealed for the regions of the policy, no plaintext left', async () => {
  ws.write('deploy/db.yaml', plainSecret('db', 'made-up value'));
  ws.git('add', '-A');
  expect(await hook()).toBe(1);
  const { code, stdout, stderr } = await fix();
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('sealed version 1 for eu-central, us-east, us-west');
  expect(stderr).toContain('git gc --prune=now');
  expect(staged()).toBe(`A\t${sealedDb}`);
  expect(existsSync(join(ws.repo, 'deploy/db.yaml'))).toBe(false);
  expect(await opened('production/db')).toContain('made-up value');
  expect(await hook()).toBe(0);
  ws.git('commit', '-q', '-m', 'Seal');
  expect((await ws.cli(['verify'])).code).toBe(0);
  const blobs = (): string => ws.git('cat-file', '--batch-all-objects', '--batch-check');
  const before = blobs().split('\n').length;
  execFileSync('sh', ['-c', 'git gc -q --prune=now'], { cwd: ws.repo, env: ws.env });
  expect(blobs().split('\n').length).toBe(before - 1);
});

it('seals what holds a value that was sealed here already', async () => {
  ws.write('deploy/db.yaml', plainSecret('db', 'made-up value'));
  ws.git('add', '-A');
  expect((await fix()).code).toBe(0);
  ws.git('commit', '-q', '-m', 'Seal');
  ws.write('deploy/again.yaml', plainSecret('again', 'made-up value'));
  ws.write('deploy/quoted.yaml', plainSecret('quoted', '"made-up value"'));
  ws.git('add', '-A');
  const words: string[] = [];
  const stderr = { write: (text: string): boolean => words.push(text) > 0 };
  expect(await preCommit([], { cwd: ws.repo, env: ws.env, stderr })).toBe(1);
  expect(words.join('')).toContain('edgeseal fix');
  expect(words.join('')).not.toContain('edgeseal:allow');
  expect((await fix()).code).toBe(0);
  expect(staged()).toBe('A\tsecrets/production/again.yaml\nA\tsecrets/production/quoted.yaml');
});

it('is what edgeseal hook pre-commit --fix does, too', async () => {
  ws.write('db.yaml', plainSecret('db'));
  ws.git('add', '-A');
  const { code, stderr } = await ws.cli(['hook', 'pre-commit', '--fix']);
  expect(code, stderr).toBe(0);
  expect(staged()).toBe(`A\t${sealedDb}`);
});

it('leaves the other documents of a file as they are, byte for byte', async () => {
  const before = '# Ours\nkind:   ConfigMap\n';
  const after = '---  # kept\nkind: Deployment\r\n';
  ws.write('all.yaml', `${before}---\n${plainSecret('db')}${after}`);
  chmodSync(join(ws.repo, 'all.yaml'), 0o755);
  ws.git('add', '-A');
  expect((await fix()).code).toBe(0);
  expect(ws.read('all.yaml')).toBe(before + after);
  expect(statSync(join(ws.repo, 'all.yaml')).mode & 0o100).toBe(0o100);
  expect(staged()).toBe(`A\tall.yaml\nA\t${sealedDb}`);
  expect(ws.git('status', '--porcelain', 'all.yaml')).toBe('A  all.yaml');
});

it('seals a Secret of JSON, of a List, and many of one file', async () => {
  const json = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'a', namespace: 'production' },
    stringData: { x: 'made-up' },
  };
  ws.write('a.json', JSON.stringify(json));
  ws.write(
    'list.yaml',
    `apiVersion: v1\nkind: List\nitems:\n- ${JSON.stringify({ ...json, metadata: { name: 'b', namespace: 'production' } })}\n`,
  );
  ws.write('two.yaml', `${plainSecret('c')}---\n${plainSecret('d')}`);
  ws.git('add', '-A');
  expect((await fix()).code).toBe(0);
  expect(staged()).toBe(
    ['a', 'b', 'c', 'd'].map((n) => `A\tsecrets/production/${n}.yaml`).join('\n'),
  );
});

it('replaces plaintext that lies where the sealed file belongs, and raises the version of what was there', async () => {
  ws.write(sealedDb, plainSecret('db'));
  ws.git('add', '-A');
  expect((await fix()).code).toBe(0);
  ws.git('commit', '-q', '-m', 'Seal');
  ws.write(sealedDb, plainSecret('db', 'made-up other'));
  ws.git('add', '-A');
  expect(await hook()).toBe(1);
  expect((await fix()).code).toBe(0);
  expect(sealedIn(ws, 'production/db').spec.version).toBe(2);
  expect(await hook()).toBe(0);
});

it('mends what git commit -a would add, of which nothing is staged', async () => {
  ws.write('db.yaml', 'kind: ConfigMap\n');
  ws.commit('Start');
  ws.write('db.yaml', plainSecret('db'));
  expect((await fix()).code).toBe(0);
  expect(staged()).toBe(`D\tdb.yaml\nA\t${sealedDb}`);
});

it('mends files that are named, of which Git does not know yet', async () => {
  ws.write('a/db.yaml', plainSecret('db'));
  ws.write('a/keep.yaml', `kind: ConfigMap\n---\n${plainSecret('keep')}`);
  const { code, stderr } = await ws.cli(['fix', 'db.yaml', 'keep.yaml'], {
    cwd: join(ws.repo, 'a'),
  });
  expect(code, stderr).toBe(0);
  expect(existsSync(join(ws.repo, 'a/db.yaml'))).toBe(false);
  expect(ws.read('a/keep.yaml')).toBe('kind: ConfigMap\n');
  expect(staged()).toBe(`A\t${sealedDb}\nA\tsecrets/production/keep.yaml`);
});

describe('loses nothing', () => {
  it('where the working tree has something else than what is staged', async () => {
    ws.write('db.yaml', plainSecret('db'));
    ws.git('add', '-A');
    const more = `${plainSecret('db')}  other: made-up\n`;
    ws.write('db.yaml', more);
    const { code, stderr } = await fix();
    expect(code).toBe(2);
    expect(stderr).toContain('git add -- db.yaml');
    expect(ws.read('db.yaml')).toBe(more);
    expect(staged()).toBe('A\tdb.yaml');
    ws.git('add', '--', 'db.yaml');
    expect((await fix()).code).toBe(0);
    expect(await opened('production/db')).toContain('other');
  });

  it('where the file was deleted since', async () => {
    ws.write('db.yaml', plainSecret('db'));
    ws.git('add', '-A');
    execFileSync('rm', [join(ws.repo, 'db.yaml')]);
    expect((await fix()).code).toBe(0);
    expect(staged()).toBe(`A\t${sealedDb}`);
  });

  it('where some files cannot be sealed: they are said, the others are sealed', async () => {
    ws.write('a.yaml', plainSecret('db'));
    ws.write(
      'b.yaml',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: b}\nstringData: {x: made-up}\n',
    );
    ws.git('add', '-A');
    const first = await fix();
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('b.yaml:1: the Secret b names no namespace');
    expect(first.stderr).toContain('edgeseal fix --namespace NAMESPACE');
    expect(staged()).toBe(`A\tb.yaml\nA\t${sealedDb}`);
    expect((await fix('--namespace', 'production')).code).toBe(0);
    expect(staged()).toBe(`A\tsecrets/production/b.yaml\nA\t${sealedDb}`);
  });

  it('where a List has other objects, too: it says to split it', async () => {
    const item = (yaml: string): string => `- ${yaml.trimEnd().replaceAll('\n', '\n  ')}\n`;
    const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n';
    const list = `apiVersion: v1\nkind: List\nitems:\n${item(map)}${item(plainSecret('db'))}`;
    ws.write('list.yaml', list);
    ws.git('add', '-A');
    const { code, stderr } = await fix();
    expect(code).toBe(1);
    expect(stderr).toContain('list.yaml:4: a List holds something else beside a Secret');
    expect(stderr).toContain('split the List');
    expect(ws.read('list.yaml')).toBe(list);
    expect(staged()).toBe('A\tlist.yaml');
    ws.write('list.yaml', `${map}---\n${plainSecret('db')}`);
    ws.git('add', '-A');
    expect((await fix()).code).toBe(0);
    expect(ws.read('list.yaml')).toBe(map);
  });

  it('where the policy names no region: it says which command does', async () => {
    ws.write('edgeseal.yaml', ws.read('edgeseal.yaml').replace(/^ {2}defaultRegions:[^]*$/m, ''));
    ws.commit('No regions by default');
    ws.write('db.yaml', plainSecret('db'));
    ws.git('add', '-A');
    const { code, stderr } = await fix();
    expect(code).toBe(2);
    expect(stderr).toContain('edgeseal fix --regions eu-central,us-east,us-west\n');
    expect(staged()).toBe('A\tdb.yaml');
    expect((await fix('--regions', 'us-east')).code).toBe(0);
    expect(staged()).toBe(`A\tpolicy/distribution-policy.yaml\nA\t${sealedDb}`);
  });
});

it('says that what an earlier commit has is not mended by it', async () => {
  ws.write('db.yaml', plainSecret('db'));
  ws.commit('Leak');
  ws.write('db.yaml', plainSecret('db', 'made-up other'));
  ws.git('add', '-A');
  const { code, stderr } = await fix();
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('db.yaml was there before');
  expect(staged()).toBe(`D\tdb.yaml\nA\t${sealedDb}`);
});

it('is found from a folder elsewhere in the Git repository, and seals into the only secrets repository', async () => {
  mkdirSync(join(ws.repo, 'apps'));
  ws.write('apps/db.yaml', plainSecret('db'));
  ws.git('add', '-A');
  const { code } = await ws.cli(['fix'], { cwd: join(ws.repo, 'apps') });
  expect(code).toBe(0);
  expect(staged()).toBe(`A\t${sealedDb}`);
});

it('keeps line ends as Git converts them, and odd names', async () => {
  ws.git('config', 'core.autocrlf', 'true');
  ws.write('all.yaml', `kind: ConfigMap\r\n---\r\n${plainSecret('db').replaceAll('\n', '\r\n')}`);
  const odd = Buffer.concat([
    Buffer.from(`${ws.repo}/-odd `),
    Buffer.from([0xff, 0x0a]),
    Buffer.from('.yaml'),
  ]);
  writeFileSync(odd, plainSecret('odd'));
  ws.git('add', '-A');
  const { code, stderr } = await fix();
  expect(code, stderr).toBe(0);
  expect(ws.read('all.yaml')).toBe('kind: ConfigMap\r\n');
  expect(ws.git('show', ':all.yaml')).toBe('kind: ConfigMap');
  expect(existsSync(odd)).toBe(false);
  expect(ws.git('status', '--porcelain')).not.toMatch(/^.[MD?]/m);
});

it('has nothing to do where nothing is staged in plaintext, and says what else is refused', async () => {
  expect(await fix()).toMatchObject({ code: 0, stdout: '' });
  ws.write('notes.txt', 'db: postgres://app:made-up-4711@db.example.com/app\n');
  ws.git('add', '-A');
  const { code, stderr } = await fix();
  expect(code).toBe(1);
  expect(stderr).toContain('notes.txt:1');
});
