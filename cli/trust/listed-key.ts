import { EdgesealError } from '../../core/errors.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { parseSshPublicKey, sshFingerprint } from '../../core/trust/ssh-key.ts';
import { sshKeys } from '../signer/ssh-key-option.ts';
import type { Io } from '../terminal/io.ts';
import { keyWords, lists } from './key-words.ts';

/**
 * Finds a key that a root lists, by its fingerprint, its file, or the line itself.
 *
 * @param lines where it has to be listed
 * @param what words for what is listed there: `publisher`
 * @returns the line as the root has it
 * @throws EdgesealError `input-usage` where it is not listed
 */
export async function listedKey(
  io: Io,
  given: string,
  lines: readonly string[],
  what: string,
  spec: TrustRootSpec,
): Promise<string> {
  const print = given.startsWith('SHA256:') ? given.replace(/=+$/, '') : undefined;
  const [key = ''] = print === undefined ? await sshKeys(io, [given]) : [];
  const found = lines.find((line) => {
    const parsed = parseSshPublicKey(line);
    return print === undefined ? lists([key], parsed) : sshFingerprint(parsed.blob) === print;
  });
  if (found !== undefined) return found;
  const known = lines.map((line) => keyWords(line, spec)).join(', ');
  throw new EdgesealError('input-usage', `that is not the key of a ${what}`, {
    hint: `these are: ${known} (name one by its fingerprint or its file)`,
  });
}

/** The one key that `--key` gave. */
export function oneKey(given: readonly string[] | undefined): string {
  const [first, ...others] = given ?? [];
  if (first !== undefined && others.length === 0) return first;
  throw new EdgesealError(
    'input-usage',
    first === undefined ? 'which key? give it with --key' : 'one key at a time: give --key once',
    { hint: 'a file such as bob.pub, or a fingerprint that edgeseal trust show prints' },
  );
}
