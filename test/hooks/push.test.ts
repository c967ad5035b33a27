import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeGitRepository, plainSecret } from '../support/git-repository.ts';
import type { GitRepository } from '../support/git-repository.ts';

// All values here are made up.
const plain = plainSecret('db');
let repo: GitRepository;
let origin: string;

beforeEach(() => {
  repo = makeGitRepository();
  origin = join(repo.folder, 'origin.git');
  execFileSync('git', ['init', '-q', '--bare', origin], { env: repo.env });
  repo.git('remote', 'add', 'origin', origin);
  repo.write('README.md', 'made-up\n');
  repo.commit('Start');
});
afterEach(() => {
  repo.remove();
});
const onServer = (...args: string[]): string =>
  execFileSync('git', ['-C', origin, ...args], { env: repo.env, encoding: 'utf8' }).trim();

describe.each([
  ['pre-push', () => join(repo.path, '.git')],
  ['pre-receive', () => origin],
])('%s', (name, gitFolder) => {
  const server = name === 'pre-receive';
  /** What both do by the same code. */
  const once = (title: string, act: () => void): void => {
    if (server) it(title, act);
  };
  beforeEach(() => {
    repo.git('push', '-q', 'origin', 'main');
    repo.hook(gitFolder(), name);
  });
  const refused = (...args: string[]): string => {
    const before = onServer('for-each-ref');
    const { code, stderr } = repo.try('push', ...args);
    expect(code).toBe(1);
    expect(stderr).toContain(
      server ? 'push refused, nothing was taken' : 'push refused, nothing was pushed',
    );
    expect(stderr).not.toContain('stringData');
    expect(onServer('for-each-ref')).toBe(before);
    return stderr.replace(/^remote: ?/gm, '');
  };
  const accepted = (...args: string[]): void => {
    const { code, stderr } = repo.try('push', ...args);
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('edgeseal:');
  };

  it('refuses a commit that brings plaintext, by commit, file and line, and what it says mends it', () => {
    const base = repo.git('rev-parse', 'HEAD');
    repo.write('db.yaml', plain);
    const bad = repo.commit('Leak');
    repo.write('other', 'made-up');
    repo.commit('Go on');
    const said = refused('origin', 'main');
    expect(said).toContain(`${bad.slice(0, 10)} db.yaml:5: plaintext Secret production/db`);
    const [, reset = ''] =
      /^ {2}(git reset --soft \S+) && \S.* fix && git commit\s*$/m.exec(said) ?? [];
    execFileSync('sh', ['-c', reset], { cwd: repo.path, env: repo.env });
    expect(repo.git('rev-parse', 'HEAD')).toBe(base);
    repo.git('rm', '-q', '--cached', 'db.yaml');
    repo.git('commit', '-q', '-m', 'No leak');
    accepted('origin', 'main');
  });

  it('refuses what a later commit has taken out again', () => {
    repo.write('db.yaml', plain);
    const bad = repo.commit('Leak');
    rmSync(join(repo.path, 'db.yaml'));
    repo.commit('Take it out');
    expect(refused('origin', 'main')).toContain(`${bad.slice(0, 10)} db.yaml:5`);
  });

  it("refuses a merge's own content, which no parent has", () => {
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('side', '1');
    repo.commit('Side');
    repo.git('checkout', '-q', 'main');
    repo.write('main', '1');
    repo.commit('Main');
    repo.git('merge', '-q', '--no-commit', 'side');
    repo.write('db.yaml', plain);
    const merge = repo.commit('Merge');
    expect(refused('origin', 'main')).toContain(`${merge.slice(0, 10)} db.yaml:5`);
  });

  it.each([
    ['cherry-pick', (bad: string) => ['cherry-pick', bad]],
    ['revert', (bad: string) => ['revert', '--no-edit', bad]],
  ])('refuses what a %s brings, which the pre-commit hook is not asked about', (_, act) => {
    repo.hook(join(repo.path, '.git'), 'pre-commit');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('db.yaml', plain);
    let bad = repo.commit('Leak');
    if (act(bad)[0] === 'revert') {
      repo.git('checkout', '-q', 'main');
      repo.git('merge', '-q', '--ff-only', 'side');
      // On the remote from before the hook was there.
      rmSync(join(gitFolder(), 'hooks', name));
      repo.git('push', '-q', 'origin', 'main');
      repo.hook(gitFolder(), name);
      rmSync(join(repo.path, 'db.yaml'));
      bad = repo.commit('Take it out');
    } else repo.git('checkout', '-q', 'main');
    repo.git(...act(bad));
    expect(refused('origin', 'main')).toContain('db.yaml:5');
  });

  once('refuses what a rebase brings along', () => {
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('db.yaml', plain);
    repo.commit('Leak');
    repo.git('checkout', '-q', 'main');
    repo.write('main', '1');
    repo.commit('Main');
    repo.git('rebase', '-q', 'main', 'side');
    expect(refused('origin', 'side')).toContain('db.yaml:5');
  });

  once('refuses plaintext that is there already, where it gets a new name', () => {
    repo.write('db.yaml', plain);
    repo.commit('Leak');
    rmSync(join(gitFolder(), 'hooks', name));
    repo.git('push', '-q', 'origin', 'main');
    repo.hook(gitFolder(), name);
    repo.git('mv', 'db.yaml', 'database.yaml');
    repo.commit('Rename');
    expect(refused('origin', 'main')).toContain('database.yaml:5');
  });

  once('refuses a secret in a message, of a commit and of a tag', () => {
    const bad = repo.commit(`Say it\n\n${plain}`);
    expect(refused('origin', 'main')).toContain(
      `${bad.slice(0, 10)} the message:7: plaintext Secret`,
    );
    repo.git('reset', '-q', '--hard', 'HEAD~1');
    repo.git('tag', '-a', 'v1', '-m', plain);
    expect(refused('origin', 'v1')).toContain('the tag v1:5: plaintext Secret');
  });

  it.each([
    ['a new branch', () => ['origin', 'HEAD:refs/heads/new']],
    ['a branch that was forced', () => ['--force', 'origin', 'HEAD:main']],
    ['a tag', () => ['origin', 'HEAD:refs/tags/v1']],
    ['several refs, one of them deleted', () => ['origin', ':gone', 'HEAD:refs/heads/new']],
    ['a URL', () => [origin, 'HEAD:refs/heads/new']],
    ['a mirror', () => ['--mirror', 'origin']],
  ])('refuses %s', (_, args) => {
    repo.git('push', '-q', '--no-verify', 'origin', 'HEAD:refs/heads/gone');
    repo.git('checkout', '-q', '--orphan', 'other');
    repo.write('db.yaml', plain);
    const bad = repo.commit('Leak');
    expect(refused(...args())).toContain(`${bad.slice(0, 10)} db.yaml:5`);
  });

  once('refuses tags that name no commit: a tree, a file, a tag', () => {
    repo.write('db.yaml', plain);
    repo.commit('Leak');
    const blob = repo.git('rev-parse', 'HEAD:db.yaml');
    repo.git('tag', 'tree', 'HEAD^{tree}');
    expect(refused('origin', 'tree')).toContain('db.yaml:5');
    repo.git('tag', 'blob', blob);
    expect(refused('origin', 'blob')).toContain('the tag blob:5');
    repo.git('tag', '-a', '-m', 'Inner', 'inner', 'HEAD');
    repo.git('tag', '-a', '-m', 'Outer', 'outer', 'inner');
    expect(refused('origin', 'outer')).toContain('db.yaml:5');
  });

  it('has nothing against what the remote has already, and against deletions', () => {
    repo.write('db.yaml', plain);
    repo.commit('Leak');
    rmSync(join(gitFolder(), 'hooks', name));
    repo.git('push', '-q', 'origin', 'main');
    repo.hook(gitFolder(), name);
    repo.write('other', 'made-up');
    repo.commit('Go on');
    accepted('origin', 'main');
    accepted('origin', 'HEAD:refs/heads/new', 'HEAD:refs/tags/v1');
    accepted('origin', ':new');
    accepted('origin', 'main');
  });

  once('names odd files so that a terminal is not moved and a shell finds them', () => {
    repo.write(Buffer.from([0x61, 0xff, 0x0a, 0x1b, 0x2e, 0x79, 0x61, 0x6d, 0x6c]), plain);
    repo.write('-rf "it\'s".yaml', plain);
    repo.commit('Leak');
    const said = refused('origin', 'main');
    expect(said).toContain('"a\\xff\\n\\u001b.yaml":5');
    expect(said).toContain('-rf "it\'s".yaml:5');
    expect(said).not.toContain('\u001b[31');
  });

  once('says of forty files what fits on a screen', () => {
    for (let i = 0; i < 40; i += 1)
      repo.write(
        `many/${i}.yaml`,
        Array.from({ length: 9 }, (_, n) => plainSecret(`s${n}`)).join('---\n'),
      );
    repo.commit('Leak');
    const said = refused('origin', 'main');
    expect(said).toContain('and 28 more files');
    expect(said.split('\n').length).toBeLessThan(90);
  });
});

it('pre-push looks at what a pull request branch adds, when somebody else has pushed meanwhile', () => {
  repo.hook(join(repo.path, '.git'), 'pre-push');
  repo.git('push', '-q', 'origin', 'main');
  const other = join(repo.folder, 'other');
  execFileSync('git', ['clone', '-q', origin, other], { env: repo.env });
  writeFileSync(join(other, 'theirs'), 'made-up');
  for (const args of [
    ['add', '-A'],
    ['commit', '-q', '-m', 'Theirs'],
    ['push', '-q'],
  ])
    execFileSync('git', args, { cwd: other, env: repo.env });
  repo.write('db.yaml', plain);
  repo.commit('Leak');
  const { code, stderr } = repo.try('push', '--force', 'origin', 'main');
  expect(code).toBe(1);
  expect(stderr).toContain('db.yaml:5');
});

it('pre-push takes the words of pre-commit, which has read what Git says itself', () => {
  repo.write('db.yaml', plain);
  const to = repo.commit('Leak');
  repo.hook(join(repo.path, '.git'), 'pre-push', '</dev/null');
  Object.assign(repo.env, {
    PRE_COMMIT: '1',
    PRE_COMMIT_TO_REF: to,
    PRE_COMMIT_REMOTE_NAME: 'origin',
    PRE_COMMIT_REMOTE_BRANCH: 'refs/heads/main',
  });
  expect(repo.try('push', 'origin', 'main').stderr).toContain('db.yaml:5');
});

it('pre-receive judges a push of 5,000 commits', () => {
  repo.hook(origin, 'pre-receive');
  const stream = ['reset refs/heads/main\n'];
  for (let i = 0; i < 5000; i += 1) {
    const text = i === 4321 ? plain : `kind: ConfigMap # ${i}\n`;
    stream.push(
      `commit refs/heads/main\ncommitter A <a@example.com> ${1_700_000_000 + i} +0000\ndata 4\nStep\n` +
        `M 100644 inline f${i % 50}.yaml\ndata ${text.length}\n${text}\n`,
    );
  }
  execFileSync('git', ['fast-import', '--quiet', '--force'], {
    cwd: repo.path,
    env: repo.env,
    input: stream.join(''),
  });
  const { code, stderr } = repo.try('push', 'origin', 'main');
  expect(code).toBe(1);
  expect(stderr.match(/plaintext Secret/g)).toHaveLength(1);
  expect(stderr).toContain('f21.yaml:5');
}, 60_000);

it('pre-receive works in a repository of SHA-256 ids', () => {
  const sha256 = makeGitRepository('--object-format=sha256');
  try {
    const bare = join(sha256.folder, 'origin.git');
    sha256.git('init', '-q', '--bare', '--object-format=sha256', bare);
    sha256.hook(bare, 'pre-receive');
    sha256.write('db.yaml', plain);
    const bad = sha256.commit('Leak');
    expect(sha256.try('push', bare, 'main').stderr).toContain(`${bad.slice(0, 10)} db.yaml:5`);
  } finally {
    sha256.remove();
  }
});

it('pre-receive refuses arguments that it does not know, and with them the push', () => {
  repo.hook(origin, 'pre-receive', '--sign main');
  const { code, stderr } = repo.try('push', 'origin', 'main');
  expect(code).toBe(1);
  expect(stderr).toContain('pre-receive does not know --sign');
  expect(readFileSync(join(origin, 'HEAD'), 'utf8')).toContain('main');
});
