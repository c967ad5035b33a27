import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findSigningKey, generateSigningKey, sign } from '../../cli/signer/signer.ts';
import type { SigningKey } from '../../cli/signer/signer.ts';
import { formatSshPublicKey, parseSshPublicKey } from '../../core/trust/ssh-key.ts';
import { verifySshsig } from '../../core/trust/sshsig.ts';

const NAMESPACE = 'secret@edgeseal.dev';
const PASSPHRASE = 'made-up-passphrase';

let directory: string;
let env: NodeJS.ProcessEnv;
const agents: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'edgeseal-test-'));
  mkdirSync(join(directory, '.ssh'), { mode: 0o700 });
  mkdirSync(join(directory, 'tmp'));
  // A world of its own: no agent, no display and no configuration of whoever runs the tests. What the
  // signer leaves in the temporary directory would be seen.
  vi.stubEnv('TMPDIR', join(directory, 'tmp'));
  env = {
    PATH: process.env['PATH'],
    HOME: directory,
    TMPDIR: join(directory, 'tmp'),
    GIT_CONFIG_NOSYSTEM: '1',
    SSH_ASKPASS: '/bin/false',
    SSH_ASKPASS_REQUIRE: 'force',
  };
});

afterEach(() => {
  for (const agent of agents.splice(0)) agent.kill();
  expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

function keygen(name: string, passphrase = '', type = 'ed25519'): string {
  const path = join(directory, name);
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  const args = ['-q', '-t', type, ...bits, '-N', passphrase, '-C', name, '-f', path];
  execFileSync('ssh-keygen', args);
  return path;
}

/** A real agent on a socket of its own, ended after the test by its process. */
async function startAgent(...keys: string[]): Promise<void> {
  const socket = join(directory, 'agent.sock');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { env, stdio: 'ignore' });
  agents.push(agent);
  await vi.waitFor(() => {
    if (!existsSync(socket)) throw new Error('ssh-agent is not up yet');
  }, 10_000);
  env['SSH_AUTH_SOCK'] = socket;
  for (const key of keys) execFileSync('ssh-add', ['-q', key], { env, stdio: 'ignore' });
}

/** Answers a passphrase prompt, and leaves a line for each time it was asked. */
function answerPassphrase(): string {
  const [script, log] = [join(directory, 'askpass'), join(directory, 'asked')];
  writeFileSync(script, `#!/bin/sh\necho asked >> '${log}'\necho '${PASSPHRASE}'\n`);
  chmodSync(script, 0o700);
  env['SSH_ASKPASS'] = script;
  return log;
}

const find = (keyPath?: string) => findSigningKey({ cwd: directory, env, keyPath });
const messages = (count: number) =>
  Array.from({ length: count }, (_, index) => Buffer.from(`statement ${String(index)}`));

async function expectSigned(key: SigningKey, count: number): Promise<void> {
  const signed = await sign({ key, namespace: NAMESPACE, messages: messages(count), env });
  expect(signed).toHaveLength(count);
  for (const [index, message] of messages(count).entries()) {
    const signer = verifySshsig(signed[index] ?? '', message, NAMESPACE);
    if (signer === undefined) throw new Error(`signature ${String(index)} does not verify`);
    expect(formatSshPublicKey(signer)).toBe(formatSshPublicKey(key.publicKey));
  }
}

describe('finding the key', () => {
  it('takes --signing-key before EDGESEAL_SIGNING_KEY before Git before ~/.ssh before the agent', async () => {
    const paths = ['option', 'variable', 'git', '.ssh/id_ed25519', 'agent'].map((name) =>
      keygen(name),
    );
    const [option, variable, git, home, agent] = paths;
    await startAgent(agent ?? '');
    env['EDGESEAL_SIGNING_KEY'] = variable;
    const config = join(directory, '.gitconfig');
    writeFileSync(config, '[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = ~/git\n');

    expect(await find(option)).toMatchObject({ path: option, source: '--signing-key' });
    expect(await find()).toMatchObject({ path: variable, source: 'EDGESEAL_SIGNING_KEY' });
    delete env['EDGESEAL_SIGNING_KEY'];
    expect(await find()).toMatchObject({ path: git, source: 'git config user.signingkey' });
    writeFileSync(config, '[user]\n\tsigningkey = ~/git\n');
    expect(await find()).toMatchObject({ path: home, source: '~/.ssh/id_ed25519' });
    rmSync(home ?? '');
    const last = await find();
    expect(last).toMatchObject({ path: undefined, source: 'ssh-agent' });
    expect(last.publicKey.comment).toBe('agent');
  });

  it('takes ~/ and relative paths, private files without .pub, .pub files, and literal keys', async () => {
    const path = keygen('one');
    const pub = parseSshPublicKey(
      execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim(),
    );
    expect((await find(`${path}.pub`)).path).toBe(`${path}.pub`);
    const literal = formatSshPublicKey(pub);
    for (const spec of [literal, `key::${literal}`, `key::${literal} someone`]) {
      expect(await find(spec)).toMatchObject({ path: undefined, source: '--signing-key' });
    }
    rmSync(`${path}.pub`);
    for (const spec of ['~/one', 'one', './one', path]) {
      const key = await find(spec);
      expect(key.path).toBe(path);
      expect(formatSshPublicKey(key.publicKey)).toBe(literal);
    }
  });

  it('reads the public half of a key with a passphrase without asking for it', async () => {
    const log = answerPassphrase();
    const path = keygen('locked', PASSPHRASE);
    const withPub = await find(path);
    rmSync(`${path}.pub`);
    expect(formatSshPublicKey((await find(path)).publicKey)).toBe(
      formatSshPublicKey(withPub.publicKey),
    );
    expect(existsSync(log)).toBe(false);
  });

  it('says what to do when there is none', async () => {
    await expect(find()).rejects.toMatchObject({
      code: 'trust-signer',
      hint: expect.stringContaining('ssh-keygen -t ed25519') as string,
    });
    await expect(find('nowhere')).rejects.toMatchObject({
      code: 'trust-signer',
      file: join(directory, 'nowhere'),
    });
    await expect(find('.ssh')).rejects.toMatchObject({ code: 'trust-signer' });
    writeFileSync(join(directory, 'text'), 'this is not a key');
    await expect(find('text')).rejects.toMatchObject({ code: 'trust-signer' });
  });

  it.each(['rsa', 'ecdsa'])('says that %s is not supported, and what is', async (type) => {
    const path = keygen('other', '', type);
    const pem = join(directory, 'pem');
    execFileSync('cp', [path, pem]);
    execFileSync('cp', [`${path}.pub`, `${pem}.pub`]);
    execFileSync('ssh-keygen', ['-q', '-p', '-m', 'PEM', '-N', '', '-f', pem]);
    for (const spec of [path, `${path}.pub`, pem]) {
      await expect(find(spec)).rejects.toMatchObject({
        code: 'trust-signer',
        message: expect.stringContaining(`${type.toUpperCase()} key is not supported`) as string,
        hint: expect.stringContaining('ssh-keygen -t ed25519') as string,
      });
    }
  });

  it('passes over an RSA key that Git signs with, and names it when it is all there is', async () => {
    keygen('rsa', '', 'rsa');
    writeFileSync(
      join(directory, '.gitconfig'),
      '[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = ~/rsa.pub\n',
    );
    await expect(find()).rejects.toMatchObject({
      code: 'trust-signer',
      message: expect.stringContaining('RSA') as string,
    });
    keygen('.ssh/id_ed25519');
    expect((await find()).source).toBe('~/.ssh/id_ed25519');
  });

  it('passes over RSA keys in the agent', async () => {
    await startAgent(keygen('rsa', '', 'rsa'), keygen('good'));
    expect((await find()).publicKey.comment).toBe('good');
  });
});

describe('signing', () => {
  it.each([0, 1, 2, 50])('with a key file: %i messages', async (count) => {
    await expectSigned(await find(keygen('key')), count);
  });

  it('with a key that only the agent holds', async () => {
    const path = keygen('key');
    await startAgent(path);
    rmSync(path);
    rmSync(`${path}.pub`);
    await expectSigned(await find(), 1);
    await expectSigned(await find(), 3);
  });

  it('with a .pub file whose private half the agent holds, as a literal too', async () => {
    const path = keygen('key');
    await startAgent(path);
    rmSync(path);
    const key = await find(`${path}.pub`);
    await expectSigned(key, 1);
    await expectSigned(key, 3);
    await expectSigned(await find(`key::${formatSshPublicKey(key.publicKey)}`), 2);
  });

  it.each([1, 20])('with a passphrase, asked for once for %i messages', async (count) => {
    const log = answerPassphrase();
    await expectSigned(await find(keygen('locked', PASSPHRASE)), count);
    expect(statSync(log).size).toBe('asked\n'.length);
  });

  it('without the passphrase fails and says how to unlock the key', async () => {
    const key = await find(keygen('locked', PASSPHRASE));
    for (const count of [1, 2]) {
      await expect(
        sign({ key, namespace: NAMESPACE, messages: messages(count), env }),
      ).rejects.toMatchObject({
        code: 'trust-signer',
        hint: expect.stringMatching(/passphrase.*ssh-add .*locked/) as string,
      });
    }
  });

  it('with a key that the agent has lost fails', async () => {
    await startAgent(keygen('key'));
    const key = await find();
    execFileSync('ssh-add', ['-q', '-D'], { env, stdio: 'ignore' });
    await expect(
      sign({ key, namespace: NAMESPACE, messages: messages(1), env }),
    ).rejects.toMatchObject({ code: 'trust-signer' });
  });

  it('refuses what another key signed', async () => {
    const [one, two] = [await find(keygen('one')), await find(keygen('two'))];
    const mixed = { ...one, path: two.path };
    for (const count of [1, 2]) {
      await expect(
        sign({ key: mixed, namespace: NAMESPACE, messages: messages(count), env }),
      ).rejects.toMatchObject({
        code: 'trust-signer',
        message: expect.stringContaining('instead of') as string,
      });
    }
  });

  it('refuses what does not verify, from a program that calls itself ssh-keygen', async () => {
    const key = await find(keygen('key'));
    const [good] = await sign({ key, namespace: NAMESPACE, messages: messages(1), env });
    mkdirSync(join(directory, 'bin'));
    const program = join(directory, 'bin', 'ssh-keygen');
    writeFileSync(program, `#!/bin/sh\ncat <<'END'\n${good ?? ''}END\n`);
    chmodSync(program, 0o700);
    env['PATH'] = `${join(directory, 'bin')}:${env['PATH'] ?? ''}`;
    const other = [Buffer.from('another statement')];
    await expect(sign({ key, namespace: NAMESPACE, messages: other, env })).rejects.toMatchObject({
      code: 'trust-signer',
    });
    // The same program does pass for the message that it has a signature for.
    expect(await sign({ key, namespace: NAMESPACE, messages: messages(1), env })).toEqual([good]);
  });

  it('without ssh-keygen says so', async () => {
    const key = await find(keygen('key'));
    env['PATH'] = join(directory, 'nothing');
    await expect(
      sign({ key, namespace: NAMESPACE, messages: messages(1), env }),
    ).rejects.toMatchObject({
      code: 'trust-signer',
      hint: expect.stringContaining('openssh') as string,
    });
    // Nor are git and ssh-add needed to find a key.
    env['SSH_AUTH_SOCK'] = join(directory, 'nothing');
    await expect(find()).rejects.toMatchObject({ code: 'trust-signer' });
  });

  it('with a path that looks like an option is still a path', async () => {
    keygen('-Y');
    await expectSigned(await find('-Y'), 2);
  });
});

describe('making a key', () => {
  it('makes directories for the owner only, and a key that signs', async () => {
    const path = join(directory, 'a', 'b', 'id_ed25519');
    const key = await generateSigningKey(path, 'author@example.com', env);
    expect(key).toMatchObject({ path, publicKey: { comment: 'author@example.com' } });
    expect(statSync(join(directory, 'a')).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'a', 'b')).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await expectSigned(key, 2);
  });

  it('never replaces one', async () => {
    const path = keygen('key');
    const before = await find(path);
    await expect(generateSigningKey(path, 'x', env)).rejects.toMatchObject({
      code: 'trust-signer',
    });
    rmSync(path);
    await expect(generateSigningKey(path, 'x', env)).rejects.toMatchObject({
      code: 'trust-signer',
    });
    expect((await find(`${path}.pub`)).publicKey.blob).toEqual(before.publicKey.blob);
  });

  it('refuses a comment that would make an unreadable .pub file', async () => {
    const path = join(directory, 'key');
    await expect(generateSigningKey(path, 'two\nlines', env)).rejects.toMatchObject({
      code: 'input-usage',
    });
    expect(existsSync(path)).toBe(false);
  });

  it('reports what ssh-keygen says', async () => {
    // A directory in which nothing can be made: not even root writes into /proc.
    await expect(generateSigningKey('/proc/edgeseal-key', 'x', env)).rejects.toMatchObject({
      code: 'trust-signer',
      hint: expect.stringContaining('/proc/edgeseal-key') as string,
    });
  });
});
