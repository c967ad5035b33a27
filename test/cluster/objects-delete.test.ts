import { expect, it } from 'vitest';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { crdFiles } from '../../tools/crds.ts';
import { ObjectSite } from './objects-site.ts';

const crd = 'edgesecrets.edgeseal.dev';

// Of its own, since it takes the definition of the kind away.
describeOwnCluster('EdgeSecret objects that go', { controllers: true }, (cluster) => {
  it('take no Secret with them when all go at once with their kind', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    const leader = await at.start();
    const secret = await channel.seal(site.key('database'), { password: 'made-up-1' });
    await at.apply(secret);
    await at.apply(await channel.seal(site.key('mail'), { password: 'made-up-mail' }));
    await at.until('database', 'True Applied');
    await at.until('mail', 'True Applied');
    await cluster.kubectl('delete', 'crd', crd);
    await at.rest();
    expect(await site.value('database')).toBe('made-up-1');
    await leader.end('SIGKILL');
    const next = site.replica('b');
    await next.untilLeading();
    await at.rest();
    expect(await site.value('database')).toBe('made-up-1');
    expect(await site.condition('Ready')).toMatch(/^False/);

    await cluster.apply(crdFiles()['crds/edgesecrets.yaml']!);
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', crd);
    await at.apply(secret);
    await at.until('database', 'True Applied');
    await at.rest();
    // One came back. The other one was withdrawn by nobody.
    expect(await site.value('mail')).toBe('made-up-mail');
    await at.apply(await channel.set(site.key('mail'), { password: 'made-up-mail-2' }));
    await site.untilValue('mail', 'made-up-mail-2');
    await at.delete('mail');
    await site.untilValue('mail', undefined);
  });
});
