import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkspace } from '../../support/workspace.ts';

const root = join(import.meta.dirname, '../../..');
const guide = readFileSync(join(root, 'docs/guides/scan.md'), 'utf8');
const [scan, places, machines, rules, allow, baseline, ...others] = [
  ...guide.matchAll(/^```sh\n(.*?)^```$/gms),
].map(([, text = '']) => text);
const [shown = '', comments = ''] = [...guide.matchAll(/^```text\n(.*?)^```$/gms)].map(
  ([, text = '']) => text,
);

const ws = await makeWorkspace();
const value = 'made-up-S3cret-of-the-guide';
/** A region's private key, made up. */
const key = `edgeseal-region-key-1-${'G'.repeat(43)}`;

/** Types a block at a shell, line by line. @returns the exit codes, and what was shown */
function type(block = ''): { codes: number[]; stdout: string; stderr: string } {
  const codes: number[] = [];
  let out = '';
  let err = '';
  for (const line of block.trim().split('\n')) {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
      cwd: ws.repo,
      env: { ...ws.env, PATH: `${ws.folder}/bin:${process.env['PATH'] ?? ''}` },
      encoding: 'utf8',
    });
    codes.push(status ?? -1);
    out += stdout;
    err += stderr;
  }
  expect(out + err).not.toContain(value);
  return { codes, stdout: out, stderr: err };
}

beforeAll(async () => {
  expect(others).toEqual([]);
  const bin = join(ws.folder, 'bin');
  mkdirSync(bin);
  const programs = {
    edgeseal: `exec ${process.execPath} ${join(root, 'cli/bin.ts')} "$@"`,
    kubectl: `echo 'log in with ${value}'`,
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const set = ['set', 'production/db', 'password', '--new', '--from-file', '-'];
  expect((await ws.cli(set, { stdin: value })).code).toBe(0);
  ws.write('docs/example.md', `# Keys\n\n${key}\n`);
  ws.write('deploy/app.yaml', 'kind: ConfigMap\n');
  ws.commit('begin');
  ws.write('README.md', `# Access\n\nlog in with ${value}\n`);
});
afterAll(() => {
  ws.remove({ stagesPlaintext: true });
});

it('finds what it shows', () => {
  const { codes, stdout, stderr } = type(scan);
  expect(codes).toEqual([1]);
  const [finding = '', remedy = ''] = shown.split('\n');
  expect(stdout.split('\n')).toContain(finding);
  expect(stderr.split('\n')).toContain(remedy);
});

it('looks at each place', () => {
  // The file, the log; nothing is staged, nothing is ahead of main, and history has the example's key.
  expect(type(places).codes).toEqual([1, 1, 0, 0, 1]);
});

it('writes for machines', () => {
  const { codes, stdout } = type(machines);
  expect(codes).toEqual([1, 1, 1, 1]);
  expect(stdout).toContain('"rule": "known-value"');
  expect(stdout).toMatch(/^::error file=README\.md,line=3/m);
  for (const file of ['edgeseal.sarif', 'edgeseal.xml'])
    expect(existsSync(join(ws.repo, file))).toBe(true);
});

it('explains itself', () => {
  const { codes, stdout } = type(rules);
  expect(codes).toEqual([0, 0]);
  expect(stdout).toContain('known-value: a value that was sealed or opened in this clone');
});

it('leaves alone what the allow list, a comment and a baseline name', async () => {
  expect(type(allow).codes).toEqual([0, 0]);
  expect(type('edgeseal scan docs').codes).toEqual([0]);
  const [bare = '', named = ''] = comments.trim().split('\n');
  expect(named).toContain('edgeseal:allow gitlab-personal-token -- ');
  // In two parts, that no scanner takes this file for a leak.
  const token = ['glpat', 'aB3dE5gH7jK9mN1pQ4sT'].join('-');
  for (const [line, code] of [
    [bare, 0],
    [named, 0],
    [bare.replace(' # edgeseal:allow', ''), 1],
  ] as const) {
    const stdin = line.replace('...', token);
    expect((await ws.cli(['scan', '-'], { stdin })).code, line).toBe(code);
  }
  const { codes, stderr } = type(baseline);
  // What is sealed here goes into no baseline.
  expect(codes).toEqual([0, 1]);
  expect(stderr).toContain('values that are sealed here were found, too');
});
