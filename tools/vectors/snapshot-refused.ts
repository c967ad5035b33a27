import type { Json } from '../../core/format/canonical-json.ts';
import { makeChannel, makeRoot, nextSpec, root1, spec1 } from './channel.ts';
import type { ChannelParts, Files } from './channel.ts';
import { sshLine } from './keys.ts';
import { accepted, other, root2 } from './snapshot-accepted.ts';
import type { SnapshotCase } from './snapshot.ts';

/** A channel of parts that is refused as a whole. */
export function refused(
  why: string,
  refuse: string,
  parts: ChannelParts = {},
  known: Partial<SnapshotCase> = {},
): SnapshotCase {
  return { why, files: makeChannel(parts).files, expect: { refuse }, ...known };
}

/** The good channel with changed files. */
function altered(why: string, refuse: string, change: (files: Files) => void): SnapshotCase {
  const { files } = makeChannel();
  change(files);
  return { why, files, expect: { refuse } };
}

const flipped = (path: string, refuse: string, at = -1): SnapshotCase =>
  altered(`a flipped bit in ${path}`, refuse, (files) => {
    const bytes = Buffer.from(files.get(path)!);
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    files.set(path, bytes);
  });

const missing = (path: string): SnapshotCase =>
  altered(`${path} is missing`, 'snapshot', (files) => files.delete(path));

export const says = (why: string, refuse: string, over: { [key: string]: Json }): SnapshotCase =>
  refused(why, refuse, { snapshot: (json) => ({ ...json, ...over }) });

const secretFile = 'secrets/production/database-credentials.yaml';
const indexFile = '.edgeseal/index/production';
const markAt = (sequence: number, root = 1, sha256 = other) => ({
  mark: { root, sequence, sha256 },
});
export const text = (bytes: Buffer, edit: (text: string) => string): Buffer => {
  const after = edit(bytes.toString());
  if (after === bytes.toString()) throw new Error('an edit of a vector changed nothing');
  return Buffer.from(after);
};
export const editedIndex = (edit: (text: string) => string): ChannelParts => ({
  indexBytes: (bytes, namespace) => (namespace === 'production' ? text(bytes, edit) : bytes),
});
const quorum = makeRoot(
  nextSpec({
    publishers: { keys: [sshLine('publisher a'), sshLine('publisher b')], threshold: 2 },
  }),
);
const replaced = makeRoot(
  nextSpec({ publishers: { keys: [sshLine('publisher b')], threshold: 1 } }),
);
const secondOfChannel = makeChannel({ sequence: 2, previous: other });

const alive = (why: string, refuse: string, parts: ChannelParts['alive']): SnapshotCase =>
  accepted(why, { alive: parts ?? null }, { heartbeat: { refuse } });

/** What has to be refused of a snapshot that is well-formed, of what it lists, and of its heartbeat. */
export const refusedCases: Record<string, SnapshotCase> = {
  'changed-snapshot': flipped('.edgeseal/snapshot', 'signature', 20),
  'changed-snapshot-signature': flipped('.edgeseal/snapshot.sig', 'ssh'),
  'changed-signature-byte': altered(
    'a flipped bit in the signature itself',
    'signature',
    (files) => {
      const armored = Buffer.from(files.get('.edgeseal/snapshot.sig')!).toString().split('\n');
      const blob = Buffer.from(armored.slice(1, -2).join(''), 'base64');
      blob[blob.length - 40]! ^= 1;
      const body = blob.toString('base64').match(/.{1,70}/g) ?? [];
      files.set(
        '.edgeseal/snapshot.sig',
        Buffer.from([armored[0], ...body, ...armored.slice(-2)].join('\n')),
      );
    },
  ),
  'changed-index': flipped(indexFile, 'snapshot', 20),
  'changed-secret': flipped(secretFile, 'snapshot', 5),
  'secret-with-comment': altered(
    'a comment added to a secret: the same content, other bytes',
    'snapshot',
    (files) => {
      files.set(secretFile, Buffer.concat([files.get(secretFile)!, Buffer.from('# x\n')]));
    },
  ),
  'secrets-swapped': altered('two secrets change places', 'snapshot', (files) => {
    const second = 'secrets/team-shop/api-token.yaml';
    const [a, b] = [files.get(secretFile)!, files.get(second)!];
    files.set(secretFile, b).set(second, a);
  }),
  'indexes-swapped': altered('two indexes change places', 'snapshot', (files) => {
    const second = '.edgeseal/index/team-shop';
    const [a, b] = [files.get(indexFile)!, files.get(second)!];
    files.set(indexFile, b).set(second, a);
  }),
  'missing-snapshot': missing('.edgeseal/snapshot'),
  'missing-snapshot-signature': missing('.edgeseal/snapshot.sig'),
  'missing-index': missing(indexFile),
  'missing-secret': missing(secretFile),
  'half-a-push': altered('the next snapshot with the files of the last', 'snapshot', (files) => {
    const next = makeChannel({ sequence: 2, previous: other, secretBytes: (t) => `${t}# next\n` });
    for (const file of ['.edgeseal/snapshot', '.edgeseal/snapshot.sig'])
      files.set(file, next.files.get(file)!);
  }),
  'size-wrong': refused('the size of an index is one too high', 'snapshot', {
    snapshot: (json) => ({
      ...json,
      indexes: (json['indexes'] as { size: number }[]).map((i) => ({ ...i, size: i.size + 1 })),
    }),
  }),
  'size-of-secret-wrong': refused(
    'the size of a secret is one too low',
    'snapshot',
    editedIndex((t) => t.replace(/"size":(\d+)/, (_, size) => `"size":${Number(size) - 1}`)),
  ),
  unsigned: refused('an empty .sig file', 'signature', { signers: [] }),
  'signed-by-author': refused('signed by an author', 'signature', { signers: ['author a'] }),
  'signed-by-root-key': refused('signed by a key of roots', 'signature', { signers: ['root a'] }),
  'signed-by-stranger': refused('signed by somebody who is nowhere', 'signature', {
    signers: ['stranger'],
  }),
  'signature-of-other-namespace': altered(
    'the publisher’s signature, made for a heartbeat',
    'signature',
    (files) => {
      const lone = makeChannel({
        alive: { signer: 'publisher a', bytes: () => files.get('.edgeseal/snapshot')! },
      });
      files.set('.edgeseal/snapshot.sig', lone.files.get('.edgeseal/alive.sig')!);
    },
  ),
  'quorum-not-reached': refused(
    'one of two publishers',
    'signature',
    { roots: [root1, quorum], signers: ['publisher a'] },
    { held: quorum },
  ),
  'quorum-one-twice': refused(
    'one publisher signed twice',
    'signature',
    { roots: [root1, quorum], signers: ['publisher a', 'publisher a'] },
    { held: quorum },
  ),
  'quorum-not-reached-from-root-1': refused(
    'enough for root 1, not for root 2, which it names',
    'signature',
    { roots: [root1, quorum], signers: ['publisher a'] },
  ),
  'publisher-taken-out': refused(
    'a publisher taken out in root 2 signs a snapshot that names root 2',
    'signature',
    { roots: [root1, replaced], signers: ['publisher a'] },
  ),
  'publisher-not-yet-in': refused(
    'the publisher of root 2 signs a snapshot that names root 1',
    'signature',
    { roots: [root1, replaced], root: root1, signers: ['publisher b'] },
  ),
  'signature-malformed-beside-good': altered(
    'a malformed signature beside a good one',
    'ssh',
    (files) => {
      files.set(
        '.edgeseal/snapshot.sig',
        Buffer.concat([files.get('.edgeseal/snapshot.sig')!, Buffer.from('x\n')]),
      );
    },
  ),
  'region-other': refused('the channel of another region', 'snapshot', {
    region: 'us-west',
    secrets: [],
  }),
  'repository-other': refused(
    'the channel of another repository than the known one',
    'snapshot',
    {},
    { repository: '6f1d1c5e-0000-4000-8000-000000000002' },
  ),
  'repository-of-snapshot-other': says('a snapshot that names another repository', 'snapshot', {
    repository: '6f1d1c5e-0000-4000-8000-000000000002',
  }),
  'mark-below': refused(
    'an older, validly signed snapshot',
    'rollback',
    { sequence: 6, previous: other },
    markAt(7),
  ),
  'mark-below-root': refused(
    'the mark was set under root 2, the snapshot names root 1',
    'rollback',
    { sequence: 9, previous: other },
    markAt(7, 2),
  ),
  'mark-equal-other-hash': refused(
    'two snapshots of one sequence',
    'equivocation',
    { sequence: 7, previous: other },
    markAt(7),
  ),
  'mark-next-previous-other': refused(
    'the next sequence does not follow the mark',
    'equivocation',
    { sequence: 8, previous: 'd'.repeat(64) },
    markAt(7),
  ),
  'mark-next-previous-null': refused(
    'the next sequence follows nothing',
    'equivocation',
    { sequence: 8 },
    markAt(7),
  ),
  'mark-next-after-itself': {
    why: 'previous is the hash of some other snapshot of the channel',
    files: makeChannel({ sequence: 8, previous: secondOfChannel.sha256 }).files,
    expect: { refuse: 'equivocation' },
    ...markAt(7),
  },
  'mark-in-root-2-equal-other-hash': refused(
    'two snapshots of one sequence under root 2',
    'equivocation',
    { roots: [root1, root2], sequence: 7, previous: other },
    { ...markAt(7, 2), held: root2 },
  ),
  'root-older-named': refused(
    'root 2 is held, the snapshot names root 1',
    'rollback',
    {},
    { held: root2 },
  ),
  'root-hash-other': says('the snapshot names root 1 by another hash', 'root', {
    root: { number: 1, sha256: other },
  }),
  'root-not-there': refused('the snapshot names root 2, which is not there', 'root', {
    root: root2,
  }),
  'pin-other': refused('the root held is not the pinned one', 'pin', {}, { pin: other }),
  'pin-of-unsigned-root': refused(
    'the pinned root is not signed by its own keys',
    'signature',
    {},
    { held: makeRoot(spec1, []) },
  ),
  'heartbeat-by-publisher': alive('a heartbeat signed by a publisher', 'signature', {
    signer: 'publisher a',
  }),
  'heartbeat-changed': {
    ...alive('a byte of the heartbeat changed after signing', 'signature', {}),
    files: new Map([...makeChannel().files, ['.edgeseal/alive', Buffer.from('{}')]]),
  },
  'heartbeat-of-region': alive('a heartbeat of another region', 'snapshot', {
    over: { region: 'us-west' },
  }),
  'heartbeat-of-repository': alive('a heartbeat of another repository', 'snapshot', {
    over: { repository: '6f1d1c5e-0000-4000-8000-000000000002' },
  }),
  'heartbeat-not-canonical': alive('a heartbeat with a line feed at its end', 'canonical', {
    bytes: (b) => Buffer.concat([b, Buffer.from('\n')]),
  }),
  'heartbeat-no-such-day': alive('the 30th of February', 'schema', {
    over: { issuedAt: '2026-02-30T12:00:00Z' },
  }),
  'heartbeat-time-zone': alive('a time that is not UTC', 'schema', {
    over: { issuedAt: '2026-01-31T12:00:00+01:00' },
  }),
  'heartbeat-fraction': alive('a time with a fraction', 'schema', {
    over: { issuedAt: '2026-01-31T12:00:00.5Z' },
  }),
  'heartbeat-unknown-member': alive('an unknown member', 'schema', { over: { sequence: 1 } }),
  'heartbeat-hour-24': alive('hour 24', 'schema', { over: { issuedAt: '2026-01-31T24:00:00Z' } }),
};
