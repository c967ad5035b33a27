import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeGitRepository, plainSecret } from '../support/git-repository.ts';
import type { GitRepository } from '../support/git-repository.ts';

// All values here are made up.
const plain = plainSecret('db');
let repo: GitRepository;

beforeEach(() => {
  repo = makeGitRepository();
  repo.write('db.yaml', plain);
  repo.commit('Start');
  repo.hook(join(repo.path, '.git'), 'commit-msg');
});
afterEach(() => {
  repo.remove();
});

/** Commits with an editor that writes this before what Git has put there. */
function edit(text: string, ...args: string[]): { code: number; stderr: string } {
  const editor = join(repo.folder, 'editor.sh');
  writeFileSync(join(repo.folder, 'text'), text);
  const script = `#!/bin/sh\ncat '${join(repo.folder, 'text')}' "$1" > "$1.new" && mv "$1.new" "$1"\n`;
  writeFileSync(editor, script, { mode: 0o755 });
  repo.env['GIT_EDITOR'] = editor;
  return repo.try('commit', '--allow-empty', ...args);
}

it('refuses a secret that was pasted into a message, and what it says keeps the rest', () => {
  const { code, stderr } = repo.try('commit', '--allow-empty', '-m', `Say it\n\n${plain}`);
  expect(code).toBe(1);
  expect(stderr).toContain('the message:7: plaintext Secret production/db');
  expect(stderr).not.toContain('stringData');
  const [, command = ''] = /^ {2}(git commit -e .*)$/m.exec(stderr) ?? [];
  repo.env['GIT_EDITOR'] = "sed -i '2,$d'";
  execFileSync('sh', ['-c', command.replace('commit', 'commit --allow-empty')], {
    cwd: repo.path,
    env: repo.env,
  });
  expect(repo.git('log', '-1', '--format=%B')).toBe('Say it');
});

it('takes a message without one', () => {
  expect(repo.try('commit', '--allow-empty', '-m', 'Say nothing of a Secret').code).toBe(0);
});

it('refuses one that was written in an editor, also after a comment', () => {
  expect(edit(`Say it\n# made up\n${plain}`).stderr).toContain('the message:7');
});

it('does not look at comments, which Git takes out', () => {
  const commented = plain.replace(/^/gm, '# ');
  expect(edit(`Say nothing\n${commented}\n`)).toMatchObject({ code: 0 });
  expect(repo.git('log', '-1', '--format=%B')).toBe('Say nothing');
});

it('looks at lines that begin with #, where Git keeps them', () => {
  const yaml = `#made up\n${plain}`;
  expect(repo.try('commit', '--allow-empty', '-m', yaml).stderr).toContain('the message:6');
  repo.git('config', 'commit.cleanup', 'whitespace');
  expect(edit(yaml).code).toBe(1);
});

it('does not look at the diff that git commit --verbose shows, with what is being taken out', () => {
  repo.git('rm', '-q', 'db.yaml');
  repo.write('notes', 'made-up');
  repo.git('add', '-A');
  expect(edit('Take it out\n', '--verbose')).toMatchObject({ code: 0 });
  expect(repo.git('log', '-1', '--format=%B')).toBe('Take it out');
});

it.each([';', 'auto', '//'])('knows comments by core.commentChar %s', (char) => {
  repo.git('config', char.length === 2 ? 'core.commentString' : 'core.commentChar', char);
  if (char === '//') {
    // Git before 2.45 knows one character only.
    writeFileSync(join(repo.folder, 'message'), `Say\n${plain.replace(/^/gm, '// ')}`);
    expect(repo.try('commit', '--allow-empty', '-F', join(repo.folder, 'message')).code).toBe(0);
    return;
  }
  const sign = char === 'auto' ? '#' : char;
  expect(edit(`Say\n${plain.replace(/^/gm, `${sign} `)}\n`)).toMatchObject({ code: 0 });
  expect(edit(`Say\n${plain}`).code).toBe(1);
});

it('says what it lacks when the hook hands on no file', () => {
  repo.hook(join(repo.path, '.git'), 'commit-msg', '');
  const { code, stderr } = repo.try('commit', '--allow-empty', '-m', 'Say');
  expect(code).toBe(1);
  expect(stderr).toContain('hook commit-msg "$1"');
});
