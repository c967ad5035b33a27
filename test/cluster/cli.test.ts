import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';
import { condition, Desk, installCrds, kubeconfig } from './cli-kit.ts';

const home = 'edgeseal-system';

describeOwnCluster('status --context', {}, (cluster) => {
  let ws: Workspace;
  let desk: Desk;
  beforeAll(async () => {
    ws = await makeWorkspace({ defaultRegions: ['us-east', 'us-west'] });
    desk = new Desk(cluster, ws, home);
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: home } });
    await desk.seal('prod/a');
    await desk.seal('prod/b');
    await desk.publish();
  });
  afterAll(() => {
    ws.remove();
  });

  const look = (...args: string[]): Promise<CliResult> =>
    ws.cli(['status', ...desk.flags, ...args]);
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async function json(...args: string[]): Promise<any> {
    const { code, stdout } = await look('-o', 'json', ...args);
    return { code, ...JSON.parse(stdout) };
  }
  const cell = ({ stdout }: CliResult, secret: string): string =>
    stdout.split('\n').find((line) => line.startsWith(secret)) ?? '';

  describe('of a cluster that has nothing of it', () => {
    it('says that there is no edgeseal, and shows the rest', async () => {
      const result = await look();
      expect([result.code, result.stderr]).toEqual([
        7,
        expect.stringContaining('knows no RegionSync'),
      ]);
      expect(result.stderr).toContain('edgeseal install REGION --context test --kubeconfig');
      expect(cell(result, 'prod/a')).toMatch(/published 1 +published 1$/);
      await installCrds(cluster);
    });

    it('says that there is no RegionSync, or only another repository’s, or only another region’s', async () => {
      const none = await look();
      expect([none.code, none.stderr]).toEqual([7, expect.stringContaining('has no RegionSync')]);
      await desk.regionSync({ repository: '00000000-0000-4000-8000-00000000aaaa' });
      const other = await look();
      expect([other.code, other.stderr]).toEqual([
        3,
        expect.stringContaining('follows another repository: 00000000-0000-4000-8000-00000000aaaa'),
      ]);
      await desk.remove();
      await desk.regionSync();
      const west = await look('--region', 'us-west');
      expect(west.code).toBe(7);
      expect(west.stderr).toContain('no RegionSync of us-west; there are: edgeseal-system/us-east');
    });

    it('says that its controller has not said anything yet', async () => {
      const result = await look();
      expect(result.code).toBe(1);
      expect(result.stdout).toContain('its controller has not said anything yet');
      expect(result.stderr).toContain(
        '-n edgeseal-system get pods -l app.kubernetes.io/instance=edgeseal-us-east',
      );
    });
  });

  describe('of a cluster that follows a region', () => {
    it('shows what is applied there, beside the regions that nobody looks at', async () => {
      await desk.says();
      const result = await look();
      expect([result.code, result.stderr]).toEqual([0, '']);
      expect(cell(result, 'prod/a')).toMatch(/ applied 1 +published 1$/);
      expect(result.stdout).toContain(
        'test: us-east at snapshot 1, 2 of 2 secrets applied, root 1 (namespace edgeseal-system)',
      );
      const { secrets, clusters } = await json();
      expect(secrets[0].regions.slice(1)).toEqual([
        expect.objectContaining({
          region: 'us-east',
          applied: [{ context: 'test', version: 1, known: true }],
        }),
        expect.objectContaining({ region: 'us-west', applied: [] }),
      ]);
      expect(clusters).toMatchObject([
        { context: 'test', errors: [], regions: [{ published: 1 }] },
      ]);
    });

    it('shows what it has not heard of yet, from the history of the channel', async () => {
      await desk.seal('prod/a');
      await desk.publish();
      const result = await look();
      expect(result.code).toBe(0);
      expect(cell(result, 'prod/a')).toMatch(/ published 2, applied 1 +published 2$/);
      expect(cell(result, 'prod/b')).toMatch(/ applied 1 +published 1$/);
      expect(result.stdout).toContain('snapshot 1 of 2');
      expect(result.stderr).toContain('edgeseal wait --all --region us-east --context test');
    });

    it('says why a secret is not applied, which version is, and what to do', async () => {
      await desk.fails(
        { name: 'prod/a', version: 2, reason: 'NotEntitled' },
        { name: 'prod/b', version: 1, reason: 'NoKey' },
      );
      const blind = await look();
      expect(blind.code).toBe(1);
      expect(cell(blind, 'prod/a')).toMatch(/ published 2, not applied: NotEntitled +published 2$/);
      await desk.secret('prod', 'a', 1);
      await desk.secret('prod', 'b', 9, false);
      const result = await look();
      expect(cell(result, 'prod/a')).toMatch(/ published 2, applied 1: NotEntitled +published 2$/);
      expect(cell(result, 'prod/b')).toMatch(/ published 1, not applied: NoKey +published 1$/);
      expect(result.stdout).toContain('! prod/a 2: NotEntitled: made-up message');
      expect(result.stderr).toContain('edgeseal sign prod/a');
      expect(result.stderr).toContain('edgeseal reseal prod/b --with-recovery');
      const one = await json('prod/a');
      expect(one.secrets[0].regions[1].applied).toEqual([
        {
          context: 'test',
          version: 1,
          known: true,
          reason: 'NotEntitled',
          message: 'made-up message',
        },
      ]);
    });

    it('names each condition, mirror, deletion and alarm that is not in order', async () => {
      const sha256 = 'ab'.repeat(32);
      await desk.says({
        conditions: [
          condition('Ready', 'False', 'KeyLost', 'the key is \u001b[31mlost'),
          condition('Fresh', 'False', 'Stale'),
          condition('Degraded', 'True', 'PruningHeld'),
          condition('Verified', 'True', 'Verified'),
        ],
        mirrors: [
          { name: 'hub', url: 'x', state: 'Unreachable', message: 'ENOTFOUND' },
          { name: 'stick', url: 'x', state: 'Behind' },
        ],
        pruning: { pending: 12, acknowledge: sha256, names: ['prod/x', 'prod/y'] },
        alarm: { mirror: 'hub', message: 'two histories', snapshot: sha256, at: '2026-01-01' },
      });
      const { code, stdout, stderr } = await look();
      expect(code).toBe(1);
      for (const words of [
        'Ready is False, KeyLost: the key is ?[31mlost',
        'Fresh is False, Stale',
        'mirror hub is Unreachable: ENOTFOUND',
        '12 deletions wait until somebody has looked: prod/x, prod/y, ...',
        'alarm since 2026-01-01, mirror hub: two histories',
      ])
        expect(stdout).toContain(words);
      expect(stdout).not.toMatch(/Verified is|Behind|PruningHeld/);
      expect(stderr).toMatch(/edgeseal install us-east --context test .* --key BACKUP-FILE/);
      expect(stderr).toContain(
        `patch regionsync us-east --type merge -p '{"spec":{"prune":{"acknowledged":"${sha256}"}}}'`,
      );
      // The command that it prints is one that the API server takes.
      const patch = /kubectl .*(-n edgeseal-system patch .*)$/m.exec(stderr)?.[1] ?? '';
      const words = patch.split(' ').map((word) => word.replace(/^'|'$/g, ''));
      expect(await cluster.kubectl(...words)).toContain('patched');
    });

    it('tells a key that is not sealed for, a pinned root that is not ours, a controller that is gone', async () => {
      await desk.remove();
      await desk.regionSync({ root: 'ab'.repeat(32), suspend: true });
      const stranger = desk.key(ws.keys['us-west']);
      await desk.says({ keys: [stranger] });
      const lease = {
        metadata: { name: 'edgeseal-us-east' },
        spec: { holderIdentity: 'x', renewTime: '2026-01-01T00:00:00.000000Z' },
      };
      const path = `/apis/coordination.k8s.io/v1/namespaces/${home}/leases`;
      await cluster.request('POST', path, lease);
      const { code, stdout, stderr } = await look();
      expect(code).toBe(1);
      expect(stdout).toContain(`its key ${stranger.id} is not in trust root 1`);
      expect(stderr).toContain('edgeseal region add us-east --context test');
      expect(stdout).toContain('it is pinned to trust root abababababababab...');
      expect(stdout).toContain('suspended: nothing is fetched or applied');
      expect(stdout).toContain('no controller is at work since 2026-01-01T00:00:00.000000Z');
      await cluster.request('DELETE', `${path}/edgeseal-us-east`);
    });

    it('goes by the Secrets where this clone does not have the snapshot', async () => {
      await desk.remove();
      await desk.regionSync();
      const snapshot = { sequence: 9, sha256: 'cd'.repeat(32), source: null };
      await desk.says({ snapshot });
      const result = await look();
      expect(cell(result, 'prod/a')).toMatch(/ published 2, applied 1 +published 2$/);
      expect(cell(result, 'prod/b')).toMatch(/ published 1, not applied +published 1$/);
      expect(result.stderr).toContain('edgeseal status --fetch');
    });

    it('is told by its name where several clusters differ', async () => {
      await desk.fails({ name: 'prod/a', version: 2, reason: 'NamespaceMissing' });
      const file = kubeconfig(cluster, { north: {}, south: {} });
      const result = await ws.cli([
        'status',
        ...['--kubeconfig', file, '--context', 'north', '--context', 'south'],
      ]);
      expect(cell(result, 'prod/a')).toMatch(/ published 2, applied 1: NamespaceMissing /);
      expect(result.stdout).toMatch(/^north: us-east[^]*^south: us-east/m);
      expect(result.stderr).toContain(
        `kubectl --context south --kubeconfig ${file} create namespace prod`,
      );
    });
  });

  describe('what goes wrong', () => {
    it('is a RegionSync twice, until somebody says which', async () => {
      const other = new Desk(cluster, ws, await cluster.createNamespace('other'));
      await other.regionSync();
      const result = await look();
      expect([result.code, result.stderr]).toEqual([
        7,
        expect.stringContaining('several RegionSyncs of us-east'),
      ]);
      expect(result.stderr).toMatch(/--namespace (edgeseal-system|other-)/);
      expect((await look('--namespace', home)).stdout).toContain('test: us-east at snapshot 2');
      await other.remove();
    });

    it('is a controller that is newer than this program', async () => {
      const crd =
        '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/regionsyncs.edgeseal.dev';
      const path = '/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/surprise';
      const headers = { 'content-type': 'application/json-patch+json' };
      const patch = (op: string) =>
        cluster.request('PATCH', crd, [{ op, path, value: { type: 'string' } }], { headers });
      await patch('add');
      const says = async (): Promise<CliResult> => {
        await desk.says({ surprise: 'made-up' } as object);
        return look();
      };
      await expect.poll(async () => (await says()).code, { timeout: 10_000 }).toBe(2);
      const { stdout, stderr } = await says();
      expect(stderr).toContain('RegionSync edgeseal-system/us-east of context test: ');
      expect(stderr).toContain('bring the older one up to date');
      expect(cell({ code: 0, stdout, stderr }, 'prod/a')).toContain('published 2');
      await patch('remove');
      await desk.remove();
      await desk.regionSync();
      await desk.says();
    });

    it('is a context that does not exist, or a namespace without a cluster', async () => {
      const wrong = await ws.cli([
        'status',
        ...['--context', 'mars', '--context', 'test', '--kubeconfig', cluster.address.kubeconfig],
      ]);
      expect([wrong.code, wrong.stderr]).toEqual([
        7,
        expect.stringContaining('there is no context mars'),
      ]);
      expect(wrong.stdout).toContain('test: us-east');
      expect((await ws.cli(['status', '-n', home])).code).toBe(2);
    });

    it('is who may not look: named, with what to ask for; who may look at one namespace sees that', async () => {
      const token = await cluster.serviceAccountToken(home, 'guest');
      const file = kubeconfig(cluster, { guest: { token }, stranger: { token: 'made-up' } });
      const guest = ['status', '--kubeconfig', file, '--context', 'guest'];
      const refused = await ws.cli(guest);
      expect([refused.code, refused.stderr]).toEqual([
        7,
        expect.stringContaining('you may not read the RegionSyncs in namespace edgeseal-system'),
      ]);
      expect(refused.stderr).toContain('auth can-i list,watch regionsyncs.edgeseal.dev');
      await cluster.kubectl(
        ...['create', 'role', 'look', '-n', home],
        ...['--verb=get,list,watch', '--resource=regionsyncs.edgeseal.dev'],
      );
      await cluster.kubectl(
        ...['create', 'rolebinding', 'look', '-n', home, '--role=look'],
        `--serviceaccount=${home}:guest`,
      );
      await desk.fails({ name: 'prod/a', version: 2, reason: 'NotEntitled' });
      await expect.poll(async () => (await ws.cli(guest)).code, { timeout: 10_000 }).toBe(1);
      const limited = await ws.cli(guest);
      expect(limited.stdout).toMatch(/^prod\/a .* published 2, not applied: NotEntitled /m);
      await desk.says();
      const unknown = await ws.cli(['status', '--kubeconfig', file, '--context', 'stranger']);
      expect([unknown.code, unknown.stderr]).toEqual([
        7,
        expect.stringContaining('does not accept your credentials'),
      ]);
    });

    it('is a cluster that cannot be reached: named, and the others are shown', async () => {
      const file = kubeconfig(cluster, { down: { url: 'https://127.0.0.1:1' }, up: {} });
      const result = await ws.cli([
        'status',
        ...['--kubeconfig', file, '--context', 'down', '--context', 'up'],
      ]);
      expect(result.code).toBe(7);
      expect(result.stderr).toContain(
        'context down: the API server at https://127.0.0.1:1 cannot be reached: no answer: ECONNREFUSED',
      );
      expect(result.stdout).toContain('up: us-east at snapshot 2');
      expect(cell(result, 'prod/a')).toMatch(/ applied 2 +published 2$/);
      const both = JSON.parse(
        (await ws.cli(['status', '-o', 'json', '--kubeconfig', file, '--context', 'down'])).stdout,
      );
      expect(both.clusters).toMatchObject([
        { context: 'down', regions: [], errors: [{ code: 'kube-unreachable' }] },
      ]);
    });
  });
});
