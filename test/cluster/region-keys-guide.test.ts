import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';
import { GuideSite, blocksOf } from './guide-site.ts';

const [
  backUp,
  rotate,
  install,
  retire,
  takeOut,
  withoutRecovery,
  lose,
  look,
  putBack,
  replace,
  revoke,
  ,
  remove,
  recovery,
] = blocksOf('region-keys.md');

const system = 'edgeseal-system';
const patience = { timeout: 30_000, interval: 200 };

// Word for word, but for the places of USB sticks, and as far as there is no kubelet.
describeOwnCluster('docs/guides/region-keys.md', {}, (cluster) => {
  let ws: Workspace;
  let site: GuideSite;
  let keys: string;

  beforeAll(async () => {
    ws = await makeWorkspace({ defaultRegions: ['us-east', 'us-west'] });
    site = new GuideSite(ws, 'us-east', { 'edge-1': cluster });
    keys = path.join(ws.folder, 'home/edgeseal-keys');
    mkdirSync(path.join(ws.folder, 'media/new-usb'), { recursive: true });
    for (const item of ['user', 'password'])
      await ws.cli(
        ['set', 'production/db', item, ...(item === 'user' ? ['--new'] : []), '--from-file', '-'],
        { stdin: `made-up-${item}` },
      );
    ws.commit('Seal');
    ws.git('branch', '-q', '-u', 'origin/main');
    expect((await ws.cli(['publish'])).code).toBe(0);
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'production' } });
    await site.must(
      `edgeseal install us-east --context edge-1 --key ${ws.keyFile('us-east')} --image registry.example.com/edgeseal:0.1.0 --mirror "$MIRROR"`,
    );
    await site.boot(cluster, 'pod-1');
    site.env['OLD'] = ws.keys['us-east']!.id;
  }, 60_000);
  afterAll(() => site.close());

  const must = (block = ''): Promise<string> =>
    site.must(
      block
        .replaceAll('/media/usb/recovery.key', ws.keyFile('recovery'))
        .replaceAll('/media/', `${ws.folder}/media/`),
    );
  const held = async (): Promise<string[]> =>
    ((await site.status(cluster))?.keys ?? []).map(({ id }) => id).sort();
  async function idOf(region: string, name: string): Promise<string> {
    const { stdout } = await ws.cli(['region', 'list', '-o', 'json']);
    const { regions } = JSON.parse(stdout) as {
      regions: { name: string; keys: { name: string; id: string }[] }[];
    };
    const of = regions.find((one) => one.name === region)?.keys ?? [];
    return of.find((key) => key.name === name)?.id ?? '';
  }
  /** A change that the cluster gets only if it can open what is published now. */
  async function change(value: string): Promise<void> {
    await ws.cli(['set', 'production/db', 'password', '--from-file', '-'], { stdin: value });
    ws.commit('Change');
    await must('edgeseal publish');
    await expect.poll(() => site.password(cluster), patience).toBe(value);
  }

  it('backs a key up, and shows that the backup opens everything', async () => {
    await expect.poll(() => site.password(cluster), patience).toBe('made-up-password');
    expect(await must(backUp)).toMatch(/opened 2 wraps with [0-9a-f]{16}/);
    expect(statSync(path.join(keys, 'us-east.key')).mode & 0o777).toBe(0o600);
  });

  it('exchanges it: no step before the one that it needs', { timeout: 90_000 }, async () => {
    const old = ws.keys['us-east']!.id;
    await must(rotate);
    expect(existsSync(path.join(keys, 'us-east-2.key'))).toBe(true);
    const early = await site.run(retire);
    expect([early.code, early.said]).toEqual([
      4,
      expect.stringContaining(`edge-1 would be left without a key of us-east: it holds ${old}`),
    ]);
    await must(install);
    const fresh = await idOf('us-east', 'us-east-key-2');
    await expect.poll(held, patience).toEqual([old, fresh].sort());
    await must(retire);
    await must(takeOut);
    await expect.poll(held, patience).toEqual([fresh]);
    await change('made-up-2');
    expect(await must('edgeseal status --region us-east --context edge-1')).toMatch(/applied 3/);
  });

  it('survives a lost key by the backup', { timeout: 60_000 }, async () => {
    await must(lose);
    await site.kill('pod-1');
    await site.boot(cluster, 'pod-2');
    await expect.poll(() => site.ready(cluster), patience).toBe('KeyLost');
    const told = await site.run(look);
    expect([told.code, told.said]).toEqual([1, expect.stringContaining('KeyLost: ')]);
    expect(told.said).toContain('edgeseal install us-east --context edge-1 --key BACKUP-FILE');
    expect(await site.password(cluster)).toBe('made-up-2');
    await must(putBack);
    await expect.poll(() => site.ready(cluster), patience).toBe('Applied');
    await change('made-up-3');
  });

  it('replaces a lost key without a backup, by the recovery key', { timeout: 60_000 }, async () => {
    const lost = await idOf('us-east', 'us-east-key-2');
    await must(lose);
    await site.kill('pod-2');
    await site.boot(cluster, 'pod-3');
    await expect.poll(() => site.ready(cluster), patience).toBe('KeyLost');
    await must(replace);
    await expect.poll(() => site.ready(cluster), patience).toBe('Applied');
    site.env['OLD'] = lost;
    await must(retire);
    await change('made-up-4');
  });

  it('wraps for a new key by the one in the cluster, which touches no disk', async () => {
    expect(await must(withoutRecovery)).toContain('same version, signatures stay');
    const fresh = path.join(keys, 'us-east-4.key');
    expect(await must(`edgeseal verify --key ${fresh}`)).toContain('opened 2 wraps');
    ws.commit('Rotate');
  });

  it(
    'revokes a stolen key, and lists what it could read until that is replaced',
    { timeout: 60_000 },
    async () => {
      const stolen = await idOf('us-east', 'us-east-key-3');
      site.env['STOLEN'] = stolen;
      const said = await must(revoke);
      expect(said).toContain('production/db: password, user');
      const exposed = async (): Promise<string> =>
        must('edgeseal verify; edgeseal status production/db --region us-east');
      expect(await exposed()).toContain(`key ${stolen} of us-east could read password, user`);
      await must(`printf made-up-5 | edgeseal set production/db password --from-file -`);
      expect(await exposed()).toContain(`key ${stolen} of us-east could read user`);
      await must(`printf made-up-5 | edgeseal set production/db user --from-file -`);
      expect(await exposed()).not.toContain('could read');
      ws.commit('Replace what was read');
      await must('edgeseal publish');
      // The thief's cluster, which this one plays, opens nothing more; with the new key it does.
      const failed = async (): Promise<string[] | undefined> =>
        (await site.status(cluster))?.secrets?.failed?.map(({ reason }) => reason);
      await expect.poll(failed, patience).toEqual(['NoKey']);
      await must(
        `edgeseal install us-east --context edge-1 --key ${path.join(keys, 'us-east-4.key')}`,
      );
      await expect.poll(() => site.password(cluster), patience).toBe('made-up-5');
    },
  );

  it('exchanges the recovery key, and gives a region up', { timeout: 60_000 }, async () => {
    site.env['OLD_RECOVERY'] = ws.keys['recovery']!.id;
    expect(await must(recovery)).toContain('opened 2 wraps');
    expect((await ws.cli(['verify', '--key', ws.keyFile('recovery')])).code).toBe(1);
    expect(await must(remove)).toContain('us-west could read, until replaced:');
    await change('made-up-6');
    expect(site.lines.join('')).not.toMatch(/made-up-|edgeseal-region-key-1-/);
    const { body } = await cluster.request(
      'GET',
      `/api/v1/namespaces/${system}/secrets/edgeseal-region-key-us-east`,
    );
    expect(Object.keys((body as { data: object }).data)).toHaveLength(2);
  });
});
