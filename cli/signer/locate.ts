import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { parseSshPublicKey } from '../../core/trust/ssh-key.ts';
import type { SshPublicKey } from '../../core/trust/ssh-key.ts';
import { readKeyFile } from './key-file.ts';
import { runTool } from './tool.ts';

/** A key that a person signs with; the private half stays with ssh-keygen, an agent or a device. */
export interface SigningKey {
  publicKey: SshPublicKey;
  /** Absolute path for `ssh-keygen -f`: private key or `.pub` file; undefined when only the agent has it. */
  path: string | undefined;
  /** Where it was found, for people: `--signing-key`, `EDGESEAL_SIGNING_KEY`, `git config user.signingkey`... */
  source: string;
}

/** Where a person's programs run and what they see. */
export interface Surroundings {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** Ways to name a key, for people. */
export const signingKeyOption = '--signing-key';
export const signingKeyVariable = 'EDGESEAL_SIGNING_KEY';

/** Makes `~/.ssh/id_ed25519`, where it is found without being named. */
export const newKeyHint = 'make one: ssh-keygen -t ed25519';

/** A public key instead of a path, as Git takes it: `key::ssh-ed25519 AAAA...`, `key::` optional. */
const LITERAL = /^(?:key::)?((?:sk-)?(?:ssh|ecdsa)-\S+ .*)$/;

/**
 * The key that a person named: a path (`~/` and relative to cwd), or a public key that the agent holds.
 * Throws `trust-signer`, with a `format-ssh` cause when it is not an ed25519 key.
 */
export async function namedKey(
  spec: string,
  source: string,
  at: Surroundings,
): Promise<SigningKey> {
  try {
    const literal = LITERAL.exec(spec)?.[1];
    if (literal !== undefined) {
      return { publicKey: parseSshPublicKey(literal.trim()), path: undefined, source };
    }
    const path = resolve(at.cwd, spec.startsWith('~/') ? join(home(at.env), spec.slice(2)) : spec);
    return { publicKey: await readKeyFile(path), path, source };
  } catch (cause) {
    if (!(cause instanceof EdgesealError)) throw cause;
    // "public key is cut short" helps nobody who has an RSA key: the hint says what is wanted.
    const isNamed = source === signingKeyOption || source === signingKeyVariable;
    const hint = isNamed ? `name an ed25519 key with ${source}, or ${newKeyHint}` : newKeyHint;
    const details = { file: cause.file, hint, cause };
    throw new EdgesealError(
      'trust-signer',
      `cannot sign with ${source}: ${cause.message}`,
      details,
    );
  }
}

/** What `user.signingkey` says when Git signs with ssh (`gpg.format=ssh`), paths expanded by Git. */
export async function gitSigningKey({ cwd, env }: Surroundings): Promise<string | undefined> {
  const pattern = String.raw`^(gpg\.format|user\.signingkey)$`;
  const args = ['config', '-z', '--type=path', '--get-regexp', pattern];
  const result = await runTool('git', args, { cwd, env });
  if (result?.code !== 0) return undefined;
  const config = new Map<string, string>();
  for (const entry of result.stdout.split('\0')) {
    const at = entry.indexOf('\n');
    config.set(entry.slice(0, at), entry.slice(at + 1));
  }
  const key = config.get('user.signingkey');
  return config.get('gpg.format') === 'ssh' && key !== '' ? key : undefined;
}

/** The first key in the agent that can sign here, or undefined (also without an agent). */
export async function agentKey({ cwd, env }: Surroundings): Promise<SshPublicKey | undefined> {
  if (env['SSH_AUTH_SOCK'] === undefined) return undefined;
  const result = await runTool('ssh-add', ['-L'], { cwd, env });
  if (result?.code !== 0) return undefined;
  for (const line of result.stdout.split('\n')) {
    try {
      return parseSshPublicKey(line);
    } catch (error) {
      if (!isEdgesealError(error, 'format-ssh')) throw error;
    }
  }
  return undefined;
}

/** HOME decides, as for ssh-keygen's own callers; tests and containers set it. */
export function home(env: NodeJS.ProcessEnv): string {
  return env['HOME'] ?? homedir();
}
