import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { main } from '../../hooks/pre-commit.ts';
import { sealInto, sealedIn, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

const db = 'production/db';
const file = `secrets/${db}.yaml`;
let ws: Workspace;

beforeAll(async () => {
  ws = await makeWorkspace();
  // All values here are made up.
  await sealInto(ws, db, { password: 'made-up' });
  ws.commit('Seal');
});
afterAll(() => {
  ws.remove();
});
beforeEach(() => {
  ws.git('reset', '-q', '--hard', 'origin/main');
});

async function hook(): Promise<{ code: number; said: string; commands: string[] }> {
  let said = '';
  const stderr = { write: (text: string) => (said += text) };
  const code = await main([], { cwd: ws.repo, env: ws.env, stderr });
  const commands = said.split('\n').flatMap((line) => /^ {2}(git .*)$/.exec(line)?.[1] ?? []);
  return { code, said, commands };
}
const type = (command: string): string =>
  execFileSync('sh', ['-c', command], { cwd: ws.repo, env: ws.env, encoding: 'utf8' });

it.each([
  ['a field that nobody knows', (text: string) => text.replace('suite: 1', 'suit: 1')],
  ['nothing in it', () => ''],
  ['another name', (text: string) => text.replace('name: db', 'name: other')],
])('refuses a sealed file with %s, and what it says takes the good one back', async (_, change) => {
  const good = ws.read(file);
  ws.write(file, change(good));
  ws.git('add', '-A');
  const { code, said, commands } = await hook();
  expect(code).toBe(1);
  expect(said).toContain('commit refused: a sealed file is not as it has to be');
  expect(said).not.toContain('plaintext');
  expect(commands).toEqual([`git checkout HEAD -- ${file}`]);
  type(commands[0]!);
  expect(ws.read(file)).toBe(good);
  expect(await hook()).toMatchObject({ code: 0, said: '' });
});

it('refuses a conflict that was added as it was, and the merged side can be taken by what it says', async () => {
  const start = ws.git('rev-parse', 'HEAD');
  await setInto(ws, db, { password: 'made-up theirs' });
  const theirs = ws.read(file);
  ws.git('checkout', '-q', '-b', 'theirs');
  ws.git('commit', '-q', '-am', 'Theirs', '--no-verify');
  ws.git('checkout', '-q', 'main');
  ws.git('reset', '-q', '--hard', start);
  await setInto(ws, db, { password: 'made-up ours' });
  ws.git('commit', '-q', '-am', 'Ours', '--no-verify');
  expect(() => ws.git('merge', '-q', 'theirs')).toThrow();
  expect(ws.read(file)).toContain('<<<<<<<');
  ws.git('add', '-A');
  const { code, said, commands } = await hook();
  expect(code).toBe(1);
  expect(said).toMatch(/db\.yaml:\d+: not readable as a sealed file: a merge conflict/);
  expect(said).toContain(`edgeseal set ${db} ITEM`);
  expect(commands[0]).toBe(`git checkout --merge -- ${file} && npx edgeseal merge production/db`);
  expect(commands[1]).toBe(`git checkout MERGE_HEAD -- ${file}`);
  type(commands[1]!);
  expect(ws.read(file)).toBe(theirs);
  expect((await hook()).code).toBe(0);
  const again = await ws.cli(['set', db, 'password', '--from-file', '-'], { stdin: 'made-up' });
  expect(again.code, again.stderr).toBe(0);
  expect(sealedIn(ws, db).spec.version).toBe(3);
  ws.git('add', '-A');
  ws.git('commit', '-q', '-m', 'Merge', '--no-verify');
  expect((await ws.cli(['verify'])).code).toBe(0);
});

it('says of a new one how to leave it out, and looks at no folder that only has that name', async () => {
  ws.write('secrets/production/new.yaml', 'kind: EdgeSecret\n');
  ws.git('add', '-A');
  const { commands } = await hook();
  type(commands[0]!);
  expect(await hook()).toMatchObject({ code: 0, said: '' });
  ws.git('clean', '-fdq');
  ws.write('elsewhere/secrets/production/new.yaml', 'kind: EdgeSecret\n');
  ws.git('add', '-A');
  expect(await hook()).toMatchObject({ code: 0, said: '' });
});
