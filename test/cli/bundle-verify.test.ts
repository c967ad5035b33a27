import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootHash } from '../../core/trust/root-chain.ts';
import { TestChannel } from '../controller/channel.ts';
import { gitIn } from '../support/channel.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { homeIn, makeWorkspace, runCli } from '../support/workspace.ts';
import type { CliResult } from '../support/workspace.ts';

const ws = await makeWorkspace();
const at = (...parts: string[]): string => join(ws.folder, ...parts);
const [first, second] = [at('first.bundle'), at('second.bundle')];
const root = rootHash(Buffer.from(ws.read('trust/1.yaml')));

/** A machine at the edge: no clone, no key, no network. */
const edge = at('edge');
const verify = (...args: string[]): Promise<CliResult> =>
  runCli(['bundle', 'verify', ...args], { cwd: edge, env: homeIn(edge), stdin: '' });

beforeAll(async () => {
  mkdirSync(edge);
  // All values here are made up.
  await sealInto(ws, 'staging/everywhere', { token: 'made-up 1' });
  ws.commit('Seal a secret');
  await ws.cli(['publish']);
  expect((await ws.cli(['bundle', 'us-east', '-o', first])).code).toBe(0);
  await setInto(ws, 'staging/everywhere', { token: 'made-up 2' });
  await sealInto(ws, 'production/db', { password: 'made-up 3' });
  ws.commit('Set a value');
  await ws.cli(['publish']);
  expect((await ws.cli(['bundle', 'us-east', '-o', second])).code).toBe(0);
});
afterAll(() => {
  ws.remove();
});

describe('a bundle is verified at the edge', () => {
  it('from a trust root alone, and says what it holds', async () => {
    const { code, stdout, stderr } = await verify(second, '--root', `sha256:${root}`);
    expect([code, stderr]).toEqual([0, '']);
    const rows = Object.fromEntries(
      stdout.split('\n').map((line) => [line.slice(2, 13).trim(), line.slice(14)]),
    );
    expect(stdout).toContain(`${second}: every signature and every byte is right\n`);
    expect(rows).toMatchObject({
      region: 'us-east',
      repository: ws.repositoryId,
      root: expect.stringMatching(/^1: /),
      snapshot: expect.stringMatching(/^2 \([0-9a-f]{64}\)$/),
      source: gitIn(ws.origin, 'rev-parse', 'main'),
      secrets: '2 in 2 namespaces',
      heartbeat: expect.stringMatching(/^20\S+Z \(\d+[sm] ago\)$/),
      controller: expect.stringContaining('not said what it has'),
    });
    expect(rows['root']?.slice(3).replaceAll('-', '')).toBe(root);
    expect(stdout).not.toContain('made-up');
  });

  it('also for a script', async () => {
    const { stdout } = await verify(
      ...[second, '--root', root, '--after-sequence', '1', '--output', 'json'],
    );
    expect(JSON.parse(stdout)).toMatchObject({
      region: 'us-east',
      pinned: root,
      root: { number: 1, sha256: root },
      snapshot: { sequence: 2 },
      secrets: 2,
      refused: [],
      controller: { sequence: 1, judgement: 'newer' },
    });
  });

  it('in a clone from the root that the clone has accepted, and nowhere from one that the bundle names', async () => {
    expect((await ws.cli(['bundle', 'verify', second])).code).toBe(0);
    const { code, stderr } = await verify(second);
    expect([code, stderr]).toEqual([3, expect.stringContaining('nothing says which trust root')]);
    const wrong = await verify(second, '--root', 'ab'.repeat(32));
    expect([wrong.code, wrong.stderr]).toEqual([
      3,
      expect.stringContaining('does not carry the pinned root'),
    ]);
  });

  it('against the controller that it is for: newer, the same, or refused', async () => {
    mkdirSync(at('edge/store'), { recursive: true });
    writeFileSync(at('edge/key'), readFileSync(ws.keyFile('us-east')), { mode: 0o600 });
    const config = at('edge/region-sync.yaml');
    const write = (bundle: string, more = ''): void => {
      writeFileSync(
        config,
        `apiVersion: edgeseal.dev/v1alpha1\nkind: RegionSync\nspec:\n  repository: ${ws.repositoryId}\n  region: us-east\n  root: ${root}\n${more}  mirrors: [{name: stick, url: ${bundle}}]\n  keys: {files: [key]}\n  store: store\n  target: {directory: {path: out}}\n`,
      );
    };
    const controller = (): Promise<CliResult> =>
      runCli(['controller', '--config', config, '--once'], { cwd: edge, env: {}, stdin: '' });
    write(first);
    const before = await verify(second, '--config', config);
    expect([before.code, before.stdout]).toEqual([
      0,
      expect.stringMatching(/controller +not said|has accepted nothing yet/),
    ]);
    expect((await controller()).code).toBe(0);
    const newer = await verify(second, '--config', config);
    expect(newer.stdout).toContain('controller  has snapshot 1: this one is newer');
    write(second);
    expect((await controller()).code).toBe(0);
    expect(readFileSync(at('edge/out/production/db/password'), 'utf8')).toBe('made-up 3');
    const same = await verify(second, '--config', 'region-sync.yaml');
    expect(same.stdout).toContain('has exactly this snapshot already');
    const older = await verify(first, '--status', at('edge/store/status.json'), '--root', root);
    expect([older.code, older.stdout]).toEqual([3, '']);
    expect(older.stderr).toContain(
      `${first}: the bundle holds snapshot 1 of root 1, and the controller has 2 of root 1 (${at('edge/store/status.json')}): it would be refused`,
    );
    expect(older.stderr).toContain('edgeseal bundle us-east');
    const bare = await verify(second, '--root', root, '--after-sequence', '2');
    expect([bare.code, bare.stderr]).toEqual([3, expect.stringContaining('(--after-sequence)')]);
    write(second, '  floor: {root: 1, sequence: 7}\n');
    const below = await verify(second, '--config', config);
    expect([below.code, below.stderr]).toEqual([
      3,
      expect.stringContaining('the controller takes nothing below 7 of root 1'),
    ]);
    const status = JSON.parse(readFileSync(at('edge/store/status.json'), 'utf8')) as {
      snapshot: { sha256: string };
    };
    status.snapshot.sha256 = 'cd'.repeat(32);
    writeFileSync(at('edge/forked.json'), JSON.stringify(status));
    const forked = await verify(second, '--root', root, '--status', 'forked.json');
    expect([forked.code, forked.stderr]).toEqual([
      3,
      expect.stringContaining('another snapshot of that number'),
    ]);
  });

  it('and refused with the reason where it is not whole, or not what it is taken for', async () => {
    const bytes = readFileSync(second);
    const damaged = (name: string, content: Uint8Array): string => {
      writeFileSync(at(name), content);
      return at(name);
    };
    const cases: [string, number, RegExp][] = [
      [
        damaged('cut.bundle', bytes.subarray(0, bytes.length - 30)),
        5,
        /breaks off|cut|ends|trailer/,
      ],
      [damaged('half.bundle', bytes.subarray(0, 20)), 5, /not a git bundle/],
      [damaged('empty.bundle', new Uint8Array()), 5, /not a git bundle/],
      [at('none.bundle'), 5, /not there/],
    ];
    for (const [file, code, message] of cases) {
      const result = await verify(file, '--root', root);
      expect([result.code, result.stdout], result.stderr).toEqual([code, '']);
      expect(result.stderr).toMatch(message);
    }
    const region = await verify(second, '--root', root, '--region', 'us-west');
    expect([region.code, region.stderr]).toEqual([
      5,
      expect.stringContaining('it holds us-east, and not us-west'),
    ]);
    // One whose branch was renamed for another region.
    const fake = at('fake.git');
    execFileSync('git', ['clone', '-q', '--bare', second, fake]);
    execFileSync('git', ['-C', fake, 'update-ref', 'refs/heads/edgeseal/us-west', 'HEAD']);
    const renamed = at('renamed.bundle');
    const make = ['bundle', 'create', '-q', renamed, 'refs/heads/edgeseal/us-west'];
    execFileSync('git', ['-C', fake, ...make]);
    const mixed = await verify(renamed, '--root', root);
    expect([mixed.code, mixed.stderr]).toEqual([
      3,
      expect.stringContaining('the snapshot is the one of region us-east, not of us-west'),
    ]);
  });

  it('and refused where one byte of a secret was changed on the way', async () => {
    const work = at('tamper');
    execFileSync('git', ['clone', '-q', second, work], { env: ws.env });
    const path = join(work, 'secrets/production/db.yaml');
    writeFileSync(path, `${readFileSync(path, 'utf8')}# one byte more\n`);
    execFileSync('git', ['commit', '-q', '-a', '-m', 'Tamper'], { cwd: work, env: ws.env });
    const file = at('tampered.bundle');
    execFileSync('git', ['bundle', 'create', '-q', file, 'edgeseal/us-east'], { cwd: work });
    const { code, stderr } = await verify(file, '--root', root);
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('secrets/production/db.yaml is not what the snapshot lists'),
    ]);
  });

  it('names one by one the secrets that a controller would refuse', async () => {
    const channel = await TestChannel.make();
    await channel.seal('production/db', { password: 'made-up' });
    channel.put(channel.unsigned(await channel.seal('production/other', { password: 'made-up' })));
    channel.publish();
    const file = at('unsigned.bundle');
    channel.bundle(file);
    channel.delete();
    const { code, stdout, stderr } = await verify(file, '--root', channel.root.sha256);
    expect([code, stdout]).toEqual([1, expect.stringContaining('secrets     2 in 1 namespace')]);
    expect(stderr).toMatch(/^warning: production\/other would be refused: /);
  });

  it('names a heartbeat that is ahead of the clock, which a controller would not count', async () => {
    const channel = await TestChannel.make();
    channel.makeRoot((spec) => {
      spec.heartbeat = { key: channel.heartbeat.line };
    });
    channel.publish({ heartbeat: new Date(Date.now() + 50 * 3600_000) });
    const file = at('ahead.bundle');
    channel.bundle(file);
    channel.delete();
    const { code, stdout } = await verify(file, '--root', channel.root.sha256);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/heartbeat {3}20\S+Z \(2d ahead of the clock here: a controller with/),
    ]);
  });
});
