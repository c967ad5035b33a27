import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../cli/publish/report.ts';
import { formatRepository, parseRepository } from '../../core/format/repository.ts';
import { branchAt, clusterView, cloneOf, gitIn, nextRoot, otherKey } from '../support/channel.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

const shared = 'staging/everywhere';
const east = 'edgeseal/us-east';

let ws: Workspace;
beforeEach(async () => {
  ws = await makeWorkspace();
  // All values here are made up.
  await sealInto(ws, shared, { token: 'made-up 1' });
  ws.commit('Seal a secret');
});
afterEach(() => {
  ws.remove();
});

async function publish(
  args: string[] = [],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ code: number; report: Report; stderr: string }> {
  const { code, stdout, stderr } = await ws.cli(['publish', '--output', 'json', ...args], options);
  return { code, stderr, report: JSON.parse(stdout === '' ? '{"regions":[]}' : stdout) as Report };
}

/** Sets a value, merges and publishes it. */
async function another(token: string): Promise<void> {
  await setInto(ws, shared, { token });
  ws.commit(`Set a value`);
  expect((await publish()).code).toBe(0);
}

function errorOf(report: Report, region = 'us-east'): unknown {
  return report.regions.find((entry) => entry.region === region)?.error;
}

describe('main', () => {
  it('that was rewritten is refused, by region and exit code, and followed again once it is mended', async () => {
    await another('made-up 2');
    const good = ws.git('rev-parse', 'HEAD');
    const before = branchAt(ws.origin, east);
    ws.git('reset', '-q', '--hard', 'HEAD~1');
    ws.git('commit', '-q', '--allow-empty', '--no-verify', '-m', 'Something else');
    ws.git('push', '-q', '--force', 'origin', 'main');
    for (const args of [[], ['--dry-run']]) {
      const { code, report } = await publish(args);
      expect(code).toBe(3);
      expect(errorOf(report)).toMatchObject({ code: 'trust-rollback' });
      expect(branchAt(ws.origin, east)).toBe(before);
    }
    ws.git('merge', '-q', '-m', 'Bring it back', good);
    ws.git('push', '-q', 'origin', 'main');
    expect((await publish()).code).toBe(0);
    expect((await clusterView(ws, 'us-east')).values[shared]).toEqual({ token: 'made-up 2' });
  });

  it('that was reset to an older commit is refused in a clone that never had the newer one', async () => {
    const old = ws.git('rev-parse', 'HEAD');
    await another('made-up 2');
    gitIn(ws.origin, 'update-ref', 'refs/heads/main', old);
    const fresh = await cloneOf(ws, 'fresh');
    const { code, report } = await publish([], { cwd: fresh });
    expect(code).toBe(3);
    expect(errorOf(report)).toMatchObject({ code: 'trust-rollback' });
  });

  it('is read whole from a shallow clone', async () => {
    await another('made-up 2');
    const shallow = join(ws.folder, 'shallow');
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${ws.origin}`, shallow], {
      env: ws.env,
    });
    const root = (await ws.cli(['trust', 'show', '--output', 'json'])).stdout;
    const { sha256 } = JSON.parse(root) as { sha256: string };
    const { code } = await publish([], { cwd: shallow, env: { EDGESEAL_ROOT: sha256 } });
    expect(code).toBe(0);
    expect(gitIn(shallow, 'rev-parse', '--is-shallow-repository')).toBe('false');
  });
});

describe('a new trust root', () => {
  it('makes a new snapshot that names it, and is carried with all before', async () => {
    const ci = await otherKey(ws, 'ci');
    expect((await publish()).code).toBe(0);
    const one = await clusterView(ws, 'us-east');
    await nextRoot(ws, 2, ({ publishers }) => ({
      publishers: { ...publishers, keys: [...publishers.keys, ci.line] },
      heartbeat: { key: ci.line },
    }));
    ws.commit('Let CI publish');
    const { code, report } = await publish();
    expect(code).toBe(0);
    expect(report.regions.every((entry) => entry.changed && !entry.heartbeat)).toBe(true);
    const two = await clusterView(ws, 'us-east');
    expect(two.snapshot).toMatchObject({ sequence: 2, previous: one.sha256, root: { number: 2 } });
    const carried = gitIn(ws.origin, 'ls-tree', '--name-only', `${east}:.edgeseal/trust`);
    expect(carried.split('\n')).toEqual(['1', '1.sig', '2', '2.sig']);
    const text = await ws.cli(['publish', 'us-east']);
    expect(text.stdout).toMatch(
      /^us-east {2}unchanged at snapshot 2\nwarning: the heartbeat of us-east/,
    );
    expect(text.stderr).toContain(
      `nothing to publish: main of origin (${report.main.slice(0, 10)}) is published already\n`,
    );
    expect(text.stdout).toContain('EDGESEAL_HEARTBEAT_KEY=KEY-FILE edgeseal publish');

    // Without the heartbeat's key nothing at all was pushed; with it, by either way, alive is renewed.
    const quiet = branchAt(ws.origin, east);
    expect(quiet).toBe(report.regions[1]?.commit);
    const env = { EDGESEAL_HEARTBEAT_KEY: ci.path };
    expect((await publish(['us-east'], { env })).report.regions[0]?.heartbeat).toBe(true);
    const alive = await clusterView(ws, 'us-east');
    expect(alive.heartbeat?.snapshot).toBe(two.sha256);
    expect(alive.sha256).toBe(two.sha256);
    expect((await publish(['--signing-key', ci.path])).report.regions[0]?.heartbeat).toBe(true);
    const wrong = await publish([], {
      env: { EDGESEAL_HEARTBEAT_KEY: join(ws.env['HOME'] ?? '', '.ssh/id_ed25519') },
    });
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain('EDGESEAL_HEARTBEAT_KEY names another key');
  });

  it('with a threshold of two publishers wants a key of each', async () => {
    const second = await otherKey(ws, 'second');
    await nextRoot(ws, 2, ({ publishers }) => ({
      publishers: { keys: [...publishers.keys, second.line], threshold: 2 },
    }));
    ws.commit('Want two publishers');
    // One key counts once, however often it is named; nothing reaches the channel.
    const own = join(ws.env['HOME'] ?? '', '.ssh/id_ed25519');
    for (const args of [[], ['--signing-key', own, '--signing-key', own]]) {
      const { code, report } = await publish(args);
      expect(code).toBe(0);
      expect(report.regions).toHaveLength(3);
      for (const region of report.regions)
        expect(region).toMatchObject({ changed: false, waiting: { missing: 1 } });
      expect(branchAt(ws.origin, east)).toBeUndefined();
    }
    const both = await publish(['--signing-key', own, '--signing-key', second.path]);
    expect(both.code).toBe(0);
    expect((await clusterView(ws, 'us-east')).snapshot.root.number).toBe(2);
  });

  it('that the channel names and main lacks is refused', async () => {
    const root1 = ws.git('rev-parse', 'HEAD');
    await nextRoot(ws, 2, () => ({}));
    ws.commit('Make a root');
    expect((await publish()).code).toBe(0);
    ws.git('checkout', '-q', root1, '--', 'trust');
    ws.git('rm', '-q', '-f', 'trust/2.yaml', 'trust/2.sig');
    ws.commit('Take the root out');
    const { code, report, stderr } = await publish();
    expect(code).toBe(3);
    expect(errorOf(report)).toMatchObject({ code: 'trust-root' });
    expect(stderr).toContain('root 2 was seen already');
  });
});

describe('a channel that is lost', () => {
  beforeEach(async () => {
    expect((await publish()).code).toBe(0);
    await another('made-up 2');
    execFileSync('git', ['clone', '-q', '--mirror', ws.origin, join(ws.folder, 'mirror.git')]);
  });

  it('is not started anew where this clone has seen it: the hint puts it back', async () => {
    const commit = branchAt(ws.origin, east);
    gitIn(ws.origin, 'update-ref', '-d', `refs/heads/${east}`);
    const { code, report } = await publish();
    expect(code).toBe(3);
    const error = errorOf(report) as { code: string; hint: string };
    expect(error.code).toBe('trust-rollback');
    expect(error.hint).toBe(`put it back: git push origin ${commit ?? ''}:refs/heads/${east}`);
    expect(report.regions.filter(({ error: e }) => e === undefined)).toHaveLength(2);
    ws.git(...error.hint.replace('put it back: git ', '').split(' '));
    expect((await publish()).code).toBe(0);
  });

  it('or was set back to an older state: likewise', async () => {
    gitIn(ws.origin, 'update-ref', `refs/heads/${east}`, `${east}~1`);
    gitIn(ws.origin, 'update-ref', `refs/heads/${east}`, `${east}~0`);
    const older = gitIn(ws.origin, 'rev-list', east, '--grep=snapshot 1').split('\n')[0] ?? '';
    gitIn(ws.origin, 'update-ref', `refs/heads/${east}`, older);
    const { code, report } = await publish();
    expect(code).toBe(3);
    expect(errorOf(report)).toMatchObject({ code: 'trust-rollback' });
    expect((errorOf(report) as { hint: string }).hint).toContain('git push --force origin');
  });

  it('is taken up again from a mirror, in a clone that knows nothing', async () => {
    gitIn(ws.origin, 'update-ref', '-d', `refs/heads/${east}`);
    const fresh = await cloneOf(ws, 'fresh');
    const mirror = join(ws.folder, 'mirror.git');
    const before = await clusterView(ws, 'us-east', mirror);
    const dry = await publish(['us-east', '--resume-from', mirror, '--dry-run'], { cwd: fresh });
    expect(dry.code).toBe(0);
    expect(branchAt(ws.origin, east)).toBeUndefined();
    const { code, report } = await publish(['us-east', '--resume-from', mirror], { cwd: fresh });
    expect(code).toBe(0);
    expect(report.regions[0]).toMatchObject({ sequence: 2, changed: false });
    expect((await clusterView(ws, 'us-east')).sha256).toBe(before.sha256);
    await another('made-up 3');
    expect((await clusterView(ws, 'us-east')).snapshot).toMatchObject({
      sequence: 3,
      previous: before.sha256,
    });
  });

  it('is taken up from a bundle, also over one that was started anew by mistake', async () => {
    const bundle = join(ws.folder, 'us-east.bundle');
    expect((await ws.cli(['bundle', 'us-east', '-f', bundle])).code).toBe(0);
    const before = await clusterView(ws, 'us-east');
    gitIn(ws.origin, 'update-ref', '-d', `refs/heads/${east}`);
    const fresh = await cloneOf(ws, 'fresh');
    expect((await publish(['us-east'], { cwd: fresh })).report.regions[0]?.sequence).toBe(1);
    await setInto(ws, shared, { token: 'made-up 3' });
    ws.commit('Set a value');
    const args = ['us-east', '--resume-from', bundle];
    const { code, report } = await publish(args, { cwd: fresh });
    expect(code).toBe(0);
    expect(report.regions[0]).toMatchObject({ sequence: 3, changed: true });
    const now = await clusterView(ws, 'us-east');
    expect(now.snapshot.previous).toBe(before.sha256);
    expect(now.values[shared]).toEqual({ token: 'made-up 3' });
  });

  it('is never taken up below what is known, from what was changed, or from nowhere', async () => {
    const mirror = join(ws.folder, 'mirror.git');
    await another('made-up 3');
    const behind = await publish(['us-east', '--resume-from', mirror]);
    expect(errorOf(behind.report)).toMatchObject({ code: 'trust-rollback' });
    const fresh = await cloneOf(ws, 'fresh');
    const lower = await publish(['us-east', '--resume-from', mirror], { cwd: fresh });
    expect(errorOf(lower.report)).toMatchObject({ code: 'trust-rollback' });

    gitIn(ws.origin, 'update-ref', '-d', `refs/heads/${east}`);
    const tampered = join(ws.folder, 'tampered');
    execFileSync('git', ['clone', '-q', '-b', east, mirror, tampered], { env: ws.env });
    execFileSync('git', ['-C', tampered, 'rm', '-q', `secrets/${shared}.yaml`]);
    execFileSync('git', ['-C', tampered, 'commit', '-q', '-m', 'Withhold'], { env: ws.env });
    const withheld = await publish(['us-east', '--resume-from', tampered], { cwd: fresh });
    expect(withheld.code).toBe(3);
    expect(errorOf(withheld.report)).toMatchObject({ code: 'trust-snapshot' });
    const nowhere = await publish(['us-east', '--resume-from', '/nowhere.git'], { cwd: fresh });
    expect(nowhere.code).toBe(5);
    expect((await publish(['us-east', '--resume-from', '--upload-pack=x'])).code).toBe(2);
    expect(branchAt(ws.origin, east)).toBeUndefined();
  });

  it('is refused where it was changed by somebody who is no publisher', async () => {
    const tampered = join(ws.folder, 'tampered');
    execFileSync('git', ['clone', '-q', '-b', east, ws.origin, tampered], { env: ws.env });
    execFileSync('sh', ['-c', 'echo >> .edgeseal/snapshot'], { cwd: tampered });
    execFileSync('git', ['-C', tampered, 'commit', '-q', '-a', '-m', 'Tamper'], { env: ws.env });
    execFileSync('git', ['-C', tampered, 'push', '-q'], { env: ws.env });
    const { code, report } = await publish();
    expect(code).toBe(3);
    expect(errorOf(report)).toMatchObject({
      code: 'trust-signature',
      file: `${east}:.edgeseal/snapshot`,
    });
    expect(report.regions.filter(({ error }) => error === undefined)).toHaveLength(2);
    const mirror = join(ws.folder, 'mirror.git');
    expect((await publish(['us-east', '--resume-from', mirror])).code).toBe(0);
    expect((await clusterView(ws, 'us-east')).snapshot.sequence).toBe(2);
  });
});

describe('a region with a remote of its own', () => {
  it('is published there and nowhere else, and fails alone where that cannot be reached', async () => {
    const own = join(ws.folder, 'own.git');
    execFileSync('git', ['init', '-q', '--bare', own]);
    const repository = parseRepository(Buffer.from(ws.read('edgeseal.yaml')), 'edgeseal.yaml');
    const publishTo = { regions: [{ region: 'us-east', remote: 'edge' }] };
    const spec = { ...repository.spec, publish: publishTo };
    ws.write('edgeseal.yaml', formatRepository({ ...repository, spec }));
    ws.commit('Give us-east a remote of its own');
    const unknown = await publish();
    expect(unknown.code).toBe(5);
    expect(errorOf(unknown.report)).toMatchObject({ code: 'git-repository' });
    expect(branchAt(ws.origin, 'edgeseal/us-west')).toBeDefined();

    ws.git('remote', 'add', 'edge', own);
    const { code, report } = await publish();
    expect(code).toBe(0);
    expect(report.regions.map(({ region, remote }) => [region, remote])).toEqual([
      ['eu-central', 'origin'],
      ['us-east', 'edge'],
      ['us-west', 'origin'],
    ]);
    expect(branchAt(ws.origin, east)).toBeUndefined();
    expect(gitIn(own, 'for-each-ref', '--format=%(refname)')).toBe(`refs/heads/${east}`);
    expect((await clusterView(ws, 'us-east', own)).versions).toEqual({ [shared]: 1 });
    const bundle = await ws.cli(['bundle', 'us-east', '-f', join(ws.folder, 'x.bundle')]);
    expect(bundle.code).toBe(0);
  });
});
