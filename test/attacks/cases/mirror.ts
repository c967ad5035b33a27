import { expect } from 'vitest';
import { TestChannel } from '../../controller/channel.ts';
import type { Family } from '../kit/attack.ts';
import { branches, changedBytes, noListing, replayed, silent, unsigned } from '../kit/peers.ts';
import type { Site } from '../kit/site.ts';

const DB = 'secrets/production/db.yaml';
const OTHER = 'secrets/production/other.yaml';

type Files = Map<string, Uint8Array>;

/** What the honest publisher has published, with files that the mirror changed. */
const serve = (change: (files: Files) => unknown) => async (site: Site) => {
  await site.publish();
  const { files } = site.channel;
  change(files);
  site.channel.commit(files);
};

const flip =
  (path: string, at = -3) =>
  (files: Files): void => {
    const bytes = Buffer.from(files.get(path)!);
    bytes[(bytes.length + at) % bytes.length]! ^= 1;
    files.set(path, bytes);
  };

const swap =
  (one: string, other: string) =>
  (files: Files): void => {
    const [a, b] = [files.get(one)!, files.get(other)!];
    files.set(one, b).set(other, a);
  };

/** The channel as it was, for those who bring it again. */
let before: Files = new Map();

/** The channel of somebody else, on this mirror. */
async function serveOther(site: Site, region: string): Promise<void> {
  const other = await TestChannel.make(region);
  site.undo(() => other.delete());
  await other.seal('production/db', { password: site.value() });
  other.publish();
  site.git(['fetch', '-q', other.path, other.ref]);
  site.point(site.git(['rev-parse', 'FETCH_HEAD']));
}

export const mirror: Family = {
  title: 'A mirror lies',
  attacker: 'Whoever runs a Git host, a mirror or the network to it. Holds no key.',
  test: 'test/attacks/channel.test.ts',
  attacks: [
    {
      id: 'older-snapshot',
      attack: 'serves an older, validly signed snapshot again',
      peers: replayed,
      expected: { mirror: 'Rollback' },
      setUp: (site) => site.honest(),
      strike(site) {
        site.point(site.git(['rev-parse', `${site.channel.ref}~1`]));
      },
    },
    {
      id: 'older-snapshot-new-commit',
      attack: 'puts an older, validly signed snapshot into a new commit on top',
      peers: replayed,
      expected: { mirror: 'Rollback' },
      async setUp(site) {
        before = site.channel.files;
        await site.honest();
      },
      strike: (site) => site.channel.commit(before),
    },
    {
      id: 'older-root',
      attack: 'serves the last snapshot of an older trust root',
      peers: replayed,
      expected: { mirror: 'Rollback', says: 'root 2 is held already' },
      async setUp(site) {
        before = site.channel.files;
        site.channel.makeRoot();
        await site.honest();
      },
      strike: (site) => site.channel.commit(before),
    },
    {
      id: 'half-push-file',
      attack: 'serves half a push: a listed file is missing',
      peers: changedBytes,
      expected: { mirror: 'Invalid', says: 'is listed by the snapshot, but is not there' },
      strike: serve((files) => files.delete(DB)),
    },
    {
      id: 'half-push-index',
      attack: 'serves half a push: an index is missing',
      peers: changedBytes,
      expected: { mirror: 'Invalid', says: '.edgeseal/index/production is missing' },
      strike: serve((files) => files.delete('.edgeseal/index/production')),
    },
    {
      id: 'no-snapshot',
      attack: 'takes the snapshot away',
      peers: unsigned,
      expected: { mirror: 'Invalid', says: '.edgeseal/snapshot is missing' },
      strike: serve((files) => files.delete('.edgeseal/snapshot')),
    },
    {
      id: 'no-signature',
      attack: "takes the snapshot's signature away",
      peers: unsigned,
      expected: { mirror: 'Invalid', says: '.edgeseal/snapshot.sig is missing' },
      strike: serve((files) => files.delete('.edgeseal/snapshot.sig')),
    },
    {
      id: 'empty-signature',
      attack: "empties the snapshot's signature file",
      peers: unsigned,
      expected: { mirror: 'Invalid', says: 'is not signed by the publishers' },
      strike: serve((files) => files.set('.edgeseal/snapshot.sig', Buffer.alloc(0))),
    },
    {
      id: 'one-byte-of-a-secret',
      attack: 'changes one byte of a sealed secret',
      peers: changedBytes,
      expected: { mirror: 'Invalid', says: 'its bytes were changed on the way' },
      strike: serve(flip(DB, -100)),
    },
    {
      id: 'one-byte-of-an-index',
      attack: 'changes one byte of an index',
      peers: changedBytes,
      expected: { mirror: 'Invalid', says: 'its bytes were changed on the way' },
      strike: serve(flip('.edgeseal/index/production')),
    },
    {
      id: 'one-byte-of-the-snapshot',
      attack: 'changes one byte of the snapshot',
      peers: changedBytes,
      expected: { mirror: 'Invalid', says: 'is not signed by the publishers' },
      strike: serve(flip('.edgeseal/snapshot')),
    },
    {
      id: 'one-byte-more',
      attack: 'adds a line feed to a sealed secret',
      peers: changedBytes,
      expected: { mirror: 'Invalid', says: 'its bytes were changed on the way' },
      strike: serve((files) => files.set(DB, Buffer.concat([files.get(DB)!, Buffer.from('\n')]))),
    },
    {
      id: 'two-files-swapped',
      attack: 'swaps two sealed secrets',
      peers: noListing,
      expected: { mirror: 'Invalid', says: 'its bytes were changed on the way' },
      strike: serve(swap(DB, OTHER)),
    },
    {
      id: 'two-indexes-swapped',
      attack: 'swaps the indexes of two namespaces',
      peers: noListing,
      expected: { mirror: 'Invalid', says: 'its bytes were changed on the way' },
      strike: serve(swap('.edgeseal/index/production', '.edgeseal/index/shop')),
    },
    {
      id: 'signature-of-the-last-one',
      attack: "keeps the last snapshot's signature below a new snapshot",
      peers: unsigned,
      expected: { mirror: 'Invalid', says: 'is not signed by the publishers' },
      async strike(site) {
        const old = site.channel.files.get('.edgeseal/snapshot.sig')!;
        await serve((files) => files.set('.edgeseal/snapshot.sig', old))(site);
      },
    },
    {
      id: 'unlisted-files',
      attack: 'adds files that no snapshot lists: a secret, a folder, a program',
      peers: unsigned,
      expected: { note: 'what is not listed is not read: nothing comes of it' },
      async strike(site) {
        const listed = site.channel.files;
        const files = new Map(listed);
        files.set('secrets/production/extra.yaml', files.get(DB)!);
        files.set('secrets/extra/db.yaml', files.get(DB)!);
        files.set('.edgeseal/hooks/post-checkout', Buffer.from('#!/bin/sh\n'));
        site.undo(() => site.channel.commit(listed));
        site.channel.commit(files);
      },
      check: ({ edge }) => {
        expect(edge.applied).toEqual(['production/db', 'production/other', 'shop/witness']);
      },
    },
    {
      id: 'another-region',
      attack: "serves another region's channel, signed by its own publishers",
      peers: branches,
      expected: { mirror: 'Invalid', says: 'of region us-west, and yours is us-east' },
      strike: (site) => serveOther(site, 'us-west'),
    },
    {
      id: 'region-with-a-prefix',
      attack: 'serves the channel of a region whose name begins as ours: us-east-2',
      peers: branches,
      expected: { mirror: 'Invalid', says: 'of region us-east-2, and yours is us-east' },
      strike: (site) => serveOther(site, 'us-east-2'),
    },
    {
      id: 'another-trust-root',
      attack: 'serves a channel of ours by name, with a trust root and keys of its own',
      peers: unsigned,
      expected: { mirror: 'Invalid', says: 'is not signed by the publishers' },
      strike: (site) => serveOther(site, 'us-east'),
    },
    {
      id: 'branch-gone',
      attack: 'deletes the branch',
      peers: silent,
      expected: { mirror: 'Empty', says: 'it has no channel for this region yet' },
      strike(site) {
        const head = site.channel.head()!;
        site.undo(() => site.channel.reset(head));
        site.git(['update-ref', '-d', site.channel.ref]);
      },
    },
    {
      id: 'orphan',
      attack: 'restarts the branch as an orphan commit with the same files',
      peers: replayed,
      expected: { note: 'Git history is nothing that anybody relies on: accepted' },
      strike(site) {
        const tree = site.git(['rev-parse', `${site.channel.ref}^{tree}`]);
        const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.com'];
        site.point(site.git([...who, 'commit-tree', '-m', 'again', tree]));
      },
    },
  ],
};
