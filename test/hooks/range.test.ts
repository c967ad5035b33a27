import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodePath } from '../../hooks/git/path-name.ts';
import { readRange, readRangeParts } from '../../hooks/range.ts';
import type { RangeFile } from '../../hooks/range.ts';
import { homeIn } from '../support/workspace.ts';

let folder = '';
let repo = '';
let env: NodeJS.ProcessEnv = {};
const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: repo, env, encoding: 'utf8', stdio: 'pipe' }).trim();
const write = (path: string | Buffer, content: string | Buffer): void => {
  const file = Buffer.concat([Buffer.from(`${repo}/`), Buffer.from(path)]);
  mkdirSync(dirname(file.toString('latin1')), { recursive: true });
  writeFileSync(file, content);
};
const commit = (message: string): string => {
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', message);
  return git('rev-parse', 'HEAD');
};
const io = () => ({ cwd: repo, env, stderr: { write: () => true } });
async function files(from = ['HEAD'], not: string[] = []): Promise<RangeFile[]> {
  const found: RangeFile[] = [];
  for await (const entry of readRange(io(), { from, not }))
    if (entry.kind === 'file') found.push(entry);
  return found;
}
const paths = async (...args: Parameters<typeof files>): Promise<string[]> =>
  (await files(...args)).map(({ path }) => path);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeseal-range-'));
  repo = join(folder, 'repo');
  env = homeIn(folder);
  mkdirSync(repo);
  git('init', '-q');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a range', () => {
  it('has the first commit whole, and each later one by what it changes, the oldest first', async () => {
    write('a', '1');
    write('b', '1');
    const first = commit('First\n\nwith a body');
    write('a', '2');
    rmSync(join(repo, 'b'));
    const second = commit('Second');
    const seen: unknown[] = [];
    for await (const entry of readRange(io(), { from: ['HEAD'], not: [] }))
      seen.push(
        entry.kind === 'commit'
          ? [entry.commit, entry.parents, entry.message]
          : [entry.commit, entry.path, entry.isNew],
      );
    expect(seen).toEqual([
      [first, [], 'First\n\nwith a body\n'],
      [first, 'a', true],
      [first, 'b', true],
      [second, [first], 'Second\n'],
      [second, 'a', false],
    ]);
    expect(await paths(['HEAD'], [first])).toEqual(['a']);
    expect(await files(['HEAD'], ['--all'])).toEqual([]);
  });

  it("has a merge's own content, and nothing of it that one side has", async () => {
    write('shared', 'one\ntwo\nthree\nfour\nfive\n');
    commit('Start');
    git('checkout', '-q', '-b', 'side');
    write('shared', 'ONE\ntwo\nthree\nfour\nfive\n');
    write('theirs', '1');
    commit('Side');
    git('checkout', '-q', 'main');
    write('shared', 'one\ntwo\nthree\nfour\nFIVE\n');
    write('ours', '1');
    commit('Main');
    git('merge', '-q', '--no-commit', 'side');
    write('evil', 'in no branch');
    const merge = commit('Merge');
    const own = (await files()).filter((file) => file.commit === merge);
    expect(own.map(({ path, isNew }) => [path, isNew])).toEqual([
      ['evil', true],
      ['shared', false],
    ]);
  });

  it('has the own content of a merge of three', async () => {
    write('a', '1');
    commit('Start');
    for (const name of ['x', 'y']) {
      git('checkout', '-q', '-b', name, 'main');
      write(name, '1');
      commit(name);
    }
    git('checkout', '-q', 'main');
    write('b', '1');
    commit('Main');
    git('merge', '-q', '--no-commit', 'x', 'y');
    write('evil', 'in no branch');
    const merge = commit('Merge');
    const own = (await files()).filter((file) => file.commit === merge);
    expect(own.map(({ path }) => path)).toEqual(['evil']);
  });

  it('shows a renamed file by its new name, edited or not', async () => {
    write('old', 'the same\n'.repeat(20));
    write('edited', 'the same too\n'.repeat(20));
    const start = commit('Start');
    git('mv', 'old', 'new.yaml');
    git('mv', 'edited', 'edited.yaml');
    write('edited.yaml', `${'the same too\n'.repeat(20)}more\n`);
    commit('Rename');
    expect(await paths(['HEAD'], [start])).toEqual(['edited.yaml', 'new.yaml']);
  });

  it('gives each content at a path once', async () => {
    for (const content of ['1', '2', '1', '2']) {
      write('a', content);
      commit(content);
    }
    expect(await paths()).toEqual(['a', 'a']);
  });

  it('keeps the bytes of odd names', async () => {
    const odd = [
      Buffer.from('with\nline break'),
      Buffer.from('"quotes\' \\'),
      Buffer.from('-rf'),
      Buffer.from(':100644 a'),
      Buffer.from('\u0001x'),
      Buffer.from([0x61, 0xff, 0xc3, 0x62]),
      Buffer.from('ä'),
    ];
    for (const name of odd) write(name, name);
    commit('Odd');
    const found = await paths();
    const bytes = found.map((path) => encodePath(path).toString('hex')).sort();
    expect(bytes).toEqual(odd.map((name) => name.toString('hex')).sort());
  });

  it('has links by where they lead, and no submodules', async () => {
    symlinkSync('leads/there', join(repo, 'link'));
    git('add', '-A');
    const id = git('hash-object', '-t', 'tree', '-w', '/dev/null');
    git('update-index', '--add', '--cacheinfo', `160000,${id},sub`);
    git('commit', '-q', '-m', 'Link');
    const parts: string[] = [];
    for await (const part of readRangeParts(io(), { from: ['HEAD'], not: [] }))
      if (part.kind === 'file') parts.push(`${part.path} ${part.bytes.toString()}`);
    expect(parts).toEqual(['link leads/there']);
  });

  it('is what will be pushed, whatever git replace shows', async () => {
    write('a', 'made-up plaintext');
    commit('Leak');
    write('harmless', 'harmless');
    git('replace', git('rev-parse', 'HEAD:a'), git('hash-object', '-w', 'harmless'));
    const texts: string[] = [];
    for await (const part of readRangeParts(io(), { from: ['HEAD'], not: [] }))
      if (part.kind === 'file') texts.push(part.bytes.toString());
    expect(texts).toEqual(['made-up plaintext']);
  });

  it('works in a repository of SHA-256 ids', async () => {
    rmSync(join(repo, '.git'), { recursive: true });
    git('init', '-q', '--object-format=sha256');
    write('a', '1');
    const first = commit('First');
    expect(first).toHaveLength(64);
    expect(await files()).toMatchObject([{ commit: first, path: 'a', mode: '100644' }]);
  });

  it('fails where git does, and never passes for empty', async () => {
    await expect(files(['0123456789012345678901234567890123456789'])).rejects.toThrow(
      'git rev-list failed',
    );
    write('a', '1');
    commit('First');
    const blob = git('rev-parse', 'HEAD:a');
    rmSync(join(repo, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    await expect(async () => {
      for await (const part of readRangeParts(io(), { from: ['HEAD'], not: [] }))
        expect(part.kind).toBe('commit');
    }).rejects.toThrow(/does not give the file/);
  });
});

it('gives a large file in parts that overlap, with the lines at which they begin', async () => {
  const line = 'x'.repeat(99);
  const lines = Array.from({ length: 400_000 }, (_, n) => `${n} ${line}`.slice(0, 99));
  write('large', `${lines.join('\n')}\n`);
  commit('Large');
  let parts = 0;
  let end = 0;
  for await (const part of readRangeParts(io(), { from: ['HEAD'], not: [] })) {
    if (part.kind !== 'file') continue;
    parts += 1;
    expect(part.whole).toBe(false);
    const text = part.bytes.toString('latin1');
    expect(text.slice(0, 10)).toBe(`${part.line - 1} ${line}`.slice(0, 10));
    expect(part.line - 1).toBeLessThanOrEqual(end);
    end = part.line - 1 + text.split('\n').length - 1;
  }
  expect(parts).toBe(5);
  expect(end).toBe(lines.length);
});
