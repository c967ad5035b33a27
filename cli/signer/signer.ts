import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { formatSshPublicKey, sameSshKey, sshFingerprint } from '../../core/trust/ssh-key.ts';
import { verifySshsig } from '../../core/trust/sshsig.ts';
import { memoryFolder } from '../memory-folder.ts';
import { readKeyFile } from './key-file.ts';
import {
  agentKey,
  gitSigningKey,
  home,
  namedKey,
  newKeyHint,
  signingKeyOption,
  signingKeyVariable,
} from './locate.ts';
import type { SigningKey, Surroundings } from './locate.ts';
import { runTool } from './tool.ts';
import type { ToolOptions, ToolResult } from './tool.ts';

export type { SigningKey };

export interface FindOptions extends Surroundings {
  /** What `--signing-key` says: a path, or a public key that the agent holds (`key::ssh-ed25519 ...`). */
  keyPath?: string | undefined;
}

export interface SignRequest {
  key: SigningKey;
  /** SSHSIG namespace, such as `secret@edgeseal.dev`. */
  namespace: string;
  /** What is signed, as bytes: statements and hashes. They may reach a private temporary file. */
  messages: readonly Uint8Array[];
  env: NodeJS.ProcessEnv;
  cwd?: string | undefined;
}

/** Keeps argv below a quarter of what Linux and macOS allow; a passphrase is asked for once a batch. */
const BATCH = 10_000;

/**
 * The key to sign with: `--signing-key`, then EDGESEAL_SIGNING_KEY, Git's `user.signingkey` when
 * `gpg.format=ssh`, `~/.ssh/id_ed25519`, `~/.ssh/id_ed25519_sk`, the agent's first ed25519 key. Asks
 * for no passphrase.
 *
 * Throws `trust-signer` when there is none, or when the one that --signing-key, EDGESEAL_SIGNING_KEY or a
 * default file names cannot sign. Git's key of another type (RSA) is passed over, because it was
 * chosen for something else, and is what the error names when nothing else is found; so are files in ~/.ssh.
 */
export async function findSigningKey(options: FindOptions): Promise<SigningKey> {
  const { env, keyPath } = options;
  if (keyPath !== undefined) return await namedKey(keyPath, signingKeyOption, options);
  const named = env[signingKeyVariable];
  if (named !== undefined && named !== '') {
    return await namedKey(named, signingKeyVariable, options);
  }
  let passedOver: EdgesealError | undefined;
  const git = await gitSigningKey(options);
  if (git !== undefined) {
    try {
      return await namedKey(git, 'git config user.signingkey', options);
    } catch (error) {
      if (!isEdgesealError(error) || !isEdgesealError(error.cause, 'format-ssh')) throw error;
      passedOver = error;
    }
  }
  for (const name of ['id_ed25519', 'id_ed25519_sk']) {
    const path = join(home(env), '.ssh', name);
    if (existsSync(path)) return await namedKey(path, `~/.ssh/${name}`, options);
  }
  const agent = await agentKey(options);
  if (agent !== undefined) return { publicKey: agent, path: undefined, source: 'ssh-agent' };
  if (passedOver !== undefined) throw passedOver;
  const unfit = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_dsa']
    .filter((name) => existsSync(join(home(env), '.ssh', name)))
    .map((name) => `~/.ssh/${name}`);
  const found = unfit.length === 0 ? '' : ` (${unfit.join(', ')}: only ed25519 keys can)`;
  throw new EdgesealError('trust-signer', `there is no ssh key to sign with${found}`, {
    hint: newKeyHint,
  });
}

/**
 * Signs each message through `ssh-keygen -Y sign` and returns the armored signatures in order, each
 * checked by our own verifier. One process signs them all, so a passphrase is asked for once; prompts
 * reach the terminal, or SSH_ASKPASS. A single message goes through standard input, several through
 * files in a private directory that is removed in any case.
 *
 * Throws `trust-signer` when ssh-keygen is missing, fails, or signs with another key, and
 * `input-cancelled` when the person interrupts it.
 */
export async function sign(request: SignRequest): Promise<string[]> {
  const { key, messages } = request;
  const [only] = messages;
  if (only === undefined) return [];
  if (messages.length === 1 && key.path !== undefined) {
    const path = resolve(request.cwd ?? process.cwd(), key.path);
    return [checked(await signInput(request, path, only), only, request)];
  }
  const signatures: string[] = [];
  for (let start = 0; start < messages.length; start += BATCH) {
    const batch = messages.slice(start, start + BATCH);
    const made = await signFiles(request, batch);
    signatures.push(...batch.map((message, index) => checked(made[index] ?? '', message, request)));
  }
  return signatures;
}

/**
 * Makes an ed25519 key pair without a passphrase, `path` and `path.pub`; missing directories are made
 * with mode 0700. Throws `trust-signer` when either file exists or ssh-keygen fails, and `input-usage`
 * for a comment that is not one line of text.
 */
export async function generateSigningKey(
  path: string,
  comment: string,
  env: NodeJS.ProcessEnv,
): Promise<SigningKey> {
  const file = resolve(path);
  if (/\p{C}/u.test(comment)) {
    throw new EdgesealError('input-usage', 'the comment of a key has to be one line of text');
  }
  if (existsSync(file) || existsSync(`${file}.pub`)) {
    const hint = `sign with it (--signing-key ${file}), or name another file`;
    throw new EdgesealError('trust-signer', 'the key file exists already', { file, hint });
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const args = ['-t', 'ed25519', '-N', '', '-f', file, '-C', comment, '-q'];
  const result = await sshKeygen(args, { cwd: dirname(file), env });
  if (result.code !== 0) throw failure('ssh-keygen made no key', result, file);
  return { publicKey: await readKeyFile(`${file}.pub`), path: file, source: file };
}

async function signInput(request: SignRequest, path: string, message: Uint8Array): Promise<string> {
  const { cwd = process.cwd(), env } = request;
  const args = signArgs(request, path);
  const result = await sshKeygen(args, { cwd, env, input: message, interactive: true });
  if (result.code !== 0) throw failure('ssh-keygen did not sign', result, path);
  return result.stdout;
}

async function signFiles(request: SignRequest, messages: readonly Uint8Array[]): Promise<string[]> {
  // Two small files a message: in memory that is a good deal faster than on many a disk.
  const place = (await memoryFolder(['/dev/shm', request.env['XDG_RUNTIME_DIR']])) ?? tmpdir();
  const directory = mkdtempSync(join(place, 'edgeseal-sign-'));
  try {
    let path = join(directory, 'key.pub');
    if (request.key.path === undefined) {
      writeFileSync(path, `${formatSshPublicKey(request.key.publicKey)}\n`, { mode: 0o600 });
    } else {
      path = resolve(request.cwd ?? process.cwd(), request.key.path);
    }
    const names = messages.map((_, index) => String(index));
    for (const [index, message] of messages.entries()) {
      writeFileSync(join(directory, String(index)), message, { mode: 0o600, flag: 'wx' });
    }
    const args = [...signArgs(request, path), ...names];
    const result = await sshKeygen(args, { cwd: directory, env: request.env, interactive: true });
    if (result.code !== 0) throw failure('ssh-keygen did not sign', result, request.key.path);
    return names.map((name) => readFileSync(join(directory, `${name}.sig`), 'utf8'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Quiet, or it names each file; but with a FIDO key that would also hide "confirm user presence". The
 * hash is ssh-keygen's default, sha512: the option that says so is younger than `-Y sign`, and our
 * parser takes no other.
 */
function signArgs(request: SignRequest, path: string): string[] {
  const quiet = request.key.publicKey.application === undefined ? ['-q'] : [];
  return ['-Y', 'sign', ...quiet, '-f', path, '-n', request.namespace];
}

/** A signature is worth handing on only when those who verify will accept it from this key. */
function checked(armored: string, message: Uint8Array, request: SignRequest): string {
  const signer = verifySshsig(armored, message, request.namespace);
  const wanted = request.key.publicKey;
  if (signer !== undefined && sameSshKey(signer, wanted)) return armored;
  const problem =
    signer === undefined
      ? 'ssh-keygen made a signature that does not verify'
      : `ssh-keygen signed with ${sshFingerprint(signer.blob)} instead of ${sshFingerprint(wanted.blob)}`;
  const hint = 'look at the agent (ssh-add -l) and at the .pub file beside the key';
  throw new EdgesealError('trust-signer', problem, { file: request.key.path, hint });
}

async function sshKeygen(args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const result = await runTool('ssh-keygen', args, options);
  if (result !== undefined) return result;
  throw new EdgesealError('trust-signer', 'ssh-keygen was not found', {
    hint: 'install OpenSSH 8.2 or newer (Debian and Ubuntu: apt-get install openssh-client)',
  });
}

function failure(what: string, result: ToolResult, file: string | undefined): EdgesealError {
  if (result.signal === 'SIGINT' || result.signal === 'SIGTERM') {
    return new EdgesealError('input-cancelled', `${what}: it was interrupted`, { file });
  }
  const said = result.stderr.replace(/[^\x20-\x7e]+/g, ' ').trim();
  const unlock = `for a key with a passphrase, run ssh-add ${file ?? ''} first or sign in a terminal`;
  const hint = said.includes('passphrase') ? `${said}; ${unlock}` : said;
  return new EdgesealError('trust-signer', what, { file, hint: hint === '' ? undefined : hint });
}
