import { expect } from 'vitest';
import { skBlob } from '../../../trust/ssh-fixtures.ts';
import { invalid } from '../../kit/attack.ts';
import { channelPaths } from '../../../../core/format/snapshot.ts';
import type { TrustRootSpec } from '../../../../core/format/trust-root.ts';
import { TestSigner } from '../../../controller/channel.ts';
import type { Attack, Family } from '../../kit/attack.ts';
import { publishSnapshot, publishUnder, rootAfter } from '../../kit/forge.ts';
import { unsigned } from '../../kit/peers.ts';
import type { Site } from '../../kit/site.ts';

/** The next root as somebody made it, and a snapshot that names it. */
function nextRoot(
  id: string,
  attack: string,
  says: string,
  make: (site: Site) => {
    change?: (spec: TrustRootSpec) => unknown;
    roots: TestSigner[];
    publisher?: TestSigner;
  },
): Attack {
  return {
    id,
    attack,
    peers: unsigned,
    expected: invalid(says),
    async strike(site) {
      const { change = () => undefined, roots, publisher = site.channel.publisher } = make(site);
      await publishUnder(site, rootAfter(site, change, roots), publisher);
    },
  };
}

const second = new TestSigner();
const stranger = new TestSigner();

export const root: Family = {
  title: 'A trust root is not what it says',
  attacker: 'A thief of some of the keys, never of a threshold of the root keys.',
  test: 'test/attacks/trust.test.ts',
  attacks: [
    nextRoot(
      'root-by-a-stranger',
      'makes a next root by a key of their own, and publishes under it',
      'signatures it needs',
      () => ({
        change: (spec) => {
          spec.publishers.keys = [stranger.line];
          spec.roots.keys = [stranger.line];
        },
        roots: [stranger],
        publisher: stranger,
      }),
    ),
    nextRoot(
      'root-by-new-keys',
      'has the next root signed by its new root keys alone',
      'signatures it needs',
      () => ({
        change: (spec) => (spec.roots.keys = [stranger.line]),
        roots: [stranger],
      }),
    ),
    nextRoot(
      'root-by-old-keys',
      'has the next root, which names new root keys, signed by the old ones alone',
      'signatures it needs',
      ({ channel }) => ({
        change: (spec) => (spec.roots.keys = [stranger.line]),
        roots: [channel.rootSigner],
      }),
    ),
    nextRoot(
      'root-by-a-publisher',
      'has the next root signed by the publisher',
      'signatures it needs',
      ({ channel }) => ({
        roots: [channel.publisher],
      }),
    ),
    nextRoot('root-unsigned', 'leaves the next root unsigned', 'signatures it needs', () => ({
      roots: [],
    })),
    nextRoot(
      'root-threshold-0',
      'signs a root with a threshold of 0',
      'threshold',
      ({ channel }) => ({
        change: (spec) => (spec.publishers.threshold = 0),
        roots: [channel.rootSigner],
      }),
    ),
    nextRoot(
      'root-threshold-negative',
      'signs a root with a threshold of -1',
      'threshold',
      ({ channel }) => ({
        change: (spec) => (spec.publishers.threshold = -1),
        roots: [channel.rootSigner],
      }),
    ),
    nextRoot(
      'root-key-twice',
      'lists one publisher key twice, with two comments',
      'one key is listed twice',
      ({ channel }) => ({
        change: (spec) => {
          const [key = ''] = spec.publishers.keys;
          spec.publishers = { keys: [key, key.replace('made-up', 'somebody-else')], threshold: 2 };
        },
        roots: [channel.rootSigner],
      }),
    ),
    nextRoot(
      'root-key-twice-as-sk',
      'lists one publisher key twice, once as a FIDO key',
      'one key is listed twice',
      ({ channel }) => ({
        change: (spec) => {
          const blob = skBlob(channel.publisher.pair.raw).toString('base64');
          spec.publishers = {
            keys: [...spec.publishers.keys, `sk-ssh-ed25519@openssh.com ${blob} made-up`],
            threshold: 2,
          };
        },
        roots: [channel.rootSigner],
      }),
    ),
    nextRoot(
      'root-gap',
      'skips a root: N+2 follows N',
      'cannot be reached from root',
      ({ channel }) => ({
        change: (spec) => (spec.number += 1),
        roots: [channel.rootSigner],
      }),
    ),
    nextRoot(
      'root-number-2-53',
      'numbers the next root 2^53-1',
      'cannot be reached from root',
      ({ channel }) => ({
        change: (spec) => (spec.number = Number.MAX_SAFE_INTEGER),
        roots: [channel.rootSigner],
      }),
    ),
    nextRoot(
      'root-of-another-repository',
      'signs a next root of another repository',
      'another repository',
      ({ channel }) => ({
        change: (spec) => (spec.repository = '00000000-0000-4000-8000-00000000ffff'),
        roots: [channel.rootSigner],
      }),
    ),
    nextRoot(
      'root-does-not-follow',
      'signs a next root that follows another one',
      'does not follow',
      ({ channel }) => ({
        change: (spec) => (spec.previous = 'd'.repeat(64)),
        roots: [channel.rootSigner],
      }),
    ),
    nextRoot(
      'publisher-taken-out',
      'was a publisher until root N+1, and signs a snapshot that names N+1',
      'the snapshot carries 0 of the 1',
      ({ channel }) => ({
        change: (spec) => (spec.publishers.keys = [second.line]),
        roots: [channel.rootSigner],
        publisher: channel.publisher,
      }),
    ),
    {
      id: 'publisher-not-yet',
      attack: 'becomes a publisher in root N+1, and signs a snapshot that names N',
      peers: unsigned,
      expected: invalid('the snapshot carries 0 of the 1'),
      async strike(site) {
        const next = rootAfter(site, (spec) => (spec.publishers.keys = [second.line]), [
          site.channel.rootSigner,
        ]);
        await publishSnapshot(site, (old) => old, second);
        const { files } = site.channel;
        for (const [path, bytes] of next.files) files.set(path, bytes);
        site.channel.commit(files);
      },
    },
    {
      id: 'root-and-signature-swapped',
      attack: 'merges a next root with the signature of the one before',
      peers: unsigned,
      expected: invalid('signatures it needs'),
      async strike(site) {
        const { channel } = site;
        const next = rootAfter(site, () => undefined, [channel.rootSigner]);
        next.files[1]![1] = channel.files.get(channelPaths.rootSignature(channel.root.number))!;
        await publishUnder(site, next, channel.publisher);
      },
    },
    {
      id: 'root-hash-lie',
      attack: 'names the number of the root in force with the hash of another',
      peers: unsigned,
      expected: invalid('cannot be reached from root'),
      strike: (site) =>
        publishSnapshot(site, (old) => ({ ...old, root: { ...old.root, sha256: 'c'.repeat(64) } })),
    },
    {
      id: 'root-not-adopted',
      attack: 'serves a valid next root that no snapshot names',
      peers: unsigned,
      expected: { note: 'a root is adopted with the snapshot that names it, never before' },
      strike(site) {
        const listed = site.channel.files;
        const files = new Map(listed);
        const next = rootAfter(site, () => undefined, [site.channel.rootSigner]);
        for (const [path, bytes] of next.files) files.set(path, bytes);
        site.undo(() => site.channel.commit(listed));
        site.channel.commit(files);
      },
      check: (site) => {
        expect(site.status?.root?.number).toBe(site.channel.root.number);
      },
    },
  ],
};
