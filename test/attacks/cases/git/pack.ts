import { oidOf, rawPack, treeEntry } from '../../../support/git-objects.ts';
import type { RawEntry } from '../../../support/git-objects.ts';
import type { Attack, Family } from '../../kit/attack.ts';
import { notChecked } from '../../kit/peers.ts';
import { packed, server } from '../../kit/wire.ts';

const WHO = 'edgeseal <publish@example.com> 1750000000 +0000';
const COMMIT = 1;
const TREE = 2;
const BLOB = 3;
const OFS_DELTA = 6;
const REF_DELTA = 7;

const commitOf = (tree: string): string =>
  `tree ${tree}\nauthor ${WHO}\ncommitter ${WHO}\n\npublish\n`;

/** A small whole channel as objects, to which each case adds a lie. */
const blob = Buffer.from('kind: EdgeSecret\n');
const tree = treeEntry('100644', 'a.yaml', oidOf('blob', blob));
const commit = Buffer.from(commitOf(oidOf('tree', tree)));
const sound: RawEntry[] = [
  { type: COMMIT, data: commit },
  { type: TREE, data: tree },
  { type: BLOB, data: blob },
];

function packOf(
  id: string,
  attack: string,
  says: string,
  bytes: () => Buffer,
  at = oidOf('commit', commit),
): Attack {
  return {
    id,
    attack,
    peers: notChecked,
    expected: { mirror: 'Invalid', says },
    strike: (site) => site.hostile({ onRequest: server(site, at, { pack: packed(bytes()) }) }),
  };
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

const base = Buffer.from(oidOf('blob', blob), 'hex');
const same = Buffer.from([...varint(17), ...varint(17), 0x90, 17]);
const withEntry = (one: RawEntry) => (): Buffer => rawPack([...sound, one]);

const lastByte = (bytes: Buffer): Buffer => {
  bytes[bytes.length - 1]! ^= 1;
  return bytes;
};

/** A file that its tree calls a folder. */
const misnamed = ((): { tree: Buffer; commit: Buffer } => {
  const folder = treeEntry('40000', 'secrets', oidOf('blob', blob));
  return { tree: folder, commit: Buffer.from(commitOf(oidOf('tree', folder))) };
})();

export const pack: Family = {
  title: 'A Git pack is hostile',
  attacker:
    "A mirror that makes its own packs, which lie about what is in them and aim at the reader's memory.",
  test: 'test/attacks/objects.test.ts',
  attacks: [
    packOf(
      'delta-of-2-gb',
      'sends a delta that claims to make 2 GB',
      'delta makes',
      withEntry({
        type: REF_DELTA,
        base,
        data: Buffer.from([...varint(17), ...varint(2 ** 31), 0x90, 1]),
      }),
    ),
    packOf(
      'blob-of-2-gb',
      'sends an object that claims 2 GB',
      '2147483648 bytes',
      withEntry({ type: BLOB, data: Buffer.alloc(10), claim: 2 ** 31 }),
    ),
    packOf(
      'zlib-bomb',
      'sends 100 MB of zeros in an object that claims 17 bytes',
      'longer than it says',
      () => rawPack([...sound, { type: BLOB, data: Buffer.alloc(100 << 20), claim: 17 }]),
    ),
    packOf('delta-circle', 'sends two deltas of each other', 'of a delta is missing', () =>
      rawPack([
        ...sound,
        { type: REF_DELTA, base: Buffer.alloc(20, 0xaa), data: same },
        { type: REF_DELTA, base: Buffer.alloc(20, 0xaa), data: same },
      ]),
    ),
    packOf(
      'delta-of-itself',
      'sends a delta of itself',
      'outside of its pack',
      withEntry({ type: OFS_DELTA, base: Buffer.from([0]), data: same }),
    ),
    packOf(
      'delta-within',
      'sends a delta of the middle of another object',
      'not an object of its pack',
      withEntry({ type: OFS_DELTA, base: Buffer.from([3]), data: same }),
    ),
    packOf('ten-million-objects', 'claims ten million objects', '10000000 objects', () =>
      rawPack(sound, 10_000_000),
    ),
    packOf('one-object-more', 'claims one object more than it sends', 'outside of its pack', () =>
      rawPack(sound, 4),
    ),
    packOf(
      'one-object-less',
      'claims one object less than it sends',
      'behind the last object',
      () => rawPack(sound, 2),
    ),
    packOf('wrong-trailer', 'ends with a wrong checksum', 'checksum', () =>
      lastByte(rawPack(sound)),
    ),
    packOf('truncated-pack', 'sends a pack without its end', 'checksum', () =>
      rawPack(sound).subarray(0, -30),
    ),
    packOf('no-pack-at-all', 'sends text in the place of a pack', 'not a pack', () =>
      Buffer.from('PACX'.repeat(20)),
    ),
    packOf('empty-pack', 'sends an empty pack', 'checksum', () => Buffer.alloc(0)),
    packOf('pack-version', 'sends a pack of version 9', 'version', () =>
      Buffer.from('PACK\0\0\0\x09\0\0\0\0'.repeat(9), 'latin1'),
    ),
    packOf(
      'object-type-5',
      'sends an object of a type that is not there',
      'type',
      withEntry({ type: 5, data: blob }),
    ),
    packOf(
      'blob-as-a-folder',
      'says of a file that it is a folder',
      'is a blob, not a tree',
      () =>
        rawPack([
          { type: COMMIT, data: misnamed.commit },
          { type: TREE, data: misnamed.tree },
          { type: BLOB, data: blob },
        ]),
      oidOf('commit', misnamed.commit),
    ),
    packOf('no-blob', 'sends a tree without its file', 'missing', () => rawPack(sound.slice(0, 2))),
    packOf('no-tree', 'sends a commit without its tree', 'missing', () =>
      rawPack(sound.slice(0, 1)),
    ),
    packOf(
      'no-channel',
      'sends a sound repository that holds something else',
      '.edgeseal/snapshot is missing',
      () => rawPack(sound),
    ),
    packOf(
      'commit-without-tree',
      'sends a commit that names no tree',
      'malformed commit',
      () => rawPack([{ type: COMMIT, data: Buffer.from('author nobody\n') }]),
      oidOf('commit', Buffer.from('author nobody\n')),
    ),
  ],
};
