import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateRegionKey } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { rootFingerprint } from '../../core/trust/root-chain.ts';
import { clusterView } from '../support/channel.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';
import { Desk, installCrds } from './cli-kit.ts';

describeCluster('region rotate --context', (cluster) => {
  let ws: Workspace;
  let desk: Desk;
  let old: RegionKey;
  let fresh: RegionKey;
  beforeAll(async () => {
    await installCrds(cluster);
    ws = await makeWorkspace({ defaultRegions: ['us-east'] });
    desk = new Desk(cluster, ws, await cluster.createNamespace('home'));
    await desk.regionSync();
    old = ws.keys['us-east']!;
    ({ key: fresh } = await generateRegionKey());
    await desk.seal('prod/a', 'made-up-1');
    await desk.publish();
  });
  afterAll(() => ws.remove());

  const rotate = (...args: string[]): Promise<CliResult> =>
    desk.cli('region', 'rotate', 'us-east', ...args);
  const recovery = (): string[] => ['--with-recovery', ws.keyFile('recovery')];
  /** What a cluster that holds this key, and no other, makes of what is published. */
  const fed = async (key: RegionKey): Promise<Record<string, unknown>> => {
    ws.keys['us-east'] = key;
    return (await clusterView(ws, 'us-east')).values;
  };
  const values = (password: string): object => ({ 'prod/a': { password } });

  it('has nothing to do where the cluster has the old key alone, and takes none that nobody has compared', async () => {
    await desk.says({ keys: [desk.key(old)] });
    const known = await rotate();
    expect([known.code, known.stdout]).toEqual([
      0,
      expect.stringContaining(`key ${old.id} is in the trust root already (active)`),
    ]);
    await desk.says({ keys: [desk.key(old), desk.key(fresh)] });
    const alone = await rotate(...recovery());
    expect([alone.code, alone.stderr]).toEqual([
      2,
      expect.stringContaining(`--fingerprint ${rootFingerprint(fresh.sha256)}`),
    ]);
    const offline = await desk.cli('region', 'rotate', 'recovery');
    expect([offline.code, offline.stderr]).toEqual([
      2,
      expect.stringContaining("a recovery key's private half lies in no cluster"),
    ]);
    expect(ws.git('status', '--porcelain')).toBe('');
  });

  it('feeds a region whose cluster holds the new key beside the old one, and then alone', async () => {
    await desk.says({ keys: [desk.key(old), desk.key(fresh)] });
    const { code, stdout, stderr } = await rotate(
      ...['--fingerprint', fresh.sha256],
      ...recovery(),
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('secrets/prod/a.yaml: version 1, wrapped for key');
    // The cluster has it already: nothing is to be installed there.
    expect(stderr).not.toContain('edgeseal install');
    expect(stderr).toContain(`edgeseal region retire us-east ${old.id} --context`);
    const early = await desk.cli('region', 'retire', 'us-east', old.id);
    expect([early.code, early.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining('publish'),
    ]);
    expect(early.code).not.toBe(0);
    await desk.publish('Rotate');
    expect(await fed(old)).toEqual(values('made-up-1'));
    expect(await fed(fresh)).toEqual(values('made-up-1'));
    await desk.seal('prod/a', 'made-up-2');
    await desk.publish();
    for (const key of [old, fresh]) expect(await fed(key)).toEqual(values('made-up-2'));
    // Not while a cluster would be left without a key.
    await desk.says({ keys: [desk.key(old)] });
    const left = await desk.cli('region', 'retire', 'us-east', old.id);
    expect([left.code, left.stderr]).toEqual([
      4,
      expect.stringContaining('would be left without a key of us-east'),
    ]);
    await desk.says({ keys: [desk.key(old), desk.key(fresh)] });
    const retired = await desk.cli('region', 'retire', 'us-east', old.id);
    expect(retired.code, retired.stderr).toBe(0);
    await desk.publish('Retire');
    await desk.seal('prod/a', 'made-up-3');
    await desk.publish();
    expect(await fed(fresh)).toEqual(values('made-up-3'));
    await expect(fed(old)).rejects.toMatchObject({ code: 'seal-no-key' });
    expect((await ws.cli(['verify'])).code).toBe(0);
  });
});
