import { expect, it } from 'vitest';
import { runCli } from '../support/workspace.ts';
import type { CliResult } from '../support/workspace.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { RegionSite } from './region-site.ts';

describeCluster('a region of a cluster that has lost store and mark', (cluster) => {
  it('goes on by one command, which takes its word back', { timeout: 90_000 }, async () => {
    const site = await RegionSite.make(cluster);
    const { channel, region } = site;
    await channel.seal(site.key('database'), { password: 'made-up-1' });
    channel.publish();
    await site.create();
    // As `edgeseal install` does: its fields stay its own.
    const path = `/apis/edgeseal.dev/v1alpha1/namespaces/${site.own}/regionsyncs/${region}`;
    const object = await site.object();
    const install = (sequence: number): Promise<{ status: number }> =>
      cluster.request(
        'PATCH',
        `${path}?fieldManager=edgeseal-install`,
        {
          apiVersion: object.apiVersion,
          kind: object.kind,
          metadata: { name: region },
          spec: { ...object.spec, floor: { root: 1, sequence } },
        },
        { headers: { 'content-type': 'application/apply-patch+yaml' } },
      );
    await cluster.request('PATCH', path, { metadata: { managedFields: [{}] } }, merge);
    expect((await install(1)).status).toBe(200);
    const first = site.replica('a');
    await site.until('Ready', 'True Applied');
    const renew = (...more: string[]): Promise<CliResult> =>
      runCli(
        [
          'renew-floor',
          region,
          '--kubeconfig',
          cluster.address.kubeconfig,
          '-n',
          site.own,
          '--yes',
          ...more,
        ],
        {
          cwd: channel.folder,
          env: { PATH: process.env['PATH'], HOME: channel.folder },
          stdin: '',
        },
      );
    await channel.set(site.key('database'), { password: 'made-up-2' });
    channel.publish();
    channel.bundle(`${channel.folder}/newest.bundle`);
    await site.untilValue('database', 'made-up-2');
    const needless = await renew('--bundle', 'newest.bundle');
    expect([needless.code, needless.stderr]).toEqual([
      2,
      expect.stringContaining('Ready says Applied'),
    ]);

    await first.end('SIGTERM');
    const mark = `/api/v1/namespaces/${site.own}/configmaps/edgeseal-mark-${region}`;
    await site.must('DELETE', mark);
    site.replica('b');
    await site.until('Ready', 'False FloorNeeded');
    const { conditions } = await site.status();
    expect(conditions?.find(({ type }) => type === 'Ready')?.message).toContain(
      `edgeseal renew-floor ${region} --context CONTEXT`,
    );
    const done = await renew('--bundle', 'newest.bundle');
    expect([done.code, done.stderr], done.stderr).toEqual([
      0,
      expect.stringContaining('Ready is False, FloorNeeded'),
    ]);
    expect(done.stdout).toContain(`renewed: the floor of ${region} is snapshot 2 of root 1`);
    expect(done.stdout).toContain('it goes on, and the next loss asks again');
    await site.until('Ready', 'True Applied');
    expect((await site.object()).spec.floor).toEqual({ root: 1, sequence: 2 });
    expect((await site.must('GET', mark)).data.sequence).toBe('2');
    const place = ['--kubeconfig', cluster.address.kubeconfig, '-n', site.own, '--region', region];
    const env = { PATH: process.env['PATH'], HOME: channel.folder };
    const verified = await runCli(['bundle', 'verify', 'newest.bundle', ...place], {
      cwd: channel.folder,
      env,
      stdin: '',
    });
    expect([verified.code, verified.stdout]).toEqual([
      0,
      expect.stringContaining('controller  has exactly this snapshot already'),
    ]);
    // Nothing that the next installation would call a conflict.
    expect((await install(2)).status).toBe(200);
    expect((await install(3)).status).toBe(200);
  });
});

const merge = { headers: { 'content-type': 'application/merge-patch+json' } };
