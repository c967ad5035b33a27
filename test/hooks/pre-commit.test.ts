import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateRegionKey } from '../../core/crypto/region-key.ts';
import { main } from '../../hooks/pre-commit.ts';
import { homeIn, runCli } from '../support/workspace.ts';

// All values here are made up.
const plain =
  'apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  password: made-up\n';

let folder = '';
let repo = '';
let env: NodeJS.ProcessEnv = {};
const git = (...args: string[]): string =>
  execFileSync('git', args, {
    cwd: repo,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const write = (path: string, content: string | Buffer): void => {
  mkdirSync(dirname(join(repo, path)), { recursive: true });
  writeFileSync(join(repo, path), content);
};
async function hook(cwd = repo): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const stderr = { write: (text: string) => said.push(text) };
  const code = await main([], { cwd, env, stderr });
  return { code, said: said.join('') };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeseal-hook-'));
  repo = join(folder, 'repo');
  env = homeIn(folder);
  mkdirSync(repo);
  git('init', '-q');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the first commit', () => {
  it('is refused with a plaintext Secret, and says what to do', async () => {
    write('deploy/db.yaml', plain);
    git('add', '-A');
    const { code, said } = await hook();
    expect(code).toBe(1);
    expect(said).toContain('deploy/db.yaml:5: plaintext Secret db (password)');
    expect(said).toContain('edgeseal init --path secrets');
    expect(said).toContain('git rm --cached -- deploy/db.yaml');
    expect(said).not.toContain('made-up');
  });

  it('may go on without', async () => {
    write('a.yaml', 'kind: ConfigMap\n');
    git('add', '-A');
    expect(await hook()).toEqual({ code: 0, said: '' });
    git('rm', '-q', '--cached', 'a.yaml');
    expect(await hook()).toEqual({ code: 0, said: '' });
  });
});

describe('a later commit', () => {
  beforeEach(() => {
    write('README.md', 'made-up\n');
    write('db.yaml', 'kind: ConfigMap\n');
    git('add', '-A');
    git('commit', '-q', '-m', 'Start');
  });

  it('is judged by what is staged, not by the working tree', async () => {
    write('db.yaml', plain);
    expect((await hook()).code).toBe(0);
    git('add', 'db.yaml');
    write('db.yaml', 'kind: ConfigMap\n');
    const { code, said } = await hook();
    expect(code).toBe(1);
    expect(said).toContain('git restore --staged -- db.yaml');
    git('add', 'db.yaml');
    expect((await hook()).code).toBe(0);
  });

  it('sees what was renamed, executable, in an odd place or without data before', async () => {
    const odd = 'wo ist\'s "das"\n\u001b[31m/ä.yaml';
    write(odd, plain);
    write('empty', '');
    write('run.yaml', plain);
    git('add', '-A');
    git('update-index', '--chmod=+x', 'run.yaml');
    const { code, said } = await hook();
    expect(code).toBe(1);
    expect(said).toContain('run.yaml:5');
    expect(said).not.toContain('\u001b');
    expect(said.match(/plaintext Secret/g)).toHaveLength(2);
  });

  it('leaves alone deletions, links, submodules and files only meant to be added', async () => {
    git('rm', '-q', 'db.yaml');
    symlinkSync('/etc/hostname', join(repo, 'link.yaml'));
    git('add', 'link.yaml');
    git('update-index', '--add', '--cacheinfo', `160000,${git('rev-parse', 'HEAD').trim()},sub`);
    write('later.yaml', plain);
    git('add', '--intent-to-add', 'later.yaml');
    expect(await hook()).toEqual({ code: 0, said: '' });
  });

  it('is refused with a private region key, whatever the file', async () => {
    const { line } = await generateRegionKey();
    write('notes.txt', Buffer.concat([Buffer.from('\n'), line.reveal()]));
    git('add', '-A');
    const { code, said } = await hook();
    expect(code).toBe(1);
    expect(said).toContain('notes.txt:2: a private region key');
    expect(said).not.toContain(Buffer.from(line.reveal()).toString().slice(-20));
  });

  it('names the command that mends it, as it can be called from where the person is', async () => {
    write('infra/secrets/edgeseal.yaml', 'made-up\n');
    write('infra/secrets/node_modules/.bin/edgeseal', '#!/bin/sh\n');
    chmodSync(join(repo, 'infra/secrets/node_modules/.bin/edgeseal'), 0o755);
    write('.gitignore', 'node_modules\n');
    write('apps/db.yaml', plain);
    git('add', '-A');
    expect((await hook()).said).toContain('\n  infra/secrets/node_modules/.bin/edgeseal fix\n');
    env['GIT_PREFIX'] = 'apps/';
    expect((await hook()).said).toContain('\n  ../infra/secrets/node_modules/.bin/edgeseal fix\n');
    env['GIT_PREFIX'] = 'infra/secrets/';
    expect((await hook()).said).toContain('\n  npx edgeseal fix\n');
    write('bin/edgeseal', '#!/bin/sh\n');
    chmodSync(join(repo, 'bin/edgeseal'), 0o755);
    env['PATH'] = `${env['PATH'] ?? ''}:${join(repo, 'bin')}`;
    expect((await hook()).said).toContain('\n  edgeseal fix\n');
  });

  it('reads many and large files', async () => {
    for (let i = 0; i < 300; i += 1) write(`many/${i}.yaml`, `kind: ConfigMap\n# ${i}\n`);
    write('many/z.yaml', plain);
    write('large.bin', Buffer.alloc(5_000_000, 7));
    git('add', '-A');
    const { code, said } = await hook();
    expect(code).toBe(1);
    expect(said).toContain('many/z.yaml:5');
  });
});

it('fails outside of a repository rather than let pass', async () => {
  await expect(hook(folder)).rejects.toThrow('git diff failed');
});

it('runs as a command, and stops a real commit, also one of named files, which has an index of its own', async () => {
  write('db.yaml', plain);
  git('add', '-A');
  const result = await runCli(['hook', 'pre-commit'], { cwd: repo, env, stdin: '' });
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('commit refused');
  const other = await runCli(['hook', 'constructor'], { cwd: repo, env, stdin: '' });
  expect(other.code).toBe(2);
  const script = `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, '../../cli/bin.ts')}" hook pre-commit\n`;
  writeFileSync(join(repo, '.git/hooks/pre-commit'), script, { mode: 0o755 });
  expect(() => git('commit', '-q', '-m', 'Leak')).toThrow(/commit refused/);
  expect(() => git('rev-parse', '--verify', '--quiet', 'HEAD')).toThrow();
  git('rm', '-q', '--cached', 'db.yaml');
  git('commit', '-q', '--allow-empty', '-m', 'No leak');
  write('db.yaml', plain);
  git('add', 'db.yaml');
  write('other.txt', 'made-up\n');
  git('add', 'other.txt');
  git('commit', '-q', '-m', 'One file', 'other.txt');
  expect(git('show', '--name-only', '--format=', 'HEAD').trim()).toBe('other.txt');
  expect(() => git('commit', '-q', '-m', 'Leak', 'db.yaml')).toThrow(/commit refused/);
});
