import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { rootFingerprint } from '../../core/trust/root-chain.ts';
import { writeFileAtomic } from '../files.ts';
import type { Io } from '../terminal/io.ts';
import { gitText } from '../git/git.ts';
import { confirm } from '../terminal/prompt.ts';

/** What a clone remembers of trust, in its own Git directory: never committed, shared by its worktrees. */
export interface Pin {
  /** SHA-256 of the root whose fingerprint a person confirmed. */
  accepted: string;
  /** The newest root that was followed to from there. */
  newest: { number: number; sha256: string };
}

const hex64 = /^[0-9a-f]{64}$/;

/**
 * The pinned root of this clone: EDGESEAL_ROOT (for CI: a protected variable) before the remembered one.
 *
 * @returns undefined where nobody has accepted a root here yet
 */
export async function readPin(io: Io, top: string, repository: string): Promise<Pin | undefined> {
  const fixed = io.env['EDGESEAL_ROOT']?.replaceAll('-', '');
  if (fixed !== undefined && fixed !== '') {
    if (!hex64.test(fixed)) {
      throw new EdgesealError(
        'trust-pin',
        'EDGESEAL_ROOT is not a root fingerprint (64 hex digits)',
        { hint: 'print it with: edgeseal trust show' },
      );
    }
    return { accepted: fixed, newest: { number: 0, sha256: fixed } };
  }
  const file = await pinFile(io, top, repository);
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

/** Remembers a root as accepted by a person. */
export async function writePin(io: Io, top: string, repository: string, pin: Pin): Promise<void> {
  const file = await pinFile(io, top, repository);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFileAtomic(file, `${JSON.stringify(pin)}\n`);
}

/** Remembers how far the chain was followed. A branch that stands on an older root is no fault, but is said. */
export async function rememberNewest(
  io: Io,
  top: string,
  pin: Pin,
  root: AcceptedRoot,
): Promise<void> {
  if (root.number <= pin.newest.number || (io.env['EDGESEAL_ROOT'] ?? '') !== '') return;
  const newest = { number: root.number, sha256: root.sha256 };
  await writePin(io, top, root.spec.repository, { accepted: pin.accepted, newest });
}

/**
 * Asks a person to confirm a root's fingerprint, once a clone.
 *
 * @throws EdgesealError `trust-pin` where nobody can be asked, or they say no
 */
export async function confirmRoot(
  io: Io,
  repository: string,
  first: AcceptedRoot,
  newest: AcceptedRoot,
): Promise<void> {
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) throw notAccepted(first, newest);
  const shown = distinct(first, newest).map((root) => `  ${words(root)}\n`);
  io.stderr.write(
    `This clone does not know repository ${repository} yet. Its trust ${shown.length === 1 ? 'root is' : 'roots are, the first and the newest,'}\n\n${shown.join('')}\nCompare ${shown.length === 1 ? 'it' : 'one of them'} with what a colleague sees (edgeseal trust show): everything else follows from it.\n`,
  );
  if (await confirm(io, 'Is it the same?')) return;
  throw new EdgesealError('trust-pin', 'the trust root was not accepted', { hint: acceptHint });
}

/** No command with a fingerprint in it: pasted, it would confirm what nobody has compared. */
const acceptHint =
  'get the fingerprint from a colleague (edgeseal trust show), not from here, then: edgeseal trust accept FINGERPRINT (in CI: set EDGESEAL_ROOT)';

/** This clone has no root to follow from yet. */
export function notAccepted(first: AcceptedRoot, newest: AcceptedRoot): EdgesealError {
  const shown = distinct(first, newest).map(words).join('; ');
  return new EdgesealError(
    'trust-pin',
    `this clone has not accepted a trust root yet; the repository has ${shown}`,
    { hint: acceptHint },
  );
}

function distinct(first: AcceptedRoot, newest: AcceptedRoot): AcceptedRoot[] {
  return first.number === newest.number ? [first] : [first, newest];
}

function words({ number, sha256 }: AcceptedRoot): string {
  return `root ${number}: ${rootFingerprint(sha256)}`;
}

async function pinFile(io: Io, top: string, repository: string): Promise<string> {
  const directory = await gitText(io, ['rev-parse', '--path-format=absolute', '--git-common-dir'], {
    cwd: top,
  });
  return join(directory, 'edgeseal', `${repository}.json`);
}
