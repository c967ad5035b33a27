import { renameSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cloneOf } from '../support/channel.ts';
import { describeCluster, describeOwnCluster } from '../support/cluster/suite.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';
import { condition, Desk, installCrds } from './cli-kit.ts';

describeCluster('wait', (cluster) => {
  const made: Workspace[] = [];
  let ws: Workspace;
  let desk: Desk;
  beforeAll(() => installCrds(cluster));
  beforeEach(async () => {
    ws = await makeWorkspace({ defaultRegions: ['us-east'] });
    made.push(ws);
    desk = new Desk(cluster, ws, await cluster.createNamespace('home'));
    await desk.seal('prod/a');
    await desk.publish();
    await desk.regionSync();
  });
  afterAll(() => {
    for (const one of made) one.remove();
  });

  const wait = (...args: string[]): Promise<CliResult> => desk.cli('wait', ...args);

  it('ends at once where the cluster has it already', async () => {
    await desk.says();
    const result = await wait('prod/a', '--region', 'us-east');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toBe('prod/a: version 1 is applied in test (us-east, snapshot 1)\n');
    expect(result.stderr).toContain('waiting until test has version 1, as in the working tree');
    // The only region that the cluster follows need not be named; later versions do, too.
    expect((await wait('secrets/prod/a.yaml', '--version', '1')).code).toBe(0);
    const json = await wait('--all', '-o', 'json');
    expect(JSON.parse(json.stdout)).toEqual({
      applied: true,
      context: 'test',
      region: 'us-east',
      sequence: 1,
    });
  });

  it('ends when the cluster says so, and tells meanwhile where it stands', async () => {
    await desk.says({ conditions: [condition('Ready', 'False', 'KeyMissing')] });
    await desk.seal('prod/a');
    const waiting = desk.start('wait', 'prod/a', '--timeout', '1m');
    await waiting.says(
      'us-east at snapshot 1, 1 of 1 applied, KeyMissing: waiting for prod/a version 2 (has 1)',
    );
    await desk.publish();
    await desk.fails({ name: 'prod/a', version: 2, reason: 'NamespaceMissing' });
    await waiting.says('0 of 1 applied: waiting for prod/a version 2 (NamespaceMissing)');
    await desk.says();
    const result = await waiting.result;
    expect(result.code, result.stderr).toBe(0);
  });

  it('fetches what somebody else has published', async () => {
    const colleague = await cloneOf(ws, 'colleague');
    await desk.seal('prod/a');
    ws.commit('Change');
    expect((await ws.cli(['publish'], { cwd: ws.repo })).code).toBe(0);
    await desk.says();
    const options = [...desk.flags, '-n', desk.namespace, '--version', '2'];
    const result = await ws.cli(['wait', 'prod/a', ...options], { cwd: colleague });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain('snapshot 2');
  });

  it('for all ends when all are there', async () => {
    await desk.seal('prod/b');
    await desk.publish();
    await desk.says({ secrets: { listed: 2, applied: 1, failing: 0, failed: [] } });
    const waiting = desk.start('wait', '--all', '--timeout', '1m');
    await waiting.says('1 of 2 applied: waiting for 2 of 2 secrets');
    await desk.says();
    const result = await waiting.result;
    expect([result.code, result.stdout]).toEqual([
      0,
      'all 2 secrets are applied in test (us-east, snapshot 2)\n',
    ]);
  });

  it('goes by the Secret where the channel cannot be had', async () => {
    renameSync(ws.origin, `${ws.origin}.gone`);
    const snapshot = { sequence: 7, sha256: 'ef'.repeat(32), source: null };
    await desk.says({ snapshot });
    const waiting = desk.start('wait', 'prod/a', '--timeout', '1m');
    await waiting.says('snapshot 7, 0 of 0 applied: waiting for prod/a version 1\n');
    await desk.secret('prod', 'a', 1);
    await desk.says({ snapshot: { ...snapshot, sequence: 8, sha256: 'ff'.repeat(32) } });
    expect((await waiting.result).code).toBe(0);
    await cluster.request('DELETE', '/api/v1/namespaces/prod/secrets/a');
  });

  describe('that comes to nothing', () => {
    it('says so at once where only another publication helps', async () => {
      await desk.fails({ name: 'prod/a', version: 1, reason: 'NotEntitled' });
      const result = await wait('prod/a');
      expect(result.code).toBe(1);
      expect(result.stderr).toContain('waiting longer does not help (us-east in test)');
      expect(result.stderr).toContain('prod/a version 1 is not applied');
      expect(result.stderr).toContain('NotEntitled: made-up message');
      expect(result.stderr).toContain('edgeseal sign prod/a, then commit, push and publish');
    });

    it('says after the time is over that it is not published', async () => {
      await desk.says();
      await desk.seal('prod/a');
      const result = await wait('prod/a', '--timeout', '1s', '-o', 'json');
      expect(result.code).toBe(1);
      expect(JSON.parse(result.stdout)).toMatchObject({
        applied: false,
        result: 'timeout',
        lacking: [{ secret: 'prod/a', wanted: 2, version: 1 }],
        reasons: ['prod/a version 2 is not published (the channel has 1), the cluster has 1'],
        next: ['see what keeps it from being published: edgeseal status --fetch'],
      });
    });

    it('says after the time is over what the RegionSync complains of', async () => {
      await desk.says();
      await desk.change({ suspend: true });
      await desk.seal('prod/a');
      await desk.publish();
      const stale = { name: 'hub', url: 'x', state: 'Unreachable', message: 'ENOTFOUND' };
      await desk.says({
        mirrors: [stale],
        snapshot: null,
        conditions: [condition('Ready', 'False', 'NoSnapshot')],
      });
      const result = await wait('prod/a', '--timeout', '1s');
      expect(result.code).toBe(1);
      for (const words of [
        'not applied within 1s',
        'suspended: nothing is fetched or applied',
        'Ready is False, NoSnapshot',
        'mirror hub is Unreachable: ENOTFOUND',
        'the cluster is at no snapshot, published is 2',
        `-n ${desk.namespace} patch regionsync us-east --type merge -p '{"spec":{"suspend":false}}'`,
      ])
        expect(result.stderr).toContain(words);
    });

    it('ends when the RegionSync goes away', async () => {
      await desk.says({ snapshot: null });
      const waiting = desk.start('wait', 'prod/a');
      await waiting.says('no snapshot yet');
      await desk.remove();
      const result = await waiting.result;
      expect([result.code, result.stderr]).toEqual([
        7,
        expect.stringContaining('is not in namespace'),
      ]);
    });

    it('refuses what cannot come', async () => {
      await desk.says();
      for (const [args, code, words] of [
        [[], 2, 'which secret is waited for?'],
        [['prod/a', '--all'], 2, 'not both'],
        [['--all', '--version', '2'], 2, '--version is of one secret'],
        [['prod/a', '--version', 'x'], 2, 'x is not a version'],
        [['prod/a', '--timeout', 'soon'], 2, '--timeout takes a duration'],
        [['prod/none'], 2, 'the working tree has no such sealed secret'],
        [['prod/a', '--region', 'mars'], 2, 'there is no region mars'],
        [['prod/a', '--region', 'us-west'], 7, 'no RegionSync of us-west; there are: '],
      ] as const) {
        const result = await wait(...args);
        expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(words)]);
      }
      await ws.cli(['seal', '--regions', 'us-west'], {
        stdin:
          'apiVersion: v1\nkind: Secret\nmetadata: {name: west, namespace: prod}\nstringData: {a: made-up}\n',
      });
      const elsewhere = await wait('prod/west');
      expect([elsewhere.code, elsewhere.stderr]).toEqual([
        2,
        expect.stringContaining('prod/west is not sealed for us-east, but for us-west'),
      ]);
      await desk.remove();
      await desk.regionSync({ repository: '00000000-0000-4000-8000-00000000aaaa' });
      const stranger = await wait('prod/a');
      expect([stranger.code, stranger.stderr]).toEqual([
        3,
        expect.stringContaining('follows another repository'),
      ]);
    });
  });
});

describeOwnCluster('wait, while the API server is away', {}, (cluster) => {
  it('goes on when it is back; and says at the start that it cannot be reached', async () => {
    await installCrds(cluster);
    const ws = await makeWorkspace({ defaultRegions: ['us-east'] });
    const desk = new Desk(cluster, ws, await cluster.createNamespace('home'));
    await desk.seal('prod/a');
    await desk.publish();
    await desk.regionSync();
    await desk.says({ secrets: { listed: 1, applied: 0, failing: 0, failed: [] } });
    const waiting = desk.start('wait', 'prod/a', '--timeout', '2m');
    await waiting.says('0 of 1 applied');
    await cluster.killApiserver();
    await waiting.says('still trying');
    const down = await desk.cli('wait', 'prod/a');
    expect([down.code, down.stderr]).toEqual([7, expect.stringContaining('cannot be reached')]);
    await cluster.startApiserver();
    await desk.says();
    const result = await waiting.result;
    expect(result.code, result.stderr).toBe(0);
    ws.remove();
  });
});
