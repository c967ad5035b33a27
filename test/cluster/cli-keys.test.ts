import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatRegionPublicKey, generateRegionKey } from '../../core/crypto/region-key.ts';
import { rootFingerprint } from '../../core/trust/root-chain.ts';
import { nextRoot, withKeyState } from '../support/root.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { typed } from '../support/terminal.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';
import { condition, Desk, installCrds } from './cli-kit.ts';

describeCluster('region add --context', (cluster) => {
  const made: Workspace[] = [];
  let ws: Workspace;
  let desk: Desk;
  beforeAll(() => installCrds(cluster));
  beforeEach(async () => {
    ws = await makeWorkspace();
    made.push(ws);
    desk = new Desk(cluster, ws, await cluster.createNamespace('home'), 'eu-north');
    await desk.regionSync();
  });
  afterAll(() => {
    for (const one of made) one.remove();
  });

  const add = (...args: string[]): Promise<CliResult> =>
    desk.cli('region', 'add', 'eu-north', ...args);
  const type = (...answers: string[]): ReturnType<typeof typed> =>
    typed(ws, ['region', 'add', 'eu-north', ...desk.flags, '-n', desk.namespace], answers);
  async function keysOf(region: string): Promise<[string, string, string][]> {
    const { stdout } = await ws.cli(['region', 'list', '-o', 'json']);
    const { regions } = JSON.parse(stdout) as {
      regions: { name: string; keys: { name: string; id: string; state: string }[] }[];
    };
    const found = regions.find(({ name }) => name === region);
    return (found?.keys ?? []).map(({ name, id, state }) => [name, id, state]);
  }

  it('shows the whole fingerprint, takes the key up once a person says yes, and says what comes next', async () => {
    const { key } = await generateRegionKey();
    await desk.says({ keys: [desk.key(key)], snapshot: null });
    const { code, shown } = await type('y');
    expect(code, shown).toBe(0);
    expect(shown).toContain(`key ${key.id}\nSHA-256 ${rootFingerprint(key.sha256)}`);
    expect(await keysOf('eu-north')).toEqual([['eu-north-key', key.id, 'active']]);
    const steps = [
      'git add trust regions',
      'git commit -m "Make trust root 2"',
      'edgeseal reseal --all --with-recovery RECOVERY-KEY-FILE',
      'git push',
      'edgeseal publish',
      `edgeseal wait --all --region eu-north --context test --kubeconfig ${cluster.address.kubeconfig}`,
    ];
    const places = steps.map((step) => shown.lastIndexOf(step));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect((await ws.cli(['verify'])).code).toBe(0);
    const again = await add();
    expect([again.code, again.stdout]).toEqual([
      0,
      `eu-north: key ${key.id} is in the trust root already (active)\n`,
    ]);
  });

  it('changes nothing where the person says no, or goes away', async () => {
    await desk.says({ keys: [desk.key((await generateRegionKey()).key)] });
    for (const answers of [['n'], [''], []]) expect((await type(...answers)).code).toBe(2);
    expect(ws.git('status', '--porcelain')).toBe('');
  });

  it('wants the fingerprint where nobody can be asked', async () => {
    const { key } = await generateRegionKey();
    await desk.says({ keys: [desk.key(key)] });
    const alone = await add();
    expect(alone.code).toBe(2);
    expect(alone.stderr).toContain(`--fingerprint ${rootFingerprint(key.sha256)}`);
    const wrong = await add('--fingerprint', 'ab'.repeat(32));
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('has no key of')]);
    const short = await add('--fingerprint', key.id);
    expect([short.code, short.stderr]).toEqual([2, expect.stringContaining('not a whole SHA-256')]);
    expect(ws.git('status', '--porcelain')).toBe('');
    const right = await add('--fingerprint', rootFingerprint(key.sha256).toUpperCase());
    expect(right.code, right.stderr).toBe(0);
    expect(await keysOf('eu-north')).toEqual([['eu-north-key', key.id, 'active']]);
  });

  it('takes several keys, those that are confirmed, in one root', async () => {
    const keys = await Promise.all([1, 2, 3].map(async () => (await generateRegionKey()).key));
    const [a, b, c] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]];
    await desk.says({ keys: keys.map((key) => desk.key(key)) });
    const named = await add('--key-name', 'x', ...keys.flatMap((k) => ['--fingerprint', k.sha256]));
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining('these are 3')]);
    const { code, shown } = await type('y', 'n', 'yes');
    expect(code, shown).toBe(0);
    expect(await keysOf('eu-north')).toEqual([
      ['eu-north-key', a.id, 'active'],
      ['eu-north-key-2', c.id, 'active'],
    ]);
    expect((await ws.cli(['verify'])).code).toBe(0);
    // The next time only the one that is left is asked for.
    const rest = await add('--fingerprint', b.sha256, '--key-name', 'third');
    expect(rest.code, rest.stderr).toBe(0);
    expect((await keysOf('eu-north'))[2]).toEqual(['third', b.id, 'active']);
    await nextRoot(ws, withKeyState('eu-north', a.id, 'revoked'));
    expect((await add()).stdout).toContain(`key ${a.id} is in the trust root already (revoked)`);
  });

  it('believes no hash, no id and no key that is not one', async () => {
    const [mine, theirs] = await Promise.all([generateRegionKey(), generateRegionKey()]);
    const good = desk.key(mine.key);
    const swapped = { ...good, publicKey: formatRegionPublicKey(theirs.key) };
    for (const key of [
      swapped,
      { ...good, id: theirs.key.id },
      { ...good, publicKey: 'AAAA' },
      { ...good, publicKey: Buffer.alloc(1216).toString('base64') },
    ]) {
      await desk.says({ keys: [key] });
      const result = await add('--fingerprint', mine.key.sha256);
      expect([result.code, result.stderr]).toEqual([
        3,
        expect.stringContaining('in status.keys is not what it says'),
      ]);
    }
    await desk.says({ keys: [desk.key(ws.keys['us-east'])] });
    const taken = await add('--fingerprint', ws.keys['us-east']!.sha256);
    expect([taken.code, taken.stderr]).toEqual([3, expect.stringContaining('a key of us-east')]);
    expect(ws.git('status', '--porcelain')).toBe('');
  });

  describe('goes no further', () => {
    it('where the cluster has no key, and says why', async () => {
      const silent = await add();
      expect([silent.code, silent.stderr]).toEqual([
        7,
        expect.stringContaining('has no key: it has not said anything yet'),
      ]);
      expect(silent.stderr).toContain('get pods -l app.kubernetes.io/instance=edgeseal-eu-north');
      await desk.says({
        keys: [],
        conditions: [condition('Ready', 'False', 'KeyLost', 'there was a key')],
      });
      expect((await add()).stderr).toContain('has no key: KeyLost: there was a key');
      await desk.change({ keys: { secret: { name: 'x', generate: false } } });
      expect((await add()).stderr).toContain('"generate":true');
    });

    it('where the cluster follows another repository, or another region', async () => {
      await desk.remove();
      const none = await add();
      expect([none.code, none.stderr]).toEqual([
        7,
        expect.stringContaining('has no RegionSync of eu-north'),
      ]);
      await desk.regionSync({ repository: '00000000-0000-4000-8000-00000000aaaa' });
      await desk.says({ keys: [desk.key((await generateRegionKey()).key)] });
      const { code, stderr } = await add();
      expect([code, stderr]).toEqual([3, expect.stringContaining('follows another repository')]);
    });

    it('where the words do not fit together', async () => {
      const { key } = await generateRegionKey();
      for (const [args, words] of [
        [['--generate', join(ws.folder, 'k')], 'in one way only'],
        [['--recovery'], 'lies in no cluster'],
      ] as const) {
        const { code, stderr } = await add(...args);
        expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
      }
      const text = formatRegionPublicKey(key);
      for (const more of [
        ['--fingerprint', key.sha256],
        ['-n', desk.namespace],
      ]) {
        const result = await ws.cli(['region', 'add', 'eu-north', '--public-key', text, ...more]);
        expect([result.code, result.stderr]).toEqual([
          2,
          expect.stringContaining('--context CONTEXT'),
        ]);
      }
      const wrong = await ws.cli([
        ...['region', 'add', 'eu-north', '--context', 'mars'],
        ...['--kubeconfig', cluster.address.kubeconfig],
      ]);
      expect([wrong.code, wrong.stderr]).toEqual([
        7,
        expect.stringContaining('there is no context mars'),
      ]);
      expect(ws.git('status', '--porcelain')).toBe('');
    });
  });
});

describe('reseal --with-recovery', () => {
  it('gives a new key what its region may read, and takes no other key', async () => {
    const ws = await makeWorkspace({ defaultRegions: ['us-east'] });
    const set = ['set', 'prod/a', 'password', '--new', '--from-file', '-'];
    await ws.cli(set, { stdin: 'made-up' });
    ws.commit('Seal');
    await ws.cli(['region', 'add', 'us-east', '--generate', join(ws.folder, 'more')]);
    const region = await ws.cli(['reseal', '--with-recovery', ws.keyFile('us-west')]);
    expect([region.code, region.stderr]).toEqual([
      3,
      expect.stringContaining('a key of region us-west, not of a recovery recipient'),
    ]);
    const strange = await makeWorkspace();
    const other = await ws.cli(['reseal', '--with-recovery', strange.keyFile('recovery')]);
    expect([other.code, other.stderr]).toEqual([
      3,
      expect.stringContaining('is not in trust root 2'),
    ]);
    expect((await ws.cli(['reseal', '--all', '--with-recovery', join(ws.folder, 'x')])).code).toBe(
      2,
    );
    const done = await ws.cli(['reseal', '--with-recovery', ws.keyFile('recovery')]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('secrets/prod/a.yaml: version 1, wrapped for key');
    expect(done.stderr).toContain('take it offline again');
    const key = join(ws.folder, 'more/us-east-2.key');
    const opened = await ws.cli(['unseal', 'prod/a', '--key', key, '--item', 'password']);
    expect(opened.stdout).toBe('made-up');
    const named = ['reseal', 'prod/a', '--with-recovery', ws.keyFile('recovery')];
    expect((await ws.cli(named)).stdout).toContain('nothing to do');
    ws.remove();
    strange.remove();
  });
});
