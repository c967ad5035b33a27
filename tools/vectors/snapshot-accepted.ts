import { floorAfterDeletion } from '../../core/channel/secret-check.ts';
import { statementDigest } from '../../core/secret/statement.ts';
import { issuedAt, makeChannel, makeRoot, nextSpec, root1 } from './channel.ts';
import type { ChannelParts } from './channel.ts';
import { sshLine } from './keys.ts';
import { firstVersion, signed, thirdVersion, token } from './signed-secret.ts';
import type { SnapshotCase } from './snapshot.ts';
import { base64, repository } from './unseal-case.ts';

export const credentials = 'production/database-credentials';
export const apiToken = 'team-shop/api-token';

const opened = (author: string, version: number, items: Record<string, string>) => ({
  author,
  version,
  items: Object.fromEntries(Object.entries(items).map(([k, v]) => [k, base64(v)])),
});

export const openedCredentials = opened('a@example.com', 1, {
  password: 'made-up-password',
  username: 'made-up-user',
});
export const openedToken = opened('a@example.com', 1, { token: 'made-up-api-token' });
export const openedBoth = { [credentials]: openedCredentials, [apiToken]: openedToken };

const fits = { issuedAt, fits: true };

/** What comes out of a channel that is accepted. */
export function outcome(
  made: { sha256: string },
  over: {
    root?: number;
    sequence?: number;
    state?: string;
    secrets?: object;
    heartbeat?: object | null;
  } = {},
): object {
  const { root = 1, sequence = 1, state = 'new', secrets = openedBoth, heartbeat = fits } = over;
  return { snapshot: state, mark: { root, sequence, sha256: made.sha256 }, secrets, heartbeat };
}

export const other = 'e'.repeat(64);
export const statement1 = statementDigest(repository, firstVersion);

/** A case whose channel is made of parts. */
export function accepted(
  why: string,
  parts: ChannelParts,
  over: Parameters<typeof outcome>[1] = {},
  known: Partial<SnapshotCase> = {},
): SnapshotCase {
  const made = makeChannel(parts);
  const sequence = parts.sequence ?? 1;
  return { why, files: made.files, expect: outcome(made, { sequence, ...over }), ...known };
}

const plain = makeChannel();
const markOf = (sequence: number, sha256 = other, root = 1) => ({ root, sequence, sha256 });

export const root2 = makeRoot(nextSpec());
const rotated = makeRoot(
  nextSpec({
    roots: { keys: [sshLine('root b')], threshold: 1 },
    publishers: { keys: [sshLine('publisher b')], threshold: 1 },
    heartbeat: { key: sshLine('heartbeat b') },
  }),
  ['root a', 'root b'],
);
const root3 = makeRoot(nextSpec({}, root2));
const quorum = makeRoot(
  nextSpec({
    publishers: { keys: ['a', 'b', 'c'].map((n) => sshLine(`publisher ${n}`)), threshold: 2 },
  }),
);

const thirdOpened = opened('a@example.com', 3, {
  password: 'made-up-east',
  username: 'made-up-user',
});

/** Channels that are accepted, whole. */
export const acceptedCases: Record<string, SnapshotCase> = {
  'pass-first': accepted('a first snapshot; no mark yet', {}),
  'pass-same': accepted(
    'the accepted snapshot again: nothing is new',
    {},
    { state: 'same' },
    { mark: markOf(1, plain.sha256) },
  ),
  'pass-next': accepted(
    'the next sequence, on the accepted one',
    { sequence: 8, previous: other, secrets: [signed(thirdVersion), signed(token)] },
    { secrets: { [credentials]: thirdOpened, [apiToken]: openedToken } },
    { mark: markOf(7), floors: { [credentials]: { version: 1, statement: statement1 } } },
  ),
  'pass-gap': accepted(
    'sequences skipped: previous is another one than the mark, and not compared',
    { sequence: 9, previous: 'd'.repeat(64) },
    {},
    { mark: markOf(7) },
  ),
  'pass-largest-sequence': accepted('a sequence of 2^53 - 1', {
    sequence: Number.MAX_SAFE_INTEGER,
    previous: other,
  }),
  'pass-root-2': accepted(
    'root 2 comes with the snapshot that names it',
    { roots: [root1, root2] },
    { root: 2 },
  ),
  'pass-root-2-lower-sequence': accepted(
    'a higher root counts first: the sequence may be lower, and previous is not compared',
    { roots: [root1, root2], sequence: 3, previous: other },
    { root: 2 },
    { mark: markOf(7) },
  ),
  'pass-root-2-not-named': accepted(
    'root 2 lies there, the snapshot names root 1: root 2 is not adopted',
    { roots: [root1, root2], root: root1 },
  ),
  'pass-root-3': accepted('two steps at once', { roots: [root1, root2, root3] }, { root: 3 }),
  'pass-root-2-held': accepted(
    'root 2 is held; root 1 is not looked at, even where it is broken',
    { roots: [{ ...root1, bytes: Buffer.from('broken') }, root2] },
    { root: 2 },
    { held: root2 },
  ),
  'pass-root-keys-rotated': accepted(
    'root 2 has other root, publisher and heartbeat keys; both thresholds signed it',
    { roots: [root1, rotated], signers: ['publisher b'], alive: { signer: 'heartbeat b' } },
    { root: 2 },
  ),
  'pass-root-without-signatures-file': {
    ...accepted('root 2 without its .sig is not there yet', { roots: [root1] }),
    files: new Map([...plain.files, ['.edgeseal/trust/2', root2.bytes]]),
  },
  'pass-quorum': accepted(
    'two of three publishers signed, and somebody else',
    { roots: [root1, quorum], signers: ['publisher c', 'author a', 'publisher a'] },
    { root: 2 },
  ),
  'pass-no-secrets': accepted('a channel that lists nothing', { secrets: [] }, { secrets: {} }),
  'pass-no-heartbeat': accepted(
    'no heartbeat on the channel',
    { alive: null },
    { heartbeat: null },
  ),
  'pass-no-heartbeat-configured': accepted(
    'a heartbeat that the root does not configure is not looked at',
    {
      roots: [root1, makeRoot((({ heartbeat: _, ...rest }) => rest)(nextSpec()))],
      alive: { signer: 'author b' },
    },
    { root: 2, heartbeat: null },
  ),
  'pass-heartbeat-of-older-snapshot': accepted(
    'a heartbeat for another snapshot says nothing about this one',
    { alive: { over: { snapshot: other } } },
    { heartbeat: { issuedAt, fits: false } },
  ),
  'pass-other-files': {
    ...accepted('files that are not listed are ignored', {}),
    files: new Map([
      ...plain.files,
      ['secrets/production/other.yaml', Buffer.from('made up')],
      ['README.md', Buffer.from('x')],
    ]),
  },
  'pass-at-floor': accepted(
    'at the floor, with the same statement',
    {},
    {},
    {
      floors: { [credentials]: { version: 1, statement: statement1 } },
    },
  ),
  'pass-above-deleted': accepted(
    'deleted at version 2, back with version 3',
    { secrets: [signed(thirdVersion)] },
    { secrets: { [credentials]: thirdOpened } },
    { floors: { [credentials]: floorAfterDeletion({ version: 2, statement: other }) } },
  ),
};
