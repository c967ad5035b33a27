// Two replicas under one Lease: whichever leads is killed at any time while publications come, again and again.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { regionLabel } from '../../../core/format/ownership.ts';
import { describeCluster } from '../../support/cluster/suite.ts';
import { RegionSite } from '../../cluster/region-site.ts';
import type { Replica } from '../../cluster/region-site.ts';
import { count, isFull } from '../tally.ts';
import { Watcher } from './watcher.ts';

type Values = Record<string, string>;

describeCluster('kill -9 of the leader under load', (cluster) => {
  const watchers: Watcher[] = [];
  afterAll(() => {
    for (const watcher of watchers) watcher.end();
  });

  it(
    'loses nothing, doubles nothing, and leaves nothing half applied at any time',
    { timeout: 900_000 },
    async () => {
      const kills = isFull ? 60 : 3;
      const site = await RegionSite.make(cluster);
      const { channel } = site;
      /** What each version of each secret is to hold, and what is listed now. */
      const published = new Map<string, Values>();
      const content = new Map<string, Values>();
      let turn = 0;
      const seal = async (name: string, values: Values): Promise<void> => {
        const { spec } = await channel.seal(site.key(name), values);
        published.set(`${name} ${spec.version}`, values);
        content.set(name, values);
      };
      const publish = async (): Promise<void> => {
        turn += 1;
        const value = (item: string): string => `made-up-${item}-in-${turn}`;
        for (let i = 0; i < 30; i += 1)
          await seal(`s${i}`, { password: value('password'), user: value('user') });
        await seal(`of-${turn}`, { token: value('token') });
        if (turn > 2) {
          channel.remove(site.key(`of-${turn - 2}`));
          content.delete(`of-${turn - 2}`);
        }
        channel.publish();
      };
      const mark = async (): Promise<number> => {
        const path = `/api/v1/namespaces/${site.own}/configmaps/edgeseal-mark-${site.region}`;
        return Number((await cluster.request('GET', path)).body.data?.sequence ?? 0);
      };
      const watcher = new Watcher((name, version) => published.get(`${name} ${version}`));
      watchers.push(watcher);
      await watcher.begin(cluster, site.namespace);

      await publish();
      await site.create();
      const replicas = new Map<string, Replica>();
      const boot = (name: string): Replica => {
        const replica = site.replica(name);
        replicas.set(name, replica);
        return replica;
      };
      await boot('a').untilLeading();
      boot('b');
      await expect.poll(mark, { timeout: 30_000 }).toBe(1);
      let highest = 1;
      for (let kill = 1; kill <= kills; kill += 1) {
        await publish();
        await sleep(3000 * Math.random());
        const leader = [...replicas].find(([, replica]) => replica.leads);
        // Between two leaders there is none: then nobody is killed, and the load goes on.
        if (leader === undefined) continue;
        const [name, replica] = leader;
        await replica.end('SIGKILL');
        count('kills of a leader under load');
        const now = await mark();
        expect(now, `after kill ${kill}`).toBeGreaterThanOrEqual(highest);
        highest = now;
        expect(watcher.wrong).toEqual([]);
        await publish();
        // With the store that it had, behind by now, while the other one takes over.
        boot(name);
      }
      await expect.poll(mark, { timeout: 60_000, interval: 200 }).toBe(channel.sequence);
      const list = `/api/v1/namespaces/${site.namespace}/secrets?labelSelector=${encodeURIComponent(`${regionLabel}=${site.region}`)}`;
      const held = async (): Promise<Record<string, Values>> => {
        const { items } = (await site.must('GET', list)) as {
          items: { metadata: { name: string }; data: Values }[];
        };
        return Object.fromEntries(items.map(({ metadata, data }) => [metadata.name, plain(data)]));
      };
      await expect
        .poll(held, { timeout: 60_000, interval: 200 })
        .toEqual(Object.fromEntries(content));
      await site.until('Ready', 'True Applied');
      expect(watcher.wrong).toEqual([]);
      expect(watcher.seen).toBeGreaterThan(30);
      const { leaseTransitions } = (await site.lease()) as { leaseTransitions: number };
      expect(leaseTransitions).toBeGreaterThan(0);
    },
  );
});

const plain = (data: Values): Values =>
  Object.fromEntries(
    Object.entries(data).map(([item, value]) => [item, Buffer.from(value, 'base64').toString()]),
  );
