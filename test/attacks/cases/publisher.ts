import { expect } from 'vitest';
import { generateRegionKey } from '../../../core/crypto/region-key.ts';
import { invalid } from '../kit/attack.ts';
import type { EdgeSecret } from '../../../core/format/edge-secret.ts';
import { envelopeDigest } from '../../../core/secret/statement.ts';
import type { Family } from '../kit/attack.ts';
import {
  overridden,
  publishChanged,
  publishIndex,
  publishSnapshot,
  publishText,
} from '../kit/forge.ts';
import { noListing, notChecked, replayed, unsigned } from '../kit/peers.ts';
import type { Site } from '../kit/site.ts';

const DB = 'production/db';

/** What was before, for those who bring it again. */
let old: EdgeSecret;
let fork: () => void;

/** Deletes `production/gone` honestly; gives it back, as it was before. */
async function deleted(site: Site): Promise<void> {
  const { channel } = site;
  old = await channel.seal('production/gone', { password: site.value() }, { version: 1 });
  await site.honest();
  channel.remove('production/gone');
  await site.honest();
  expect(site.edge.applied).not.toContain('production/gone');
}

const text = (replace: RegExp | string, by: string) => (site: Site) =>
  publishText(site, (old) => old.replace(replace, by));

export const publisher: Family = {
  title: 'A publisher lies',
  attacker: "A thief of a publisher's key, or a publisher. Holds no author's key.",
  test: 'test/attacks/channel.test.ts',
  attacks: [
    {
      id: 'hidden-envelope',
      attack: 'hides the envelope that overrides an older value',
      peers: notChecked,
      expected: { secrets: { [DB]: 'Withheld' }, says: 'an envelope for us-east was left out' },
      async strike(site) {
        await publishChanged(
          site,
          ({ spec }) => {
            const last = spec.envelopes.at(-1)!;
            if ('digest' in last) throw new Error('elided before');
            const digest = envelopeDigest(last);
            spec.envelopes = [...spec.envelopes.slice(0, -1), { regions: ['us-east'], digest }];
          },
          { from: await overridden(site), sign: false },
        );
      },
    },
    {
      id: 'envelope-left-out',
      attack: 'leaves the overriding envelope out altogether',
      peers: notChecked,
      expected: { secrets: { [DB]: 'NotEntitled' }, says: 'signature' },
      async strike(site) {
        const from = await overridden(site);
        await publishChanged(site, ({ spec }) => spec.envelopes.pop(), { from, sign: false });
      },
    },
    {
      id: 'key-of-another',
      attack: "writes another key id to the wrap, so that it looks like another cluster's",
      peers: notChecked,
      expected: { secrets: { [DB]: 'NoKey' }, says: 'no wrap for us-east opens' },
      strike: (site) =>
        publishChanged(site, (_, { recipients }) => (recipients[0]!.key = '0123456789abcdef'), {
          sign: false,
        }),
    },
    {
      id: 'wrap-spoiled',
      attack: 'spoils the wrap, which no author signs',
      peers: notChecked,
      expected: { secrets: { [DB]: 'WrapSpoiled' }, says: 'does not open with it' },
      strike: (site) =>
        publishChanged(
          site,
          (_, { recipients }) =>
            (recipients[0]!.wrapped = Buffer.alloc(1168, 7).toString('base64')),
          { sign: false },
        ),
    },
    {
      id: 'wrap-taken-away',
      attack: 'takes the wrap for our key away',
      peers: notChecked,
      expected: { secrets: { [DB]: 'NoKey' }, says: 'no wrap for us-east opens' },
      strike: (site) =>
        publishChanged(site, (_, { recipients }) => delete recipients[0]!.wrapped, { sign: false }),
    },
    {
      id: 'secret-withheld',
      attack: 'takes one secret out of the listing',
      peers: noListing,
      expected: { note: 'a publisher may delete; it is shown in the log and the channel' },
      strike({ channel }) {
        channel.remove('shop/witness');
        channel.publish();
      },
      check({ edge }) {
        expect(edge.applied).toEqual([DB, 'production/other']);
        expect(edge.logged('snapshot accepted').at(-1)).toMatchObject({ removed: 1 });
      },
    },
    {
      id: 'deleted-brought-back',
      attack: 'brings a deleted secret back',
      peers: replayed,
      expected: { secrets: { 'production/gone': 'BelowFloor' }, says: 'is older than version 2' },
      setUp: deleted,
      strike(site) {
        const { channel } = site;
        site.undo(() => channel.remove('production/gone'));
        channel.put(old);
        channel.publish();
      },
    },
    {
      id: 'older-commit',
      attack: "publishes a secret of an older commit of main, with its author's signature",
      peers: replayed,
      expected: { secrets: { [DB]: 'BelowFloor' }, says: 'which was accepted before' },
      async setUp(site) {
        old = site.channel.secrets.get(DB)!;
        await site.honest();
      },
      strike({ channel }) {
        channel.put(old);
        channel.publish();
      },
    },
    {
      id: 'another-source',
      attack: 'names another commit of main as the source, or one that is none',
      peers: unsigned,
      expected: invalid('source'),
      strike: text(/"source":"[0-9a-f]+"/, '"source":"main"'),
    },
    {
      id: 'version-lie',
      attack: 'lists a secret with a higher version than it has',
      peers: notChecked,
      expected: { secrets: { [DB]: 'Misplaced' }, says: 'the listing production/db version 90' },
      strike: (site) =>
        publishIndex(site, 'production', (entries) =>
          entries.map((entry) => (entry.name === 'db' ? { ...entry, version: 90 } : entry)),
        ),
    },
    {
      id: 'equivocation',
      attack: 'signs two snapshots with one sequence',
      peers: replayed,
      expected: { mirror: 'Equivocation', says: 'sequence' },
      async setUp(site) {
        fork = site.channel.fork();
        await site.honest();
      },
      async strike(site) {
        const honest = site.channel.fork();
        fork();
        await site.publish();
        honest();
      },
    },
    {
      id: 'previous-does-not-fit',
      attack: 'signs a next snapshot that does not follow the accepted one',
      peers: replayed,
      expected: {
        mirror: 'Equivocation',
        says: 'that was accepted (a publisher signed two histories',
      },
      strike: (site) => publishSnapshot(site, (old) => ({ ...old, previous: 'e'.repeat(64) })),
    },
    {
      id: 'previous-null',
      attack: 'begins anew: the next sequence, without a previous one',
      peers: replayed,
      expected: {
        mirror: 'Equivocation',
        says: 'that was accepted (a publisher signed two histories',
      },
      strike: (site) => publishSnapshot(site, (old) => ({ ...old, previous: null })),
    },
    {
      id: 'sequence-2-53',
      attack: 'gives the snapshot the sequence 2^53, so that no other can follow',
      peers: notChecked,
      expected: invalid('is not a safe integer'),
      strike: text(/"sequence":\d+/, '"sequence":9007199254740992'),
    },
    {
      id: 'sequence-as-float',
      attack: 'writes the sequence as 1e3',
      peers: notChecked,
      expected: invalid('canonical'),
      strike: text(/"sequence":\d+/, '"sequence":1e3'),
    },
    {
      id: 'sequence-negative',
      attack: 'gives the snapshot a negative sequence',
      peers: notChecked,
      expected: invalid('sequence'),
      strike: text(/"sequence":\d+/, '"sequence":-1'),
    },
    {
      id: 'sequence-as-text',
      attack: 'writes the sequence as a text',
      peers: notChecked,
      expected: invalid('sequence'),
      strike: text(/"sequence":(\d+)/, '"sequence":"$1"'),
    },
    {
      id: 'own-publisher-other-region',
      attack: 'signs a snapshot of another region for this branch',
      peers: unsigned,
      expected: invalid('of region us-west, and yours is us-east'),
      strike: (site) => publishSnapshot(site, (old) => ({ ...old, region: 'us-west' })),
    },
    {
      id: 'own-publisher-other-repository',
      attack: 'signs a snapshot of another repository for this branch',
      peers: unsigned,
      expected: invalid('of repository 00000000-0000-4000-8000-00000000ffff'),
      strike: (site) =>
        publishSnapshot(site, (old) => ({
          ...old,
          repository: '00000000-0000-4000-8000-00000000ffff',
        })),
    },
    {
      id: 'sealed-for-a-stranger',
      attack: 'has a secret listed that is sealed for a key of nobody here',
      peers: notChecked,
      expected: { secrets: { [DB]: 'NoKey' }, says: 'no wrap for us-east opens' },
      async strike({ channel }) {
        const { key } = await generateRegionKey();
        await channel.seal(DB, { password: 'made-up' }, { keys: [key] });
        channel.publish();
      },
    },
  ],
};
