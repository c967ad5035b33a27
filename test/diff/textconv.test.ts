import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gitIn } from '../support/branches.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

/** Made up. */
const marker = 'made-up-TEXT-7310';
let ws: Workspace;
const git = (...args: string[]): string => gitIn(ws.repo, ws.env, ...args).said;

beforeAll(async () => {
  ws = await makeWorkspace();
  ws.write('.gitattributes', 'secrets/** diff=edgeseal merge=edgeseal\n');
  await sealInto(ws, 'prod/db', { user: marker, password: marker });
  ws.commit('Seal');
  await ws.cli(['drivers']);
});
afterAll(() => {
  ws.remove();
});

it('git diff, log -p and blame show items, regions and versions in place of ciphertext', async () => {
  await setInto(ws, 'prod/db', {
    password: `${marker}, and far longer than the one before it was`,
  });
  await ws.cli(['set', 'prod/db', 'url', '--regions', 'us-west', '--from-file', '-'], {
    stdin: marker,
  });
  const lines = git('diff')
    .split('\n')
    .filter((line) => /^[-+] ?\w/.test(line))
    .map((line) => line.replace(/\([0-9a-f]{8}\)/, '(digest)'));
  expect(lines).toEqual([
    '-version 1',
    '+version 3',
    '-item password, sealed in version 1 (digest)',
    '+item password, sealed in version 2 (digest)',
    '+item url for recovery, us-west, sealed in version 3 (digest)',
    '-signature that says author@example.com (digest)',
    '+signature that says author@example.com (digest)',
  ]);
  ws.commit('Change');
  expect(git('log', '-p', '--format=%s', '--', 'secrets')).toMatch(
    /\+item url for recovery, us-west/,
  );
  const blamed = git('blame', '-s', '--textconv', 'secrets/prod/db.yaml').split('\n');
  const commitOf = (word: string): string | undefined =>
    blamed.find((line) => line.includes(` ${word}`))?.split(' ')[0];
  expect(commitOf('item user')).not.toBe(commitOf('item url'));
  expect(commitOf('item url')).toBe(commitOf('version 3'));
  expect(git('show', 'HEAD')).not.toContain(marker);
});

it('says of what it cannot read that it cannot, and shows nothing of it', () => {
  writeFileSync(join(ws.repo, 'secrets/prod/db.yaml'), `stringData: {password: ${marker}}\n`);
  const shown = git('diff');
  expect(shown).toContain('+not a sealed secret');
  expect(shown).not.toContain(marker);
  ws.git('checkout', '-q', '--', '.');
});

it('without edgeseal git shows the file as it is, and forgets that it did when edgeseal is back', async () => {
  const known = ws.git('config', 'diff.edgeseal.textconv');
  ws.git('config', 'diff.edgeseal.textconv', known.replaceAll(/'[^']*bin\.ts'/g, "'/nowhere'"));
  expect(git('show', 'HEAD')).toContain('wrapped: ');
  await ws.cli(['drivers']);
  expect(ws.git('config', 'diff.edgeseal.textconv')).toBe(known);
  expect(git('show', 'HEAD')).not.toContain('wrapped: ');
});

it('tells labels, annotations by digest, what is exposed, and who has not signed', async () => {
  const secret = readFileSync(join(ws.repo, 'secrets/prod/db.yaml'), 'utf8')
    .replace('labels: {}', 'labels: {app: web}')
    .replace('annotations: {}', 'annotations: {note: "a\\u001b[2J"}')
    .replace(/ {2}signatures:\n[^]*$/, '  signatures: []\n');
  const file = join(ws.folder, 'other.yaml');
  writeFileSync(file, secret);
  const { stdout, code } = await ws.cli(['textconv', file]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^label app=web$/m);
  expect(stdout).toMatch(/^annotation note \([0-9a-f]{8}\)$/m);
  expect(stdout).toMatch(/^not signed$/m);
  expect(stdout).toMatch(/^region recovery, keys [0-9a-f]{16}$/m);
});

it('names a file that is not there', async () => {
  const { code, stderr } = await ws.cli(['textconv', 'nowhere.yaml']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('the file cannot be read (ENOENT)')]);
});

it('works in another worktree, where nothing was installed', async () => {
  const other = join(ws.folder, 'other');
  ws.git('worktree', 'add', '-q', other);
  const { said } = gitIn(other, ws.env, 'show', 'HEAD', '--', 'secrets');
  expect(said).toContain('+item url for recovery, us-west');
});
