import { join } from 'node:path';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { findSigningKey, generateSigningKey } from '../signer/signer.ts';
import type { SigningKey } from '../signer/signer.ts';
import { home } from '../signer/locate.ts';

/**
 * The name that an author goes by: given, or Git's e-mail address.
 *
 * @throws EdgesealError `input-usage` where there is neither, or it is not one short line
 */
export async function authorName(io: Io, given: string | undefined, cwd: string): Promise<string> {
  const name = given ?? (await gitAnswer(io, ['config', 'user.email'], { cwd }));
  if (name === undefined || name === '') {
    throw new EdgesealError('input-usage', 'there is no name to list you as an author by', {
      hint: 'give one with --author you@example.com, or: git config --global user.email you@example.com',
    });
  }
  return checkAuthorName(name);
}

/** People decide by this name what they approve: nothing hidden may be in it. */
export function checkAuthorName(name: string): string {
  if (/^\S(?:.{0,318}\S)?$/u.test(name) && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name)) return name;
  throw new EdgesealError(
    'input-usage',
    "an author's name is one line of at most 320 characters, such as an e-mail address",
  );
}

/**
 * The person's SSH key; where they have none that edgeseal looks at, one is made as `ssh-keygen` would.
 *
 * @throws EdgesealError `trust-signer` where a key was named (option, environment, Git) that cannot sign here
 */
export async function signingKeyOrNew(
  io: Io,
  given: string | undefined,
  cwd: string,
  comment: string,
): Promise<SigningKey> {
  try {
    return await findSigningKey({ cwd, env: io.env, keyPath: given });
  } catch (error) {
    // With a cause, some key was found and is unfit: then the person has to choose.
    if (!isEdgesealError(error, 'trust-signer') || error.cause !== undefined) throw error;
  }
  const path = join(home(io.env), '.ssh', 'id_ed25519');
  const key = await generateSigningKey(path, comment, io.env);
  new Output(io).note(
    `made an SSH key for you to sign with: ${path} (it has no passphrase; to give it one: ssh-keygen -p -f ${path})`,
  );
  return key;
}
