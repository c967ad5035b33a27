import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCluster } from '../support/cluster/start.ts';
import type { OwnCluster } from '../support/cluster/start.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { typed } from '../support/terminal.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';
import { GuideSite, blocksOf } from './guide-site.ts';

const [install, fingerprint, takeUp, reseal, wait, second, putBack, replace] =
  blocksOf('cluster-keys.md');

const system = 'edgeseal-system';
const patience = { timeout: 30_000, interval: 200 };

// Word for word, as far as there is no kubelet: what a pod would do is done by the test, with the pod's own rights.
describeOwnCluster('docs/guides/cluster-keys.md', {}, (cluster) => {
  let ws: Workspace;
  let other: OwnCluster;
  let site: GuideSite;

  beforeAll(async () => {
    ws = await makeWorkspace({ defaultRegions: ['us-east'] });
    other = await startCluster();
    site = new GuideSite(ws, 'eu-north', { 'edge-1': cluster, 'edge-2': other });
    const set = ['set', 'production/db', 'password', '--new', '--from-file', '-'];
    await ws.cli(set, { stdin: 'made-up' });
    ws.commit('Seal');
    ws.git('branch', '-q', '-u', 'origin/main');
    expect((await ws.cli(['publish'])).code).toBe(0);
    for (const one of [cluster, other])
      await one.request('POST', '/api/v1/namespaces', { metadata: { name: 'production' } });
  }, 60_000);
  afterAll(async () => {
    await site.close();
    await other.stop();
  });

  it(
    'goes from a cluster without a key to a secret that is applied',
    { timeout: 120_000 },
    async () => {
      await site.must(install);
      await site.boot(cluster, 'edge-1');
      await expect.poll(async () => (await site.status(cluster))?.keys, patience).toHaveLength(1);
      const shown = (await site.must(fingerprint)).trim().split('  ');
      expect(shown[1]).toMatch(/^[0-9a-f]{64}$/);
      expect(shown[1]).toContain(shown[0]);

      const [add = '', ...commits] = (takeUp ?? '').split('\n');
      const lonely = await site.run(add);
      expect([lonely.code, lonely.said]).toEqual([2, expect.stringContaining('--fingerprint')]);
      const person = { ...ws, env: site.env };
      const asked = await typed(person, add.split(' ').slice(1), ['y']);
      expect(asked.code, asked.shown).toBe(0);
      expect(asked.shown.replaceAll('-', '')).toContain(shown[1]);
      await site.must(commits.join('\n'));

      const settings = ws.read('edgeseal.yaml');
      ws.write(
        'edgeseal.yaml',
        settings.replace(/^( *)- us-east\n/m, '$1- eu-north\n$1- us-east\n'),
      );
      expect(ws.read('edgeseal.yaml')).toContain('eu-north');
      const recovery = ws.keyFile('recovery');
      const said = await site.must(reseal?.replace('/media/usb/recovery.key', recovery));
      expect(said).toContain('for eu-north too');

      const arrived = await site.must(wait);
      expect(arrived).toContain('all 1 secrets are applied in edge-1 (eu-north, snapshot 1)');
      expect(arrived).toMatch(/^production\/db .* applied 2$/m);
      expect(arrived).toContain('edge-1: eu-north at snapshot 1, 1 of 1 secrets applied, root 2');
      expect(await site.password(cluster)).toBe('made-up');
    },
  );

  it('takes the same key to a second cluster', { timeout: 120_000 }, async () => {
    await site.must(second);
    const backup = path.join(ws.folder, 'home/edgeseal-keys/eu-north.key');
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    await site.boot(other, 'edge-2');
    await site.must('edgeseal wait production/db --region eu-north --context edge-2 --timeout 1m');
    expect(await site.password(other)).toBe('made-up');
    const both = await site.must(
      'edgeseal status --region eu-north --context edge-1 --context edge-2',
    );
    expect(both).toMatch(/^production\/db .* applied 2$/m);
    // Change, publish, and wait for both.
    await ws.cli(['set', 'production/db', 'password', '--from-file', '-'], { stdin: 'made-up-2' });
    ws.commit('Change');
    await site.must(
      'edgeseal publish\nfor c in edge-1 edge-2; do edgeseal wait --all --region eu-north --context $c --timeout 1m; done',
    );
    expect([await site.password(cluster), await site.password(other)]).toEqual([
      'made-up-2',
      'made-up-2',
    ]);
  });

  it('puts a lost key back, and replaces one without a backup', { timeout: 120_000 }, async () => {
    const lose = async (): Promise<void> => {
      await site.kill('edge-1');
      await cluster.kubectl('delete', 'secret', 'edgeseal-region-key-eu-north', '-n', system);
    };
    await lose();
    await site.boot(cluster, 'edge-1');
    await expect.poll(() => site.ready(cluster), patience).toBe('KeyLost');
    const lost = await site.run('edgeseal status --region eu-north --context edge-1');
    expect([lost.code, lost.said]).toEqual([
      1,
      expect.stringContaining('Ready is False, KeyLost: '),
    ]);
    await site.must(putBack);
    await expect.poll(() => site.ready(cluster), patience).toBe('Applied');

    await lose();
    await site.must(replace);
    await site.boot(cluster, 'edge-1');
    const failed = async (): Promise<string[] | undefined> =>
      (await site.status(cluster))?.secrets?.failed?.map(({ reason }) => reason);
    await expect.poll(failed, patience).toEqual(['NoKey']);
    const told = await site.run('edgeseal status --region eu-north --context edge-1');
    expect(told.said).toMatch(/^production\/db .* published 3, applied 3: NoKey$/m);
    // What is applied stays, so the version that was there is what the wait finds.
    await site.must('edgeseal wait --all --region eu-north --context edge-1 --timeout 1m');
    await site.must(reseal?.replace('/media/usb/recovery.key', ws.keyFile('recovery')));
    await expect.poll(failed, patience).toEqual([]);
    const { said } = await site.run('edgeseal status --region eu-north --context edge-1');
    expect(said).toMatch(/^production\/db .* applied 3$/m);
    expect(site.lines.join('')).not.toMatch(/made-up|edgeseal-region-key-1-/);
  });
});
