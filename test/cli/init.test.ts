import { execFileSync } from 'node:child_process';
import {
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makePerson } from '../support/person.ts';
import type { Person } from '../support/person.ts';

let me: Person;
beforeEach(async () => {
  me = await makePerson();
});
afterEach(() => {
  me.remove();
});

const staged = (folder: string): string[] =>
  me
    .git(folder, 'diff', '--cached', '--name-only')
    .split('\n')
    .filter((file) => file !== '');
const keysOf = (name: string): string => join(me.folder, 'home/edgeseal-keys', name);
const listing = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((file) => !/(^|\/)\.git(\/|$)/.test(file))
    .sort();

describe('a new repository', () => {
  it('is made in an empty folder: staged, in order, its private keys elsewhere', async () => {
    const repo = me.make('acme');
    const result = await me.cli(repo, 'init', '--regions', 'us-east,eu-central');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toMatch(/^trust root 1: ([0-9a-f]{4}-){15}[0-9a-f]{4}$/m);
    expect(result.stdout).toContain('author and publisher: author@example.com, SHA256:');
    expect(staged(repo)).toEqual([
      '.gitattributes',
      '.github/workflows/publish.yaml',
      '.github/workflows/review.yaml',
      '.gitignore',
      'README.md',
      'edgeseal.yaml',
      'package.json',
      'policy/distribution-policy.yaml',
      'regions/eu-central.yaml',
      'regions/recovery.yaml',
      'regions/us-east.yaml',
      'trust/1.sig',
      'trust/1.yaml',
    ]);
    for (const region of ['us-east', 'eu-central', 'recovery']) {
      const file = join(keysOf('acme'), `${region}.key`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8')).toMatch(/^edgeseal-region-key-1-[\w-]{43}\n$/);
      expect(result.stdout + result.stderr).not.toContain(readFileSync(file, 'utf8').trim());
    }
    expect((await me.cli(repo, 'verify')).code).toBe(0);
    const doctor = await me.cli(repo, 'doctor', '-o', 'json');
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true });
    me.git(repo, 'commit', '-q', '-m', 'Set up');
    expect(me.git(repo, 'status', '--porcelain')).toBe('');
  });

  it('refuses plaintext from the first commit on', async () => {
    const repo = me.make('acme');
    await me.cli(repo, 'init', '--regions', 'us-east');
    const plain =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {c: made-up}\n';
    writeFileSync(join(repo, 'plain.yaml'), plain);
    me.git(repo, 'add', '-A');
    expect(() => me.git(repo, 'commit', '-q', '-m', 'Set up')).toThrow(/plain\.yaml/);
    me.git(repo, 'rm', '-q', '--cached', 'plain.yaml');
    me.git(repo, 'commit', '-q', '-m', 'Set up');
  });

  it('has files that parse, without a placeholder left', async () => {
    const repo = me.make('acme');
    await me.cli(repo, 'init', '--regions', 'us-east', '--mirror', 'https://git.example.com/a.git');
    for (const file of listing(repo)) {
      if (statSync(join(repo, file)).isDirectory()) continue;
      const text = readFileSync(join(repo, file), 'utf8');
      expect(text.replaceAll(/\$\{\{ [\w.]+ \}\}/g, ''), file).not.toMatch(/\{\{|\}\}/);
      if (file.endsWith('.yaml')) parse(text, { strict: true });
      if (file.endsWith('.json')) JSON.parse(text);
    }
    const about = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8')) as unknown;
    expect(about).toMatchObject({
      name: 'acme-secrets',
      'simple-git-hooks': {
        'pre-commit': expect.stringMatching(
          /^\[ -e \.\/node_modules\/\.bin\/edgeseal \] .*; \.\/node_modules\/\.bin\/edgeseal hook pre-commit$/,
        ) as string,
        'commit-msg': './node_modules/.bin/edgeseal hook commit-msg "$@"',
        'pre-push': expect.stringMatching(
          /^\[ -e \.\/node_modules\/\.bin\/edgeseal \] .*; \.\/node_modules\/\.bin\/edgeseal hook pre-push "\$@"$/,
        ) as string,
      },
    });
    const settings = parse(readFileSync(join(repo, 'edgeseal.yaml'), 'utf8')) as unknown;
    expect(settings).toMatchObject({ spec: { mirrors: ['https://git.example.com/a.git'] } });
    const policy = parse(readFileSync(join(repo, 'policy/distribution-policy.yaml'), 'utf8')) as {
      data: Record<string, string>;
    };
    expect(parse(policy.data['distribution-policy.yaml'] ?? '')).toEqual({
      regions: { 'us-east': { secrets: [], 'encryption-key': 'us-east-key' } },
    });
  });

  it('is not made over another one, nor over files that are in the way', async () => {
    const repo = me.make('acme');
    await me.cli(repo, 'init', '--regions', 'us-east');
    const before = listing(me.folder);
    const again = await me.cli(repo, 'init', '--regions', 'us-west');
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('already')]);
    const below = await me.cli(me.make('acme/deep'), 'init', '--path', '.');
    expect(below.code).toBe(2);
    const other = me.make('other');
    writeFileSync(join(other, 'package.json'), '{}\n');
    const inTheWay = await me.cli(other, 'init');
    expect([inTheWay.code, inTheWay.stderr]).toEqual([2, expect.stringContaining('package.json')]);
    expect(readdirSync(other)).toEqual(['package.json']);
    const same = await me.cli(me.make('elsewhere/acme'), 'init', '--regions', 'us-east');
    expect([same.code, same.stderr]).toEqual([6, expect.stringContaining('not written over')]);
    expect(readdirSync(join(me.folder, 'elsewhere/acme'))).toEqual([]);
    expect(
      listing(me.folder).filter((f) => !f.startsWith('other') && !f.startsWith('elsewhere')),
    ).toEqual([...before, 'acme/deep'].sort());
  });

  it('is not made by wrong words', async () => {
    const repo = me.make('acme');
    for (const [args, words] of [
      [['--regions', 'US'], 'lower-case'],
      [['--regions', 'a,a'], 'named twice'],
      [['--regions', 'recovery'], "recovery recipient's name"],
      [['--default-regions', 'us-east'], 'no region us-east'],
      [['--name', '../x'], 'choose one with --name'],
      [['--author', 'a\nb'], 'one line'],
      [['--signing-key', 'none'], 'none'],
    ] as const) {
      const result = await me.cli(repo, 'init', ...args);
      expect([result.code === 0, result.stderr]).toEqual([false, expect.stringContaining(words)]);
    }
    expect(readdirSync(repo)).toEqual([]);
    expect(existsSync(keysOf('acme'))).toBe(false);
  });
});

describe('private keys', () => {
  it('do not lie in a Git working tree, this one or another, not even by a link', async () => {
    const repo = me.make('acme');
    const other = me.make('other');
    me.git(other, 'init', '-q');
    symlinkSync(other, join(me.folder, 'link'));
    for (const keys of ['.', 'keys', '../other/keys', '../link/keys']) {
      const result = await me.cli(repo, 'init', '--keys', keys, '--regions', 'us-east');
      expect([result.code, result.stderr]).toEqual([
        2,
        expect.stringContaining('may not lie in a Git working tree'),
      ]);
    }
    expect(readdirSync(repo)).toEqual([]);
  });
});

describe('the signing key', () => {
  it('is made where there is none, and that is said', async () => {
    me.remove();
    me = await makePerson({ key: false });
    const result = await me.cli(me.make('acme'), 'init', '--regions', 'us-east');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain('made an SSH key for you to sign with');
    const file = join(me.folder, 'home/.ssh/id_ed25519');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await me.cli(join(me.folder, 'acme'), 'verify')).code).toBe(0);
  });

  it('is the one that is named; an RSA key alone is no obstacle, but one that Git signs with is said', async () => {
    me.remove();
    me = await makePerson({ key: false });
    const rsa = join(me.folder, 'home/.ssh/id_rsa');
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', rsa]);
    const named = await me.cli(me.make('named'), 'init', '--signing-key', rsa);
    expect([named.code, named.stderr]).toEqual([3, expect.stringContaining('ed25519')]);
    expect(readdirSync(join(me.folder, 'named'))).toEqual([]);
    me.git(me.folder, 'config', '--global', 'gpg.format', 'ssh');
    me.git(me.folder, 'config', '--global', 'user.signingkey', rsa);
    const chosen = await me.cli(me.make('chosen'), 'init');
    expect([chosen.code, chosen.stderr]).toEqual([
      3,
      expect.stringContaining('ssh-keygen -t ed25519'),
    ]);
    me.git(me.folder, 'config', '--global', '--unset', 'user.signingkey');
    const result = await me.cli(me.make('acme'), 'init');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain('made an SSH key for you');
  });

  it('needs a name to be listed by', async () => {
    const repo = me.make('acme');
    me.git(me.folder, 'config', '--global', '--unset', 'user.email');
    const result = await me.cli(repo, 'init');
    expect([result.code, result.stderr]).toEqual([2, expect.stringContaining('--author')]);
    const named = await me.cli(repo, 'init', '--author', 'ann@example.com');
    expect(named.stdout).toContain('author and publisher: ann@example.com');
  });
});

describe('a folder of an existing repository', () => {
  const existing = (): string => {
    const top = me.make('infra');
    me.git(top, 'init', '-q', '-b', 'trunk');
    writeFileSync(join(top, 'README.md'), 'ours\n');
    me.git(top, 'add', '-A');
    me.git(top, 'commit', '-q', '-m', 'Begin');
    return top;
  };

  it('gets everything in it; workflows go to the top, and know the folder and the branch', async () => {
    const top = existing();
    const result = await me.cli(top, 'init', '--path', 'clusters/secrets', '--regions', 'us-east');
    expect(result.code, result.stderr).toBe(0);
    expect(staged(top)).toEqual(
      expect.arrayContaining([
        '.github/workflows/edgeseal-publish.yaml',
        'clusters/secrets/edgeseal.yaml',
        'clusters/secrets/README.md',
      ]),
    );
    expect(readFileSync(join(top, 'README.md'), 'utf8')).toBe('ours\n');
    const workflow = readFileSync(join(top, '.github/workflows/edgeseal-publish.yaml'), 'utf8');
    expect(parse(workflow)).toMatchObject({ on: { push: { branches: ['trunk'] } } });
    expect(workflow).toContain("working-directory: 'clusters/secrets'");
    const about = readFileSync(join(top, 'clusters/secrets/package.json'), 'utf8');
    expect(JSON.parse(about)).toMatchObject({
      'simple-git-hooks': {
        'pre-commit': expect.stringMatching(
          / \.\/clusters\/secrets\/node_modules\/\.bin\/edgeseal hook pre-commit$/,
        ) as string,
      },
    });
    me.git(top, 'commit', '-q', '-m', 'Set up');
    const repo = join(top, 'clusters/secrets');
    expect((await me.cli(repo, 'verify')).code).toBe(0);
    expect((await me.cli(repo, 'doctor')).code).toBe(0);
    expect((await me.cli(top, 'verify')).code).toBe(5);
  });

  it('has to be named', async () => {
    const top = existing();
    const below = me.make('infra/below');
    const result = await me.cli(below, 'init');
    expect([result.code, result.stderr]).toEqual([2, expect.stringContaining('init --path .')]);
    expect((await me.cli(below, 'init', '--path', '.', '--name', 'x')).code).toBe(0);
    expect(existsSync(join(top, '.github/workflows/edgeseal-review.yaml'))).toBe(true);
  });

  it('keeps the files and the hook that are there, and says what to add to the hook', async () => {
    const top = existing();
    writeFileSync(join(top, '.gitignore'), 'build/');
    writeFileSync(join(top, '.git/hooks/pre-commit'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    const result = await me.cli(top, 'init', '--regions', 'us-east');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain('kept your README.md');
    expect(result.stderr).toContain("added edgeseal's lines to .gitignore");
    expect(readFileSync(join(top, '.gitignore'), 'utf8')).toMatch(/^build\/\n/);
    expect(result.stderr).toContain('/node_modules/.bin/edgeseal hook pre-commit || exit 1');
    expect(readFileSync(join(top, '.git/hooks/pre-commit'), 'utf8')).toBe('#!/bin/sh\nexit 0\n');
    const about = (): string => readFileSync(join(top, 'package.json'), 'utf8');
    expect(about()).not.toContain('hook pre-commit');
    expect(about()).toContain('hook pre-push');
    expect(readFileSync(join(top, '.git/hooks/pre-push'), 'utf8')).toContain('hook pre-push');
  });

  it('cannot be called what a workflow or a hook would misread', async () => {
    const top = existing();
    for (const path of ["it's", 'a b', '$(x)', '-x/y']) {
      const result = await me.cli(top, 'init', `--path=${path}`);
      expect(result.code, path).toBe(2);
    }
    expect(me.git(top, 'status', '--porcelain')).toBe('');
  });
});
