import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgesealError } from '../errors.ts';

/** What a clone remembers of trust, in its own Git directory: never committed, shared by its worktrees. */
export interface Pin {
  /** SHA-256 of the root whose fingerprint a person confirmed. */
  accepted: string;
  /** The newest root that was followed to from there. */
  newest: { number: number; sha256: string };
}

const hex64 = /^[0-9a-f]{64}$/;

/**
 * The root that the environment names (EDGESEAL_ROOT; in CI a protected variable), which goes before the remembered one.
 *
 * @throws EdgesealError `trust-pin` where it is no fingerprint
 */
export function fixedPin(env: NodeJS.ProcessEnv): Pin | undefined {
  const fixed = env['EDGESEAL_ROOT']?.replaceAll('-', '');
  if (fixed === undefined || fixed === '') return undefined;
  if (!hex64.test(fixed)) {
    throw new EdgesealError(
      'trust-pin',
      'EDGESEAL_ROOT is not a root fingerprint (64 hex digits)',
      { hint: 'print it with: edgeseal trust show' },
    );
  }
  return { accepted: fixed, newest: { number: 0, sha256: fixed } };
}

/**
 * Where the pin of a repository lies.
 *
 * @param gitFolder what all worktrees share: `git rev-parse --git-common-dir`
 * @param repository its id
 */
export function pinPath(gitFolder: string, repository: string): string {
  return join(gitFolder, 'edgeseal', `${repository}.json`);
}

/**
 * The remembered root.
 *
 * @returns undefined where nobody has accepted a root here yet
 * @throws EdgesealError `trust-pin` where the file is damaged
 */
export async function readPinFile(file: string): Promise<Pin | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const pin = JSON.parse(text) as Pin;
    if (
      hex64.test(pin.accepted) &&
      hex64.test(pin.newest.sha256) &&
      Number.isSafeInteger(pin.newest.number)
    )
      return pin;
  } catch {
    // Falls through: damaged is damaged, however.
  }
  throw new EdgesealError('trust-pin', 'the remembered trust root cannot be read', {
    file,
    hint: 'compare the fingerprint with a colleague, then: edgeseal trust accept FINGERPRINT',
  });
}
