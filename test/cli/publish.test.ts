import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../cli/publish/report.ts';
import { branchAt, clusterView, cloneOf, gitIn } from '../support/channel.ts';
import { put, sealInto, sealedIn, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

const db = 'production/database-credentials';
const shared = 'staging/everywhere';
const file = (name: string): string => `secrets/${name}.yaml`;

async function publish(
  ws: Workspace,
  args: string[] = [],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ code: number; report: Report; stderr: string }> {
  const { code, stdout, stderr } = await ws.cli(['publish', '--output', 'json', ...args], options);
  return { code, stderr, report: JSON.parse(stdout === '' ? '{}' : stdout) as Report };
}

const regionOf = (report: Report, region: string): Report['regions'][number] | undefined =>
  report.regions.find((entry) => entry.region === region);

describe('publishing what is merged', () => {
  let ws: Workspace;
  beforeAll(async () => {
    ws = await makeWorkspace();
    // All values here are made up.
    await sealInto(ws, db, { password: 'made-up 1' }, { regions: ['us-east', 'us-west'] });
    await sealInto(ws, shared, { token: 'made-up shared' });
    ws.commit('Seal two secrets');
  });
  afterAll(() => {
    ws.remove();
  });

  it('says in a dry run what it would do, and does nothing', async () => {
    const { code, report } = await publish(ws, ['--dry-run']);
    expect(code).toBe(0);
    expect(report).toMatchObject({ main: ws.git('rev-parse', 'main'), dryRun: true, held: [] });
    expect(regionOf(report, 'us-east')).toEqual({
      region: 'us-east',
      remote: 'origin',
      sequence: 1,
      commit: null,
      changed: true,
      added: [db, shared],
      updated: [],
      removed: [],
      heartbeat: false,
    });
    expect(branchAt(ws.origin, 'edgeseal/us-east')).toBeUndefined();
    const text = await ws.cli(['publish', '--dry-run']);
    expect(text.stdout).toContain('us-east     would publish snapshot 1: 2 added\n');
    expect(text.stdout).toContain(`+ ${db}\n`);
    expect(ws.git('for-each-ref', 'refs/edgeseal/published', 'refs/edgeseal/new')).toBe('');
  });

  it('signs one channel a region, which its clusters open, and none for the recovery recipient', async () => {
    const { code, report } = await publish(ws);
    expect(code).toBe(0);
    expect(report.regions.map(({ region, sequence }) => [region, sequence])).toEqual([
      ['eu-central', 1],
      ['us-east', 1],
      ['us-west', 1],
    ]);
    const east = await clusterView(ws, 'us-east');
    expect(east.snapshot).toMatchObject({ sequence: 1, previous: null, source: report.main });
    expect(east.values).toEqual({
      [db]: { password: 'made-up 1' },
      [shared]: { token: 'made-up shared' },
    });
    const eu = await clusterView(ws, 'eu-central');
    expect(eu.versions).toEqual({ [shared]: 1 });
    expect(eu.heartbeat?.snapshot).toBe(eu.sha256);
    expect(branchAt(ws.origin, 'edgeseal/recovery')).toBeUndefined();
    expect(regionOf(report, 'us-east')?.commit).toBe(branchAt(ws.origin, 'edgeseal/us-east'));
    const files = gitIn(ws.origin, 'ls-tree', '-r', '--name-only', 'edgeseal/eu-central');
    expect(files.split('\n')).toEqual([
      '.edgeseal/alive',
      '.edgeseal/alive.sig',
      '.edgeseal/index/staging',
      '.edgeseal/snapshot',
      '.edgeseal/snapshot.sig',
      '.edgeseal/trust/1',
      '.edgeseal/trust/1.sig',
      file(shared),
    ]);
    const names = gitIn(ws.origin, 'log', '--format=%B', 'edgeseal/eu-central');
    expect(names).not.toContain('database-credentials');
  });

  it('publishes nothing twice: a second run renews the heartbeat alone, where its key is at hand', async () => {
    const before = await clusterView(ws, 'us-east');
    const { report } = await publish(ws, ['us-east']);
    expect(report.regions).toHaveLength(1);
    expect(report.regions[0]).toMatchObject({ changed: false, sequence: 1, heartbeat: true });
    expect((await clusterView(ws, 'us-east')).sha256).toBe(before.sha256);
    const text = await ws.cli(['publish', 'us-east']);
    expect(text.stdout).toContain('us-east  unchanged at snapshot 1, heartbeat renewed\n');
    expect(text.stderr).toContain('nothing to publish');
  });

  it('publishes a change only where it differs, and never the working tree', async () => {
    const west = await clusterView(ws, 'us-west');
    await setInto(ws, db, { password: 'made-up 2' }, { regions: ['us-east'] });
    expect((await publish(ws)).report.regions.every(({ changed }) => !changed)).toBe(true);
    ws.git('commit', '-q', '-a', '--no-verify', '-m', 'Set a value');
    const local = await publish(ws);
    expect(local.report.warnings).toMatchObject(
      [
        { level: 'warning', code: 'policy-mismatch' },
        { code: 'git-unpushed', hint: 'git push origin main && edgeseal publish' },
      ].reverse(),
    );
    expect(local.report.regions.every(({ changed }) => !changed)).toBe(true);
    ws.git('push', '-q', 'origin', 'main');
    const { code, report } = await publish(ws);
    expect(code).toBe(0);
    expect(regionOf(report, 'us-east')).toMatchObject({ sequence: 2, updated: [db], added: [] });
    // The statement of the whole file changed, so us-west gets the new version too; eu-central never had it.
    expect(regionOf(report, 'us-west')).toMatchObject({ sequence: 2, updated: [db] });
    expect(regionOf(report, 'eu-central')).toMatchObject({ sequence: 1, changed: false });
    const now = await clusterView(ws, 'us-west');
    expect(now.snapshot.previous).toBe(west.sha256);
    expect(now.values[db]).toEqual({ password: 'made-up 1' });
    expect((await clusterView(ws, 'us-east')).values[db]).toEqual({ password: 'made-up 2' });
  });

  it('takes a deleted secret out, drops the namespace, and does not bring it back', async () => {
    const old = ws.read(file(db));
    rmSync(join(ws.repo, file(db)));
    ws.commit('Delete it');
    const { report } = await publish(ws);
    expect(regionOf(report, 'us-east')).toMatchObject({ sequence: 3, removed: [db] });
    const view = await clusterView(ws, 'us-east');
    expect(view.versions).toEqual({ [shared]: 1 });
    expect(view.snapshot.indexes.map(({ namespace }) => namespace)).toEqual(['staging']);
    const tree = gitIn(ws.origin, 'ls-tree', '-r', '--name-only', 'edgeseal/us-east');
    expect(tree).not.toContain('production');

    ws.write(file(db), old);
    ws.commit('Restore the deleted file');
    const restored = await publish(ws);
    expect(restored.code).toBe(1);
    expect(restored.report.held).toMatchObject([
      {
        file: file(db),
        regions: [
          { region: 'us-east', version: null },
          { region: 'us-west', version: null },
        ],
        errors: [{ code: 'trust-floor' }],
      },
    ]);
    expect((await clusterView(ws, 'us-east')).versions).toEqual({ [shared]: 1 });
    // It is named again next time, though nothing changed.
    expect((await publish(ws)).code).toBe(1);
    const secret = sealedIn(ws, db);
    const higher = { ...secret, spec: { ...secret.spec, version: 3, signatures: [] } };
    await put(ws, higher);
    ws.commit('Make a new version');
    expect((await publish(ws)).code).toBe(0);
    expect((await clusterView(ws, 'us-east')).versions[db]).toBe(3);
  });

  it('drops a secret from the channel of a region that was taken out of it', async () => {
    const secret = sealedIn(ws, db);
    const envelopes = secret.spec.envelopes.map((envelope) => {
      if ('digest' in envelope) return envelope;
      const recipients = envelope.recipients.filter(({ region }) => region !== 'us-west');
      return { ...envelope, recipients, exposed: ['us-west'] };
    });
    await put(ws, { ...secret, spec: { ...secret.spec, version: 4, envelopes, signatures: [] } });
    ws.commit('Take us-west out');
    const { report } = await publish(ws);
    expect(regionOf(report, 'us-west')).toMatchObject({ removed: [db], updated: [] });
    expect(regionOf(report, 'us-east')).toMatchObject({ removed: [], updated: [db] });
  });

  it('renders the same snapshot in any clone', async () => {
    await setInto(ws, shared, { token: 'made-up 2' });
    ws.commit('Set a value');
    const before = branchAt(ws.origin, 'edgeseal/us-east') ?? '';
    const other = await cloneOf(ws, 'other-clone');
    const here = await publish(ws, ['us-east']);
    const first = await clusterView(ws, 'us-east');
    gitIn(ws.origin, 'update-ref', 'refs/heads/edgeseal/us-east', before);
    const there = await publish(ws, ['us-east'], { cwd: other });
    const second = await clusterView(ws, 'us-east');
    expect([here.code, there.code]).toEqual([0, 0]);
    expect(second.snapshot.sequence).toBe(first.snapshot.sequence);
    expect(second.sha256).toBe(first.sha256);
  });
});
