import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { ObjectSite } from './objects-site.ts';

describeCluster('kubectl', (cluster) => {
  it('applies a big EdgeSecret on the server’s side, and cannot on its own', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const big = randomBytes(150_000).toString('base64');
    const secret = await channel.seal(site.key('big'), { password: big });
    const file = site.path('big.yaml');
    writeFileSync(file, formatEdgeSecret(secret));
    await expect(cluster.kubectl('apply', '-f', file)).rejects.toThrow(
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    );
    await cluster.kubectl('apply', '--server-side', '-f', file);
    await at.until('big', 'True Applied');
    expect(await site.value('big')).toBe(big);
    const table = await cluster.kubectl('get', 'esec', '-n', site.namespace);
    expect(table.replace(/ +/g, ' ')).toMatch(/^NAME .*\nbig .*1 .*1 .*True/);
    const wait = ['--for=condition=Ready', 'esec/big', '-n', site.namespace, '--timeout=10s'];
    expect(await cluster.kubectl('wait', ...wait)).toContain('condition met');
  });

  it('applies a small one either way, and labels and annotations of others do no harm', async () => {
    const at = await ObjectSite.make(cluster);
    const { channel, site } = at;
    await at.start();
    const file = site.path('small.yaml');
    const small = await channel.seal(site.key('small'), { password: 'made-up-1' });
    writeFileSync(file, formatEdgeSecret(small));
    await cluster.kubectl('apply', '-f', file);
    await at.until('small', 'True Applied');
    const place = ['-n', site.namespace, 'esec', 'small'];
    await cluster.kubectl('label', ...place, 'edgeseal.dev/region=elsewhere', 'team=made-up');
    await cluster.kubectl('annotate', ...place, 'edgeseal.dev/owner=made-up');
    const next = await channel.set(site.key('small'), { password: 'made-up-2' });
    writeFileSync(file, formatEdgeSecret(next));
    await cluster.kubectl('apply', '-f', file);
    await at.until('small', 'True Applied');
    const { metadata } = await site.secret('small');
    expect(metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'edgeseal',
      'edgeseal.dev/region': channel.region,
    });
    expect(await site.value('small')).toBe('made-up-2');
    // Two regions' copies of the same file, one after the other, are one secret.
    await cluster.kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
    await at.until('small', 'True Applied');
  });
});
