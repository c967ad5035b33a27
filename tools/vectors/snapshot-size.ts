import { makeChannel, makeRoot, nextSpec, root1 } from './channel.ts';
import type { ChannelParts, Files, MadeRoot } from './channel.ts';
import { accepted, outcome, root2 } from './snapshot-accepted.ts';
import { editedIndex, refused } from './snapshot-refused.ts';
import type { SnapshotCase } from './snapshot.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const secretFile = 'secrets/production/database-credentials.yaml';
const secretLimit = 4 * MiB;
const indexLimit = 32 * MiB;

/** What the harness makes of a file. */
const grown = (bytes: Uint8Array, size: number): Buffer =>
  Buffer.concat([bytes, Buffer.from('#'.padEnd(size - bytes.length, 'x'))]);

/** Stores the files as they were before they grew; hashes and signatures are of what they grow to. */
function stored(files: Files, before: Record<string, Uint8Array>): Files {
  return new Map([...files, ...Object.entries(before)]);
}

function large(
  why: string,
  grow: Record<string, number>,
  parts: ChannelParts,
  before: Record<string, Uint8Array>,
  expect?: object,
): SnapshotCase {
  const made = makeChannel(parts);
  return {
    why,
    files: stored(made.files, before),
    expect: expect === undefined ? { refuse: 'too-large' } : outcome(made, expect),
    grow,
  };
}

const plain = makeChannel();
const file = (path: string): Uint8Array => plain.files.get(path)!;

/** A file of signatures that is too long, signed or not. */
const signatures = (path: string, roots: MadeRoot[] = [root1]): SnapshotCase => ({
  ...refused(`${path} of 64 KiB and one byte`, 'too-large', { roots, root: root1 }),
  grow: { [path]: 64 * KiB + 1 },
});

const rootOf = (size: number): MadeRoot =>
  makeRoot(nextSpec(), ['root a'], (text) => grown(Buffer.from(text), size).toString());

const rootLarge = (why: string, size: number, expect?: object): SnapshotCase =>
  large(
    why,
    { '.edgeseal/trust/2': size },
    { roots: [root1, rootOf(size)], root: expect === undefined ? root1 : rootOf(size) },
    { '.edgeseal/trust/2': root2.bytes },
    expect,
  );

const secretLarge = (size: number, expect?: object): SnapshotCase =>
  large(
    expect === undefined ? 'a secret of 4 MiB and one byte' : 'a secret of exactly 4 MiB',
    { [secretFile]: size },
    {
      secretBytes: (text) =>
        text.includes('name: database-credentials') ? grown(Buffer.from(text), size) : text,
    },
    { [secretFile]: file(secretFile) },
    expect,
  );

/** Each limit in bytes: asked before anything is hashed, verified or parsed. */
export const sizeCases: Record<string, SnapshotCase> = {
  'too-large-snapshot': large(
    'a signed snapshot of 4 MiB and one byte',
    { '.edgeseal/snapshot': 4 * MiB + 1 },
    { snapshotBytes: (bytes) => grown(bytes, 4 * MiB + 1) },
    { '.edgeseal/snapshot': file('.edgeseal/snapshot') },
  ),
  'too-large-snapshot-signature': signatures('.edgeseal/snapshot.sig'),
  'too-large-root': rootLarge('a signed root of 512 KiB and one byte', 512 * KiB + 1),
  'too-large-root-unsigned': {
    ...rootLarge('the same, not signed: its size comes first', 512 * KiB + 1),
    files: new Map([
      ...makeChannel({ roots: [root1, root2], root: root1 }).files,
      ['.edgeseal/trust/2.sig', Buffer.alloc(0)],
    ]),
  },
  'pass-largest-root': rootLarge('a root of exactly 512 KiB', 512 * KiB, { root: 2 }),
  'too-large-root-signature': signatures('.edgeseal/trust/2.sig', [root1, root2]),
  'too-large-index-listed': refused(
    'an index that is listed with 32 MiB and one byte',
    'too-large',
    {
      snapshot: (json) => ({
        ...json,
        indexes: (json['indexes'] as object[]).map((i) => ({ ...i, size: indexLimit + 1 })),
      }),
    },
  ),
  'too-large-secret-listed': refused(
    'a secret that is listed with 4 MiB and one byte',
    'too-large',
    editedIndex((t) => t.replace(/"size":\d+/, `"size":${secretLimit + 1}`)),
  ),
  'too-large-secret': secretLarge(secretLimit + 1),
  'pass-largest-secret': secretLarge(secretLimit, {}),
  'heartbeat-too-large': {
    ...accepted(
      'a signed heartbeat of 4 KiB and one byte',
      { alive: { bytes: (bytes) => grown(bytes, 4 * KiB + 1) } },
      { heartbeat: { refuse: 'too-large' } },
    ),
    grow: { '.edgeseal/alive': 4 * KiB + 1 },
  },
  'heartbeat-signature-too-large': {
    ...accepted(
      'signatures of a heartbeat of 64 KiB and one byte',
      {},
      { heartbeat: { refuse: 'too-large' } },
    ),
    grow: { '.edgeseal/alive.sig': 64 * KiB + 1 },
  },
};

sizeCases['heartbeat-too-large']!.files.set('.edgeseal/alive', file('.edgeseal/alive'));
