import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { plainSecret } from '../support/git-repository.ts';
import { sealInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/guides/hooks.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );
const [fix, commit, install, husky, server, pin, ...others] = blocks('sh');
const [lefthook = '', preCommit = '', ...more] = blocks('yaml');

let ws: Workspace;
beforeEach(async () => {
  ws = await makeWorkspace();
  // What npm installs: the command, where `npx` finds it.
  const bin = join(ws.repo, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  const command = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'cli/bin.ts')}' "$@"\n`;
  writeFileSync(join(bin, 'edgeseal'), command, { mode: 0o755 });
  for (const name of ['husky', 'simple-git-hooks'])
    symlinkSync(join(root, 'node_modules/.bin', name), join(bin, name));
  ws.write('.gitignore', 'node_modules/\n');
  ws.write('package.json', '{"name": "made-up", "private": true}\n');
  ws.env['PATH'] = `${join(root, 'node_modules/.bin')}${delimiter}${ws.env['PATH'] ?? ''}`;
});
afterEach(() => {
  ws.remove({ stagesPlaintext: true });
});

/** Types a block at a shell. */
function type(
  block = '',
  env: NodeJS.ProcessEnv = {},
  cwd = ws.repo,
): { code: number; said: string } {
  const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', block], {
    cwd,
    env: { ...ws.env, ...env },
    encoding: 'utf8',
  });
  return { code: status ?? -1, said: stdout + stderr };
}
/** The same, with edgeseal on the PATH. */
const typeWith = (block = ''): { code: number; said: string } =>
  type(block, { PATH: `${join(ws.repo, 'node_modules/.bin')}${delimiter}${ws.env['PATH'] ?? ''}` });

/** A leak by each of three ways is refused, and what is none goes through. */
function gatesHold(): void {
  ws.git('add', '-A');
  expect(type('git commit -q -m "Set up"')).toMatchObject({ code: 0 });
  ws.write('db.yaml', plainSecret('db'));
  ws.git('add', '-A');
  expect(type('git commit -q -m Leak').said).toContain('db.yaml:5: plaintext Secret production/db');
  ws.git('commit', '-q', '--no-verify', '-m', 'Leak');
  expect(type('git push -q origin main').said).toContain('push refused, nothing was pushed');
  ws.git('reset', '-q', '--hard', 'HEAD~1');
  ws.write('message', `Say it\n\n${plainSecret('db')}`);
  expect(type('git commit -q --allow-empty -F message').said).toContain('the message:7');
  rmSync(join(ws.repo, 'message'));
  expect(type('git push -q origin main')).toMatchObject({ code: 0 });
}

it('has no block that is not tried here', () => {
  expect([others, more]).toEqual([[], []]);
});

it('npm install sets the hooks of a repository that init has made', async () => {
  const made = join(ws.folder, 'made');
  mkdirSync(made);
  const { code } = await ws.cli(['init', '--regions', 'us-east', '--default-regions', 'us-east'], {
    cwd: made,
  });
  expect(code).toBe(0);
  expect(install).toBe('npm install\n');
  // What package.json has npm run after it has installed.
  writeFileSync(join(ws.repo, 'package.json'), readFileSync(join(made, 'package.json')));
  expect(type('./node_modules/.bin/simple-git-hooks')).toMatchObject({ code: 0 });
  gatesHold();
  ws.write('db.yaml', plainSecret('db'));
  ws.git('add', '-A');
  expect(type('git commit -q -m Leak').said).toContain('\n  npx edgeseal fix\n');
  expect(typeWith(fix)).toMatchObject({ code: 0 });
  expect(type(commit)).toMatchObject({ code: 0 });
  expect(ws.git('show', '--name-only', '--format=%s').split('\n')).toEqual([
    'Database credentials',
    '',
    'secrets/production/db.yaml',
  ]);
});

it('husky takes the lines as they are', () => {
  expect(type('husky')).toMatchObject({ code: 0 });
  expect(type(husky)).toMatchObject({ code: 0 });
  gatesHold();
});

it('lefthook and pre-commit are handed commands that there are, with what each of them needs', () => {
  const hooks = parse(lefthook) as Record<
    string,
    { commands: { edgeseal: Record<string, unknown> } }
  >;
  const bash = (run: string): string[] => run.split(' ');
  for (const [name, { commands }] of Object.entries(hooks))
    expect(bash(commands.edgeseal['run'] as string).slice(0, 4)).toEqual([
      'npx',
      'edgeseal',
      'hook',
      name,
    ]);
  expect(hooks['pre-push']?.commands.edgeseal['use_stdin']).toBe(true);
  const offered = parse(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8')) as {
    id: string;
    entry: string;
    stages: string[];
  }[];
  const config = parse(preCommit) as { repos: { hooks: { id: string }[] }[] };
  expect(config.repos[0]?.hooks.map(({ id }) => id)).toEqual(offered.map(({ id }) => id));
  // As pre-commit calls it: Git's words to pre-push in the environment, and nothing on standard input.
  ws.write('db.yaml', plainSecret('db'));
  ws.git('add', '-A');
  ws.git('commit', '-q', '--no-verify', '-m', 'Leak');
  const push = offered.find(({ stages }) => stages.includes('pre-push'));
  const env = { PRE_COMMIT: '1', PRE_COMMIT_TO_REF: 'HEAD', PRE_COMMIT_REMOTE_NAME: 'origin' };
  expect(type(`${push?.entry ?? ''} < /dev/null`, env).said).toContain('db.yaml:5');
});

it('a server refuses what its users let pass', async () => {
  const home = join(ws.folder, 'srv');
  mkdirSync(home);
  execFileSync('git', ['clone', '-q', '--bare', ws.origin, join(home, 'secrets.git')], {
    env: ws.env,
  });
  const bin = join(ws.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'edgeseal'), readFileSync(join(ws.repo, 'node_modules/.bin/edgeseal')), {
    mode: 0o755,
  });
  ws.env['PATH'] = `${bin}${delimiter}${ws.env['PATH'] ?? ''}`;
  expect(type(server, {}, home)).toMatchObject({ code: 0 });
  const { stdout } = await ws.cli(['trust', 'show', '-o', 'json']);
  const [fingerprint = ''] = /(?:[0-9a-f]{4}-){15}[0-9a-f]{4}|[0-9a-f]{64}/.exec(stdout) ?? [];
  expect(type(pin, { FINGERPRINT: fingerprint }, home)).toMatchObject({ code: 0 });
  ws.git('remote', 'set-url', 'origin', join(home, 'secrets.git'));
  ws.write('db.yaml', plainSecret('db'));
  ws.git('add', '-A');
  ws.git('commit', '-q', '-m', 'Leak');
  expect(type('git push origin main').said).toContain('push refused, nothing was taken');
  ws.git('reset', '-q', '--hard', 'HEAD~1');
  await sealInto(ws, 'production/db', { password: 'made-up' }, { sign: false });
  ws.git('add', '-A');
  ws.git('commit', '-q', '-m', 'Seal unsigned');
  expect(type('git push origin main').said).toContain('it is not signed');
  expect(type('git push origin main:newcomer')).toMatchObject({ code: 0 });
  expect((await ws.cli(['sign', 'production/db', '--yes'])).code).toBe(0);
  ws.git('commit', '-q', '-am', 'Sign');
  expect(type('git push origin main')).toMatchObject({ code: 0 });
  expect(existsSync(join(home, 'secrets.git/hooks/pre-receive'))).toBe(true);
});
