// A controller is killed at each packet while it makes the region's key in the cluster.
import { rmSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { parseRegionKeys } from '../../../core/crypto/region-key.ts';
import { SecretBytes } from '../../../core/secret-bytes.ts';
import { RegionSite } from '../../cluster/region-site.ts';
import { describeCluster } from '../../support/cluster/suite.ts';
import { sampled } from '../faults.ts';
import { buildProgram, runProgram } from '../program.ts';
import { count, isFull } from '../tally.ts';
import { Tap } from './tap.ts';

interface Held {
  metadata: { uid: string };
  data: Record<string, string>;
}

describeCluster('kill -9 while a key is made', async (cluster) => {
  const program = await buildProgram();

  it('leaves no key or a whole one, which stays', { timeout: 900_000 }, async () => {
    const site = await RegionSite.make(cluster, { hasKey: false });
    const tap = await Tap.open(cluster.address.url);
    onTestFinished(() => {
      tap.close();
    });
    await site.create({ keys: { secret: { name: 'region-key', generate: true } } });
    const held = async (): Promise<Held | undefined> =>
      site.secret('region-key', site.own) as Promise<Held | undefined>;
    const env = {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(tap.port),
      POD_NAME: 'a',
      POD_NAMESPACE: site.own,
      EDGESEAL_SERVICE_ACCOUNT_DIR: site.path('account'),
      EDGESEAL_LISTEN: '127.0.0.1:0',
      EDGESEAL_STORE: site.path('store'),
    };
    /** Until it is killed by what `arm` sets up, or there is a key. */
    const run = async (arm: (kill: () => void) => void): Promise<void> => {
      let look: NodeJS.Timeout | undefined;
      const ending = await runProgram(
        program,
        ['controller', '--region-sync', site.region, '--lease-duration', '2s'],
        {
          env,
          onStart: (kill) => {
            arm(kill);
            look = setInterval(() => void held().then((key) => key !== undefined && kill()), 50);
          },
        },
      );
      clearInterval(look);
      expect(ending.signal).toBe('SIGKILL');
    };
    const forget = async (): Promise<void> => {
      if ((await held()) !== undefined) await site.deleteSecret('region-key');
      const lease = `/apis/coordination.k8s.io/v1/namespaces/${site.own}/leases/edgeseal-${site.region}`;
      await cluster.request('DELETE', lease);
      rmSync(site.path('store'), { recursive: true, force: true });
    };

    await run(() => {
      tap.arm();
    });
    const { request, response } = { ...tap.counts };
    const spots = [...numbers(request, 'request'), ...numbers(response, 'response')];
    for (const { way, at } of isFull ? spots : sampled(spots, 2)) {
      await forget();
      await run((kill) => {
        tap.arm(way, at, kill);
      });
      const first = await held();
      await run(() => {
        tap.arm();
      });
      const then = (await held())!;
      if (first !== undefined) expect(then).toEqual(first);
      for (const value of Object.values(then.data)) {
        const text = SecretBytes.fromText(Buffer.from(value, 'base64').toString());
        expect(await parseRegionKeys(text, 'the key')).toHaveLength(1);
      }
      count('kills while a key is made');
    }
  });
});

const numbers = <T extends string>(length: number, way: T): { way: T; at: number }[] =>
  Array.from({ length }, (_, i) => ({ way, at: i + 1 }));
