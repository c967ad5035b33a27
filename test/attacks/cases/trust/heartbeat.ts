import { expect } from 'vitest';
import { channelPaths, formatHeartbeat } from '../../../../core/format/snapshot.ts';
import { condition } from '../../../controller/edge.ts';
import { repositoryId } from '../../../controller/channel.ts';
import type { TestSigner } from '../../../controller/channel.ts';
import type { Attack, Family } from '../../kit/attack.ts';
import { notChecked } from '../../kit/peers.ts';
import type { Site } from '../../kit/site.ts';

const day = 24 * 3600_000;

/** The trust root names a heartbeat key, and what is older than two days is stale. */
async function beating(site: Site): Promise<void> {
  const { channel } = site;
  channel.makeRoot((spec) => (spec.heartbeat = { key: channel.heartbeat.line }));
  site.undo(() => channel.makeRoot((spec) => delete spec.heartbeat));
  await site.configure({ spec: ['staleAfter: 48h'] });
  await site.honest();
}

/** A heartbeat that should count for nothing. */
function forged(
  id: string,
  attack: string,
  fields: (site: Site) => Partial<Parameters<typeof formatHeartbeat>[0]>,
  signer: (site: Site) => TestSigner = ({ channel }) => channel.heartbeat,
): Attack {
  return {
    id,
    attack,
    peers: notChecked,
    expected: {
      note: 'it counts as none: *Fresh* stays *NoHeartbeat*, and nothing is refused for it',
    },
    setUp: beating,
    strike(site) {
      const { channel } = site;
      const bytes = formatHeartbeat({
        repository: repositoryId,
        region: channel.region,
        snapshot: channel.snapshot,
        issuedAt: new Date(site.edge.now).toISOString().replace(/\.\d+Z$/, 'Z'),
        ...fields(site),
      });
      const { files } = channel;
      files.set(channelPaths.alive, bytes);
      files.set(
        channelPaths.aliveSignature,
        Buffer.from(signer(site).sign(bytes, 'alive@edgeseal.dev')),
      );
      channel.commit(files);
    },
    check: (site) => {
      expect(condition(site.status!, 'Fresh')).toBe('Unknown NoHeartbeat');
    },
  };
}

export const heartbeat: Family = {
  title: 'A channel is frozen, or said to be fresh',
  attacker:
    'A mirror that serves a valid old state for ever. It can be noticed, and not prevented.',
  test: 'test/attacks/trust.test.ts',
  attacks: [
    forged(
      'heartbeat-by-a-stranger',
      'forges a heartbeat with a key of their own',
      () => ({}),
      ({ stranger }) => stranger,
    ),
    forged(
      'heartbeat-by-a-publisher',
      'makes a heartbeat with the key of the publisher',
      () => ({}),
      ({ channel }) => channel.publisher,
    ),
    forged('heartbeat-of-another-snapshot', 'serves the heartbeat of another snapshot', () => ({
      snapshot: 'a'.repeat(64),
    })),
    forged('heartbeat-of-another-region', 'serves the heartbeat of another region', () => ({
      region: 'us-west',
    })),
    forged('heartbeat-of-another-repository', 'serves the heartbeat of another repository', () => ({
      repository: '00000000-0000-4000-8000-00000000ffff',
    })),
    {
      id: 'frozen',
      attack: 'freezes: serves the last state, with its last heartbeat, for ever',
      peers: {
        flux: 'a source that does not change is a source that is up to date [GitRepository]',
      },
      expected: {
        mirror: 'Stale',
        says: 'the last heartbeat that it serves is of',
        note: '*Fresh* is *Stale* after staleAfter; what is applied stays',
      },
      async setUp(site) {
        await beating(site);
        site.channel.beat(new Date(site.edge.now));
        expect(condition(await site.round(), 'Fresh')).toBe('True Heartbeat');
      },
      strike: (site) => (site.edge.now += 3 * day),
      check: (site) => {
        expect(condition(site.status!, 'Fresh')).toBe('False Stale');
      },
    },
    {
      id: 'heartbeat-of-tomorrow',
      attack: 'dates a heartbeat a year ahead, with its key, and freezes',
      peers: notChecked,
      expected: {
        mirror: 'Ahead',
        says: 'more than 10 minutes ahead of the clock here',
        note: 'it counts for nothing: *Fresh* goes by the last right one, and the next right one counts',
      },
      async setUp(site) {
        await beating(site);
        site.channel.beat(new Date(site.edge.now));
        expect(condition(await site.round(), 'Fresh')).toBe('True Heartbeat');
        site.edge.now += 2 * day;
      },
      strike: ({ channel, edge }) => channel.beat(new Date(edge.now + 365 * day)),
      async check(site) {
        expect(condition(site.status!, 'Fresh')).toBe('False Stale');
        site.channel.beat(new Date(site.edge.now));
        expect(condition(await site.round(), 'Fresh')).toBe('True Heartbeat');
      },
    },
    {
      id: 'frozen-and-clock-set-back',
      attack:
        'freezes, and sets the clock of the controller back by a year, so that nothing gets old',
      peers: notChecked,
      expected: {
        mirror: 'Ahead',
        says: 'set this clock if it is wrong (it may have been set back)',
        note: '*Fresh* is *HeartbeatAhead*: what cannot be told is not called fresh',
      },
      async setUp(site) {
        await beating(site);
        site.channel.beat(new Date(site.edge.now));
        expect(condition(await site.round(), 'Fresh')).toBe('True Heartbeat');
      },
      strike(site) {
        site.edge.now -= 365 * day;
        site.undo(() => (site.edge.now += 365 * day));
      },
      check: (site) => {
        expect(condition(site.status!, 'Fresh')).toBe('False HeartbeatAhead');
      },
    },
  ],
};
