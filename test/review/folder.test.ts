import { afterAll, beforeAll, expect, it } from 'vitest';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePerson } from '../support/person.ts';
import type { Person } from '../support/person.ts';

// A secrets repository that is a folder of another one.
let me: Person;
let top: string;

beforeAll(async () => {
  me = await makePerson();
  top = me.make('gitops');
  me.git(top, 'init', '-q', '-b', 'main');
  const { code, stderr } = await me.cli(
    top,
    'init',
    '--path',
    'infra/secrets',
    '--regions',
    'us-east',
  );
  if (code !== 0) throw new Error(stderr);
  me.git(top, 'add', '-A');
  me.git(top, 'commit', '-q', '--no-verify', '-m', 'Set up');
});
afterAll(() => {
  me.remove();
});

it('is reviewed with what lies beside it, paths from the top', async () => {
  me.git(top, 'checkout', '-q', '-b', 'change');
  const folder = join(top, 'infra/secrets');
  writeFileSync(join(folder, 'regions/us-east.yaml'), 'kind: Region\n');
  mkdirSync(join(top, 'apps'));
  writeFileSync(
    join(top, 'apps/app.yaml'),
    'apiVersion: v1\nkind: Secret\nmetadata: {name: app}\nstringData: {password: made-up-but-plain}\n',
  );
  me.git(top, 'add', '-A');
  me.git(top, 'commit', '-q', '--no-verify', '-m', 'Change');
  const { code, stdout } = await me.cli(folder, 'review', '--base', 'main', '--output', 'json');
  expect(code).toBe(1);
  const { reasons } = JSON.parse(stdout) as { reasons: { kind: string; file: string }[] };
  expect(reasons.map(({ kind, file }) => [kind, file])).toEqual([
    ['leak', 'apps/app.yaml'],
    ['settings', 'infra/secrets/regions/us-east.yaml'],
  ]);
});

it('is judged by where main has it, where a branch takes it away', async () => {
  me.git(top, 'checkout', '-q', '-B', 'gone', 'main');
  me.git(top, 'rm', '-q', 'infra/secrets/edgeseal.yaml');
  me.git(top, 'commit', '-q', '--no-verify', '-m', 'Take it away');
  const { code, stdout } = await me.cli(join(top, 'infra/secrets'), 'review', '--base', 'main');
  expect(code).toBe(1);
  expect(stdout).toContain('`infra/secrets/edgeseal.yaml`');
});
