import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { fixedPin, pinPath, readPinFile } from '../../core/repository/pin.ts';
import type { Pin } from '../../core/repository/pin.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { rootFingerprint } from '../../core/trust/root-chain.ts';
import { writeFileAtomic } from '../files.ts';
import type { Io } from '../terminal/io.ts';
import { gitText } from '../git/git.ts';
import { confirm } from '../terminal/prompt.ts';

export type { Pin };

/**
 * The pinned root of this clone: EDGESEAL_ROOT (for CI: a protected variable) before the remembered one.
 *
 * @returns undefined where nobody has accepted a root here yet
 */
export async function readPin(io: Io, top: string, repository: string): Promise<Pin | undefined> {
  return fixedPin(io.env) ?? (await readPinFile(await pinFile(io, top, repository)));
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
  return pinPath(directory, repository);
}
