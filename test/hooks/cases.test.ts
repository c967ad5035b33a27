import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeGitRepository, plainSecret } from '../support/git-repository.ts';
import type { GitOutcome, GitRepository } from '../support/git-repository.ts';

// All values here are made up.
const plain = plainSecret('db');
let repo: GitRepository;
beforeEach(() => {
  repo = makeGitRepository();
  repo.write('a.yaml', 'kind: ConfigMap\n');
  repo.write('notes', 'made up\n');
  repo.commit('Start');
  repo.hook(join(repo.path, '.git'), 'pre-commit');
});
afterEach(() => {
  repo.remove();
});
const refused = ({ code, stderr }: GitOutcome, place = 'a.yaml:5'): void => {
  expect(code, stderr).toBe(1);
  expect(stderr).toContain(place);
};
const taken = ({ code, stderr }: GitOutcome): void => {
  expect(code, stderr).toBe(0);
  expect(stderr).not.toContain('edgeseal:');
};
const inFolder = (folder: string, ...args: string[]): GitOutcome => {
  const { status, stdout, stderr } = spawnSync('git', args, {
    cwd: folder,
    env: repo.env,
    encoding: 'utf8',
  });
  return { code: status ?? -1, stdout, stderr };
};

describe('pre-commit looks at exactly what will be committed', () => {
  it('git commit -a and git commit FILE, which have an index of their own', () => {
    repo.write('a.yaml', plain);
    repo.write('notes', 'made up 2\n');
    refused(repo.try('commit', '-q', '-a', '-m', 'All'));
    refused(repo.try('commit', '-q', '-m', 'One', '--', 'a.yaml'));
    taken(repo.try('commit', '-q', '-m', 'Another', '--', 'notes'));
  });

  it('git add -p: what is staged of a file, not what lies there', () => {
    repo.write('a.yaml', `${plain}---\nkind: ConfigMap\n`);
    repo.git('add', 'a.yaml');
    repo.write('a.yaml', 'kind: ConfigMap\n');
    refused(repo.try('commit', '-q', '-m', 'Part'));
    repo.git('add', 'a.yaml');
    repo.write('a.yaml', plain);
    repo.write('notes', 'made up 3\n');
    repo.git('add', 'notes');
    taken(repo.try('commit', '-q', '-m', 'Other part'));
  });

  it('an amended commit', () => {
    repo.write('a.yaml', plain);
    repo.git('add', '-A');
    refused(repo.try('commit', '-q', '--amend', '--no-edit'));
  });

  it('a rename, and a rename that was edited', () => {
    repo.write('big', 'made up\n'.repeat(30));
    repo.commit('Big');
    repo.git('mv', 'big', 'big.yaml');
    repo.write('big.yaml', `${plain}# ${'made up\n# '.repeat(30)}`);
    repo.git('add', '-A');
    refused(repo.try('commit', '-q', '-m', 'Rename'), 'big.yaml:5');
  });

  it("a merge's own content; not what the other side has brought", () => {
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('theirs.yaml', plain);
    repo.write('a.yaml', 'kind: Theirs\n');
    repo.commit('Side');
    repo.git('checkout', '-q', 'main');
    repo.write('a.yaml', 'kind: Ours\n');
    repo.commit('Main');
    expect(repo.try('merge', '-q', 'side').code).toBe(1);
    repo.write('a.yaml', plain);
    repo.git('add', '-A');
    const { code, stderr } = repo.try('commit', '-q', '-m', 'Merge');
    expect(code).toBe(1);
    expect(stderr).toContain('a.yaml:5');
    expect(stderr).not.toContain('theirs.yaml');
    repo.write('a.yaml', 'kind: Both\n');
    repo.git('add', '-A');
    taken(repo.try('commit', '-q', '-m', 'Merge'));
  });

  it('another working tree, with core.hooksPath', () => {
    const shared = join(repo.folder, 'shared');
    mkdirSync(shared);
    repo.hook(shared, 'pre-commit');
    repo.git('config', 'core.hooksPath', join(shared, 'hooks'));
    const other = join(repo.folder, 'other');
    repo.git('worktree', 'add', '-q', other);
    writeFileSync(join(other, 'a.yaml'), plain);
    inFolder(other, 'add', '-A');
    refused(inFolder(other, 'commit', '-q', '-m', 'Leak'));
  });

  it('a submodule is judged by its own hook, and is no file of the repository around it', () => {
    const inner = join(repo.path, 'inner');
    repo.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', repo.path, 'inner');
    taken(repo.try('commit', '-q', '-m', 'Add a submodule'));
    repo.hook(join(repo.path, '.git/modules/inner'), 'pre-commit');
    writeFileSync(join(inner, 'a.yaml'), plain);
    inFolder(inner, 'add', '-A');
    refused(inFolder(inner, 'commit', '-q', '-m', 'Leak'));
  });

  it('a link by where it leads, and a file of Git LFS by its pointer', () => {
    symlinkSync('nowhere', join(repo.path, 'link.yaml'));
    repo.write(
      'large.bin',
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'0a'.repeat(32)}\nsize 5\n`,
    );
    repo.git('add', '-A');
    taken(repo.try('commit', '-q', '-m', 'Links'));
    symlinkSync('postgres://app:made-up-4711@db.example.com/app', join(repo.path, 'leak'));
    repo.git('add', '-A');
    refused(repo.try('commit', '-q', '-m', 'Leak'), 'leak:1');
  });

  it('line ends of Windows, as they lie there and as Git converts them', () => {
    for (const convert of ['false', 'true']) {
      repo.git('config', 'core.autocrlf', convert);
      repo.write('a.yaml', plain.replaceAll('\n', '\r\n'));
      repo.git('add', '-A');
      refused(repo.try('commit', '-q', '-m', 'Leak'));
      repo.git('reset', '-q', '--hard');
    }
  });

  it('a repository of SHA-256 ids', () => {
    const other = makeGitRepository('--object-format=sha256');
    try {
      other.hook(join(other.path, '.git'), 'pre-commit');
      other.write('a.yaml', plain);
      other.git('add', '-A');
      refused(other.try('commit', '-q', '-m', 'First'));
    } finally {
      other.remove();
    }
  });

  it('a file of 100 MB whole, in parts, and says so', () => {
    const line = Buffer.from(`${'nothing of interest '.repeat(5)}\n`);
    const large = Buffer.alloc(100_000_000, line);
    large.write('\npostgres://app:made-up-4711@db.example.com/app\n', 90_000_000);
    repo.write('large.txt', large);
    repo.git('add', '-A');
    const { code, stderr } = repo.try('commit', '-q', '-m', 'Large');
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('large.txt is large and was looked at in parts');
    const [, at = ''] = /large\.txt:(\d+): /.exec(stderr) ?? [];
    expect(Number(at)).toBe(large.subarray(0, 90_000_001).toString('latin1').split('\n').length);
  }, 60_000);

  it('leaves alone what a comment allows', () => {
    repo.write('a.yaml', 'url: postgres://app:made-up-4711@db.example.com/app # edgeseal:allow\n');
    repo.git('add', '-A');
    taken(repo.try('commit', '-q', '-m', 'Allowed'));
  });
});

it('a hook that cannot do its work refuses', () => {
  repo.write('b', 'made up\n');
  repo.git('add', '-A');
  const blob = repo.git('rev-parse', ':b');
  execFileSync('rm', ['-f', join(repo.path, '.git/objects', blob.slice(0, 2), blob.slice(2))]);
  const { code, stderr } = repo.try('commit', '-q', '-m', 'Broken');
  expect(code).toBe(1);
  expect(stderr).toContain('git does not give the file');
});
