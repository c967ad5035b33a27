import { expect } from 'vitest';
import { condition, failures } from '../../controller/edge.ts';
import type { Site as ClusterSite } from '../../cluster/site.ts';
import type { Described, Family } from '../kit/attack.ts';
import { marker } from '../kit/site.ts';
import { foreignSecret, notChecked, replayed, template } from '../kit/peers.ts';

/** An attack on what the controller does in a cluster. It is met on a site of its own, which has `db` applied. */
export interface ClusterAttack extends Described {
  meet: (site: ClusterSite) => Promise<void>;
}

const refused = (name: string, says: string) => ({
  secrets: { [name]: 'TargetRefused' as const },
  says,
});

/** Publishes, and requires that just this secret is refused, in these words, and that `db` is what it was. */
async function refuses(
  site: ClusterSite,
  name: string,
  reason: string,
  says: string,
): Promise<void> {
  site.channel.publish();
  const status = await site.round();
  expect(failures(status)).toEqual({ [name]: reason });
  expect(status.secrets.failed[0]?.message).toContain(says);
  expect(await site.values('db')).toEqual({ password: marker });
  const said = JSON.stringify(status) + site.lines.join('');
  expect(said).not.toContain(marker);
  expect(said).not.toContain(Buffer.from(marker).toString('base64'));
}

/** Somebody makes a Secret, and an author seals one of that name: it is refused, and theirs stays. */
async function keepsTheirs(site: ClusterSite, metadata: object): Promise<void> {
  const theirs = { metadata: { name: 'theirs', ...metadata }, stringData: { password: 'theirs' } };
  await site.cluster.request('POST', site.path(''), theirs);
  await site.channel.seal(site.key('theirs'), { password: marker });
  await refuses(site, site.key('theirs'), 'TargetRefused', 'a Secret that is not ours');
  expect(await site.values('theirs')).toEqual({ password: 'theirs' });
}

export const cluster: Family<ClusterAttack> = {
  title: 'Something in the cluster is aimed at',
  attacker:
    'An author whose namespaces reach too far, or whoever may write Secrets in a namespace of the cluster.',
  test: 'test/attacks/cluster.test.ts',
  attacks: [
    {
      id: 'own-namespace',
      attack: "writes a secret into the controller's own namespace, where its keys lie",
      peers: notChecked,
      expected: refused('own', 'own namespace'),
      async meet(site) {
        await site.channel.seal(`${site.own}/edgeseal-keys`, { password: marker });
        await refuses(site, `${site.own}/edgeseal-keys`, 'TargetRefused', 'own namespace');
        expect(await site.secret('edgeseal-keys', site.own)).toBe(undefined);
      },
    },
    {
      id: 'foreign-secret',
      attack: 'gives a secret the name of a Secret that somebody else has made',
      peers: foreignSecret,
      expected: refused('theirs', 'a Secret that is not ours is in its place'),
      async meet(site) {
        await keepsTheirs(site, {});
      },
    },
    {
      id: 'copied-ownership',
      attack: 'copies our labels and annotations to a Secret of their own, to have it overwritten',
      peers: foreignSecret,
      expected: refused('theirs', 'a Secret that is not ours is in its place'),
      async meet(site) {
        const { labels, annotations } = (await site.secret('db')).metadata;
        await keepsTheirs(site, { labels, annotations });
      },
    },
    {
      id: 'copied-ownership-pruned',
      attack: 'copies our labels and annotations to a Secret of their own, to have it deleted',
      peers: foreignSecret,
      expected: { note: 'ownership names the Secret: the copy is nobody of ours, and stays' },
      async meet(site) {
        const { labels, annotations } = (await site.secret('db')).metadata;
        const copy = {
          metadata: { name: 'copy', labels, annotations },
          stringData: { password: 'theirs' },
        };
        await site.cluster.request('POST', site.path(''), copy);
        site.channel.remove(site.key('db'));
        site.channel.publish();
        await site.round();
        expect(await site.secret('db')).toBe(undefined);
        expect(await site.values('copy')).toEqual({ password: 'theirs' });
      },
    },
    {
      id: 'token-in-a-cluster',
      attack: 'asks for a Secret that the cluster fills with the token of a service account',
      peers: template,
      expected: { secrets: { token: 'Malformed' }, says: 'service-account-token' },
      async meet(site) {
        const { channel } = site;
        const next = await channel.seal(site.key('token'), { password: marker });
        const { spec } = next;
        const type = 'kubernetes.io/service-account-token';
        channel.put(channel.signed({ ...next, spec: { ...spec, template: { type } } }));
        await refuses(site, site.key('token'), 'Malformed', 'service-account-token');
        expect(await site.secret('token')).toBe(undefined);
      },
    },
    {
      id: 'lost-store-in-a-cluster',
      attack: "deletes the controller's store, and has the mirror serve an older snapshot",
      peers: replayed,
      expected: { ready: 'False StoreBehind', says: 'the store is behind it' },
      async meet(site) {
        const { channel } = site;
        const old = channel.head()!;
        await channel.set(site.key('db'), { password: `${marker} again` });
        channel.publish();
        await site.round();
        await site.stop();
        site.forgetStore();
        channel.reset(old);
        const status = await site.round();
        expect(condition(status, 'Ready')).toBe('False StoreBehind');
        expect(status.conditions[0]?.message).toContain('the store is behind it');
        expect(await site.values('db')).toEqual({ password: `${marker} again` });
      },
    },
    {
      id: 'lost-store-and-mark',
      attack: 'deletes store and mark while our Secrets are there',
      peers: replayed,
      expected: { ready: 'False FloorNeeded', says: 'edgeseal renew-floor' },
      async meet(site) {
        const path = `/api/v1/namespaces/${site.own}/configmaps/edgeseal-mark-${site.channel.region}`;
        await site.stop();
        site.forgetStore();
        await site.cluster.request('DELETE', path);
        const status = await site.round();
        expect(condition(status, 'Ready')).toBe('False FloorNeeded');
        expect(status.conditions[0]?.message).toContain(
          `edgeseal renew-floor ${site.channel.region}`,
        );
        expect(await site.values('db')).toEqual({ password: marker });
      },
    },
  ],
};
