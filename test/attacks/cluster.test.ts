import { it } from 'vitest';
import { Site } from '../cluster/site.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { cluster as family } from './cases/cluster.ts';
import { marker } from './kit/site.ts';

describeCluster(family.title, (cluster) => {
  it.each(family.attacks.map((attack) => [attack.id, attack] as const))('%s', async (_, attack) => {
    const site = await Site.make(cluster);
    await site.channel.seal(site.key('db'), { password: marker });
    site.channel.publish();
    await site.round();
    await attack.meet(site);
  });
});
