import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { formatRegionPublicKey, generateRegionKey } from '../../core/crypto/region-key.ts';
import { makePerson } from '../support/person.ts';
import type { Person } from '../support/person.ts';
import { runCli } from '../support/workspace.ts';

interface Check {
  name: string;
  level: 'ok' | 'warn' | 'fail';
  message: string;
  mend?: string;
}

let me: Person;
let repo: string;
beforeEach(async () => {
  me = await makePerson();
  repo = me.make('acme');
  const made = await me.cli(repo, 'init', '--regions', 'us-east');
  expect(made.code, made.stderr).toBe(0);
  me.git(repo, 'commit', '-q', '-m', 'Set up');
  me.git(me.folder, 'init', '-q', '--bare', '-b', 'main', 'origin.git');
  me.git(repo, 'remote', 'add', 'origin', join(me.folder, 'origin.git'));
  me.git(repo, 'push', '-q', '-u', 'origin', 'main');
});
afterEach(() => {
  me.remove();
});

async function doctor(env: NodeJS.ProcessEnv = me.env): Promise<{ code: number; bad: Check[] }> {
  const io = { cwd: repo, env, stdin: '' };
  const { code, stdout } = await runCli(['doctor', '-o', 'json'], io);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return {
    code,
    bad: checks.filter(({ name, level }) => level !== 'ok' && name !== 'the rest'),
  };
}

/** The one fault that is found. */
async function fault(name: string, level: Check['level']): Promise<Check> {
  const { code, bad: all } = await doctor();
  // What a fault hides is said beside it.
  const bad = all.filter((check) => check.name !== 'the rest');
  expect(bad.map((check) => [check.name, check.level])).toEqual([[name, level]]);
  expect(code).toBe(level === 'fail' ? 1 : 0);
  return bad[0]!;
}

/** Runs a command that doctor named, in the repository, as a person would paste it. */
async function paste(command: string): Promise<void> {
  const args = /^edgeseal (.*)$/.exec(command)?.[1]?.split(' ');
  if (args === undefined) {
    execFileSync('sh', ['-c', command], { cwd: repo, env: me.env, stdio: 'pipe' });
    return;
  }
  const { code, stderr } = await me.cli(repo, ...args);
  expect(code, stderr).toBe(0);
}

async function mended(): Promise<void> {
  expect(await doctor()).toEqual({ code: 0, bad: [] });
}

const write = (path: string, text: string): void => {
  writeFileSync(join(repo, path), text);
};
const read = (path: string): string => readFileSync(join(repo, path), 'utf8');
const hook = (): string => join(repo, '.git/hooks/pre-commit');

it('finds nothing wrong with what init made, and says so', async () => {
  const { code, stdout } = await me.cli(repo, 'doctor');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok +repository: acme /m);
  expect(stdout).toMatch(/all is well\n$/);
  const below = await me.cli(join(repo, 'trust'), 'doctor');
  expect([below.code, below.stdout]).toEqual([0, stdout]);
});

describe('the repository', () => {
  it('is not one: init', async () => {
    const elsewhere = me.make('elsewhere');
    const { code, stdout } = await me.cli(elsewhere, 'doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL +repository: .*\n.*edgeseal init$/m);
    expect((await me.cli(elsewhere, 'init', '--regions', 'us-east')).code).toBe(0);
    expect((await me.cli(elsewhere, 'doctor')).code).toBe(0);
  });

  it('is not in Git: git init', async () => {
    const pin = readFileSync(join(repo, '.git/edgeseal', idOf()), 'utf8');
    rmSync(join(repo, '.git'), { recursive: true });
    const { bad } = await doctor();
    expect(bad).toMatchObject([{ name: 'repository', level: 'fail' }]);
    await paste(bad[0]!.mend!.replace(/^.*: /, ''));
    mkdirSync(join(repo, '.git/edgeseal'));
    writeFileSync(join(repo, '.git/edgeseal', idOf()), pin);
    const after = await doctor();
    expect(after.bad.map(({ name }) => name)).toEqual([
      'pre-commit hook',
      'commit-msg hook',
      'pre-push hook',
      'git drivers',
      'publish remote',
    ]);
  });

  const idOf = (): string =>
    `${/id: "?([-0-9a-f]{36})/.exec(read('edgeseal.yaml'))?.[1] ?? ''}.json`;
});

describe('trust', () => {
  it('is not accepted in this clone yet, or cannot be read: trust accept', async () => {
    rmSync(join(repo, '.git/edgeseal'), { recursive: true });
    const unknown = await fault('trust', 'fail');
    expect((await me.cli(repo, 'doctor')).stdout).toContain('the rest: signing key, regions');
    // What the colleague reads out, not what this clone says of itself.
    const fingerprint = /root 1: ([0-9a-f-]+)/.exec(unknown.message)?.[1] ?? '';
    expect(unknown.mend).not.toContain(fingerprint);
    const accept = unknown
      .mend!.replace(/^.*then: | \(in CI.*$/g, '')
      .replace('FINGERPRINT', fingerprint);
    await paste(accept);
    await mended();
    const file = execFileSync('sh', ['-c', 'ls .git/edgeseal/*.json'], {
      cwd: repo,
      encoding: 'utf8',
    });
    writeFileSync(join(repo, file.trim()), '{');
    const damaged = await fault('trust', 'fail');
    expect(damaged.mend).toContain('edgeseal trust accept FINGERPRINT');
    await paste(accept);
    await mended();
  });

  it('is older on this branch than what was seen: merge', async () => {
    await me.cli(repo, 'region', 'add', 'us-west', '--generate', join(me.folder, 'k'));
    await mended();
    me.git(repo, 'add', '-A');
    me.git(repo, 'commit', '-q', '-m', 'Root 2');
    me.git(repo, 'push', '-q');
    me.git(repo, 'checkout', '-q', '-b', 'old', 'HEAD~1');
    expect((await fault('trust', 'warn')).mend).toContain('merge the newer main');
    me.git(repo, 'merge', '-q', 'main');
    await mended();
  });

  it('was changed, or lost its signature: the committed one comes back', async () => {
    write('trust/1.yaml', read('trust/1.yaml').replace('threshold: 1', 'threshold: 1 '));
    const replaced = await fault('trust', 'fail');
    await paste(replaced.mend!.replace(/^.*committed: /, ''));
    await mended();
    rmSync(join(repo, 'trust/1.sig'));
    await paste((await fault('trust', 'fail')).mend!.replace(/^.*committed: /, ''));
    await mended();
  });

  it('was replaced in a commit: said with the file, nothing to paste', async () => {
    write('trust/1.yaml', read('trust/1.yaml').replace('threshold: 1', 'threshold: 1 '));
    me.git(repo, 'commit', '-q', '-a', '--no-verify', '-m', 'Replace');
    expect((await fault('trust', 'fail')).mend).toContain('do not accept it unseen');
  });
});

describe('the pre-commit hook', () => {
  it('is missing: npm install, which sets it by simple-git-hooks', async () => {
    rmSync(hook());
    expect((await fault('pre-commit hook', 'fail')).mend).toMatch(/^npm install/);
    // The very program that package.json's prepare runs.
    const program = join(import.meta.dirname, '../../node_modules/simple-git-hooks/cli.js');
    execFileSync(process.execPath, [program], { cwd: repo, env: me.env, stdio: 'pipe' });
    await mended();
    expect(readFileSync(hook(), 'utf8')).toContain('./node_modules/.bin/edgeseal hook pre-commit');
  });

  it('is not executable: chmod', async () => {
    chmodSync(hook(), 0o644);
    await paste((await fault('pre-commit hook', 'fail')).mend!);
    await mended();
  });

  it("is somebody else's: one line to add", async () => {
    writeFileSync(hook(), '#!/bin/sh\n', { mode: 0o755 });
    const line = (await fault('pre-commit hook', 'fail')).mend!.replace(/^.*: /, '');
    appendFileSync(hook(), `${line}\n`);
    await mended();
  });
});

describe('private keys', () => {
  it('lie in the working tree, or are staged: out with them', async () => {
    const keys = join(me.folder, 'home/edgeseal-keys/acme');
    write("it's mine.key", readFileSync(join(keys, 'us-east.key'), 'utf8'));
    const lying = await fault('private keys', 'fail');
    expect(lying.message).toContain("it's mine.key is a private region key");
    expect(JSON.stringify(lying)).not.toContain('edgeseal-region-key-1-');
    me.git(repo, 'add', '-f', '.');
    const staged = await fault('private keys', 'fail');
    expect(staged.message).toContain('staged or committed');
    await paste(staged.mend!.replace(/; if .*$/, ''));
    await paste((await fault('private keys', 'fail')).mend!);
    expect(existsSync(join(me.folder, "home/edgeseal-keys/it's mine.key"))).toBe(true);
    await mended();
  });
});

describe('the signing key', () => {
  it('is missing, or nobody listed it: an author of the root lists it', async () => {
    const ssh = join(me.folder, 'home/.ssh');
    const safe = join(me.folder, 'safe');
    execFileSync('mv', [ssh, safe]);
    const none = await fault('signing key', 'warn');
    expect(none.mend).toContain('ssh-keygen -t ed25519');
    mkdirSync(ssh, { mode: 0o700 });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(ssh, 'id_ed25519')]);
    const unlisted = await fault('signing key', 'warn');
    const command = unlisted.mend!.replace(/^.*runs: /, '').replace('YOUR-NAME', 'bob@example.com');
    const key = join(ssh, 'id_ed25519.pub');
    await paste(
      `${command.replace('YOUR-KEY.pub', key)} --signing-key ${join(safe, 'id_ed25519')}`,
    );
    await mended();
  });

  it('goes with a name that Git knows: git config', async () => {
    me.git(me.folder, 'config', '--global', '--unset', 'user.email');
    await paste((await fault('git identity', 'warn')).mend!);
    await mended();
  });
});

describe('programs', () => {
  it('are missing: said which, and how to get them', async () => {
    const bin = me.make('bin');
    const env = { ...me.env, PATH: bin };
    const bare = await doctor(env);
    expect(bare).toMatchObject({
      code: 1,
      bad: [{ name: 'git', level: 'fail', mend: 'install git' }],
    });
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    symlinkSync(git, join(bin, 'git'));
    const { bad } = await doctor(env);
    expect(bad.find(({ name }) => name === 'ssh-keygen')).toMatchObject({
      level: 'fail',
      mend: expect.stringContaining('install OpenSSH') as string,
    });
  });
});

describe('regions, keys and policy', () => {
  it('are none yet: region add', async () => {
    const other = me.make('other');
    await me.cli(other, 'init');
    me.git(other, 'remote', 'add', 'origin', join(me.folder, 'origin.git'));
    repo = other;
    const { mend = '' } = await fault('regions', 'warn');
    await paste(mend);
    expect(existsSync(join(me.folder, 'home/edgeseal-keys/us-east.key'))).toBe(true);
    await mended();
  });

  it("hold a stranger's key: region add, if it is ours", async () => {
    const { key } = await generateRegionKey();
    const file = join(me.folder, 'ours.pub');
    writeFileSync(file, formatRegionPublicKey(key));
    const text = read('regions/us-east.yaml');
    write(
      'regions/us-east.yaml',
      `${text}  - name: mine\n    publicKey: ${readFileSync(file, 'utf8')}\n`,
    );
    const { mend = '', message } = await fault('keys', 'fail');
    expect(message).toContain("it may be a stranger's");
    await paste(mend.replace(/^.*listed: (.*); otherwise.*$/, '$1').replace('FILE', file));
    await mended();
  });

  it('lack a file that the root lists: restore it', async () => {
    rmSync(join(repo, 'regions/us-east.yaml'));
    const { bad } = await doctor();
    expect(bad.map(({ message }) => message).join('\n')).toContain(
      'the file of region us-east is missing, which trust root 1 lists',
    );
    me.git(repo, 'restore', 'regions');
    await mended();
  });

  it('name what there is not', async () => {
    const policy = read('policy/distribution-policy.yaml');
    write('policy/distribution-policy.yaml', policy.replace('us-east:', 'us-eats:'));
    const { bad } = await doctor();
    expect(bad[0]).toMatchObject({
      name: 'policy',
      level: 'fail',
      message: expect.stringContaining('us-eats') as string,
      mend: 'did you mean us-east? known regions: us-east',
    });
    me.git(repo, 'checkout', '-q', '--', '.');
  });

  it.each([
    ['policy', 'policy/distribution-policy.yaml', 'data: {'],
    ['repository', 'edgeseal.yaml', 'surprise: 1\n'],
    ['regions', 'regions/us-east.yaml', 'apiVersion: again\n'],
  ])('%s cannot be read: the committed file comes back', async (name, file, more) => {
    write(file, `${read(file)}${more}`);
    const { mend = '', message } = await fault(name, 'fail');
    expect(message).toContain(file);
    await paste(mend.replace(/^.*committed: /, ''));
    await mended();
  });

  it('a heartbeat that nobody here can renew is said', async () => {
    const key = await generateSigningKey(join(me.folder, 'ci'), 'ci', me.env);
    await me.cli(repo, 'trust', 'add-publisher', '--key', `${key.path}.pub`, '--heartbeat');
    expect((await fault('heartbeat', 'warn')).message).toContain('is not at hand');
    const env = { ...me.env, EDGESEAL_HEARTBEAT_KEY: key.path };
    expect((await doctor(env)).bad).toEqual([]);
    me.git(repo, 'add', '-A');
    me.git(repo, 'commit', '-q', '-m', 'Root 2');
    me.git(repo, 'push', '-q');
    const silent = await me.cli(repo, 'publish');
    expect([silent.code, silent.stdout]).toEqual([
      0,
      expect.stringContaining('the heartbeat of us-east was not renewed'),
    ]);
    const renewed = await runCli(['publish'], { cwd: repo, env, stdin: '' });
    expect(renewed.stdout).toContain('heartbeat renewed');
    expect(renewed.stdout).not.toContain('not renewed');
  });
});

describe('secrets', () => {
  it('are not signed: verify, and sign', async () => {
    const stdin =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {c: made-up}\n';
    await runCli(['seal', '--no-sign', '--regions', 'us-east'], { cwd: repo, env: me.env, stdin });
    const { mend = '', message } = await fault('secrets', 'fail');
    expect(message).toBe('1 of 1 sealed secret would not be published');
    const verified = await me.cli(repo, ...mend.split(' ').slice(1));
    const command = /edgeseal (sign \S+)/.exec(verified.stdout)?.[1] ?? '';
    await paste(`edgeseal ${command} --yes`);
    await mended();
  });
});

describe('the publish remote', () => {
  it('is missing, empty, or out of reach', async () => {
    me.git(repo, 'remote', 'remove', 'origin');
    me.git(me.folder, 'init', '-q', '--bare', '-b', 'main', 'new.git');
    const none = await fault('publish remote', 'warn');
    await paste(none.mend!.replace('URL', join(me.folder, 'new.git')));
    const empty = await fault('publish remote', 'warn');
    expect(empty.message).toContain('has no branch main yet');
    await paste(empty.mend!);
    await mended();
    me.git(repo, 'remote', 'set-url', 'origin', 'https://user:made-up@127.0.0.1:9/x.git');
    const gone = await fault('publish remote', 'warn');
    expect(gone.message).toBe('https://127.0.0.1:9/x.git cannot be reached');
    expect(gone.mend).toBe('see why: git ls-remote origin');
  });
});
