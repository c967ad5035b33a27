import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gitIn, listAuthor, unmerged, valuesAt } from '../support/branches.ts';
import { colleague } from '../support/colleague.ts';
import type { Colleague } from '../support/colleague.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/guides/merge.md'), 'utf8');
const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
const attributes = /`(secrets\/\*\* [^`]*)`/.exec(guide)?.[1] ?? '';

let ws: Workspace;
let bob: Colleague;
beforeAll(async () => {
  ws = await makeWorkspace();
  ws.write('.gitattributes', `${attributes}\n`);
  await sealInto(ws, 'production/db', { username: 'made-up-user', password: 'made-up-old' });
  ws.commit('Seal');
  bob = await colleague(ws, 'bob');
  await listAuthor(ws, bob, 'bob@example.com', ['production']);
  const bin = join(ws.folder, 'bin');
  mkdirSync(bin);
  const edgeseal = join(bin, 'edgeseal');
  writeFileSync(edgeseal, `#!/bin/sh\nexec ${process.execPath} ${join(root, 'cli/bin.ts')} "$@"\n`);
  chmodSync(edgeseal, 0o755);
  for (const env of [ws.env, bob.env]) env['PATH'] = `${bin}:${process.env['PATH'] ?? ''}`;
});
afterAll(() => {
  ws.remove();
});

/** Types the block that has these words. */
function type(
  words: string,
  at: { repo: string; env: NodeJS.ProcessEnv },
): { code: number; said: string } {
  const block = blocks.find((one) => one.includes(words));
  if (block === undefined) throw new Error(`the guide has no block with ${words}`);
  const shell = spawnSync('sh', ['-e', '-c', block], {
    cwd: at.repo,
    env: at.env,
    encoding: 'utf8',
  });
  return { code: shell.status ?? -1, said: `${shell.stdout}${shell.stderr}` };
}
async function bobSets(item: string, value: string): Promise<void> {
  const file = join(bob.repo, '../value');
  writeFileSync(file, value);
  expect((await bob.cli('set', 'production/db', item, '--from-file', file)).code).toBe(0);
}

it('the guide is tried word for word: set up, a merge of different items, a choice, and the button', async () => {
  for (const at of [ws, bob]) {
    const set = type('edgeseal drivers', at);
    expect([set.code, set.said]).toEqual([
      0,
      'git diff and git merge know sealed files in this clone now\n',
    ]);
  }
  bob.git('checkout', '-q', '-b', 'bobs-branch');
  await bobSets('password', 'made-up-new');
  bob.push('Rotate');
  await setInto(ws, 'production/db', { url: 'made-up-url' });
  ws.commit('URL');
  ws.git('fetch', '-q');
  const merged = type('git merge origin/bobs-branch', ws);
  expect(merged.code, merged.said).toBe(0);
  const all = { username: 'made-up-user', password: 'made-up-new', url: 'made-up-url' };
  expect(await valuesAt(ws, ws.repo, 'production/db')).toEqual(all);
  const shown = type('edgeseal diff HEAD~1', ws);
  expect(shown.said).toContain('~ rotated   password');

  await bobSets('password', 'made-up-his');
  await bobSets('username', 'made-up-his-user');
  bob.push('Again');
  await setInto(ws, 'production/db', { password: 'made-up-mine' });
  await setInto(ws, 'production/db', { username: 'made-up-my-user' });
  ws.commit('Mine');
  ws.git('fetch', '-q');
  expect(type('git merge origin/bobs-branch', ws).code).toBe(1);
  expect(unmerged(ws.repo, ws.env)).toBe('secrets/production/db.yaml');
  expect((await ws.cli(['verify'])).stdout).toContain(
    'merge it by item: edgeseal merge production/db',
  );
  const chosen = type('edgeseal merge production/db', ws);
  expect(chosen.code, chosen.said).toBe(0);
  expect(await valuesAt(ws, ws.repo, 'production/db')).toEqual({
    ...all,
    password: 'made-up-mine',
    username: 'made-up-his-user',
  });
  ws.git('push', '-q', 'origin', 'main');
  expect((await ws.cli(['verify'])).code).toBe(0);
});

it('what a host cannot merge it can once main was merged into the branch at home', async () => {
  bob.git('checkout', '-q', '-B', 'bobs-branch', 'origin/bobs-branch');
  await bobSets('late', 'made-up-late');
  bob.push('Late');
  // A host merges in a bare repository, without anybody's configuration.
  const host = (): { code: number; said: string } =>
    gitIn(ws.origin, ws.env, 'merge-tree', '--write-tree', 'main', 'bobs-branch');
  expect(host().code).toBe(1);
  const brought = type('git merge origin/main', bob);
  expect(brought.code, brought.said).toBe(0);
  expect(host().code).toBe(0);
  expect(await valuesAt(ws, bob.repo, 'production/db')).toMatchObject({
    late: 'made-up-late',
    password: 'made-up-mine',
  });
  expect((await bob.cli('verify')).code).toBe(0);
});
