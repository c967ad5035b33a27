import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../cli/publish/report.ts';
import { formatRegionPublicKey, generateRegionKey } from '../../core/crypto/region-key.ts';
import { branchAt, clusterView, gitIn, nextRoot, otherKey } from '../support/channel.ts';
import { sealInto, sealedIn, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';

const policy = `apiVersion: v1
kind: ConfigMap
metadata:
  name: secret-distribution
data:
  distribution-policy.yaml: |
    regions:
      us-east:
        secrets: [database-credentials]
      us-west:
        secrets: [database-credentials]
`;
const db = 'production/database-credentials';
const shared = 'staging/everywhere';
const dbFile = `secrets/${db}.yaml`;
const sharedFile = `secrets/${shared}.yaml`;
const policyFile = 'policy/distribution-policy.yaml';

const ws = await makeWorkspace({ policy });

async function publish(...args: string[]): Promise<{ code: number; report: Report }> {
  const { code, stdout } = await ws.cli(['publish', '--output', 'json', ...args]);
  return { code, report: JSON.parse(stdout) as Report };
}
const codes = (report: Report): unknown[] =>
  report.held.map(({ file, errors }) => [file, ...errors.map(({ code }) => code)]);

/** A region's recipient in the text of a sealed file. */
const sealedFor = (region: string): RegExp =>
  new RegExp(` {4}- region: ${region}\\n {6}key: .*\\n {6}wrapped: .*\\n`);

/** Commits a changed file, publishes, and puts the file back as it was. */
async function published(
  file: string,
  change: (text: string) => string,
): Promise<{ code: number; report: Report }> {
  const before = ws.read(file);
  ws.write(file, change(before));
  ws.commit(`Change ${file}`);
  try {
    return await publish();
  } finally {
    ws.write(file, before);
    ws.commit(`Restore ${file}`);
  }
}

beforeAll(async () => {
  // All values here are made up.
  await sealInto(ws, db, { password: 'made-up 1' }, { regions: ['us-east', 'us-west'] });
  await sealInto(ws, shared, { token: 'made-up' });
  ws.commit('Seal two secrets');
  expect((await publish()).code).toBe(0);
});
afterAll(() => {
  ws.remove();
});

describe('a secret that fails a check', () => {
  beforeEach(async () => {
    // Whatever a test did: main is in order again, and published.
    expect((await publish()).code).toBe(0);
  });

  it('keeps its last published bytes while the others go on: unsigned', async () => {
    const before = ws.read(dbFile);
    await setInto(ws, db, { password: 'made-up 2' }, { regions: ['us-east'], sign: false });
    await setInto(ws, shared, { token: 'made-up 2' });
    ws.commit('Set two values, one unsigned');
    const { code, report } = await publish();
    expect(code).toBe(1);
    expect(report.held).toEqual([
      {
        file: dbFile,
        regions: [
          { region: 'us-east', version: 1 },
          { region: 'us-west', version: 1 },
        ],
        errors: [
          expect.objectContaining({
            code: 'trust-author',
            message: 'it is not signed',
            hint: `a listed author looks at it and runs: edgeseal sign ${db}`,
          }),
        ],
      },
    ]);
    const east = await clusterView(ws, 'us-east');
    expect(east.values).toEqual({
      [db]: { password: 'made-up 1' },
      [shared]: { token: 'made-up 2' },
    });

    // Still named when nothing changed, in a dry run too, and as people read it.
    expect((await publish('--dry-run')).code).toBe(1);
    const text = await ws.cli(['publish']);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain(`held: ${dbFile} stays at version 1 in us-east, us-west\n`);
    expect(text.stdout).toContain(`edgeseal sign ${db}\n`);

    ws.write(dbFile, before);
    ws.commit('Take it back');
  });

  it('stays out where it was never published', async () => {
    await sealInto(ws, 'staging/new', { token: 'made-up' }, { sign: false });
    ws.commit('Seal another, unsigned');
    const { code, report } = await publish('us-east');
    expect(code).toBe(1);
    expect(report.held).toMatchObject([{ regions: [{ region: 'us-east', version: null }] }]);
    expect((await clusterView(ws, 'us-east')).versions).not.toHaveProperty('staging/new');
    rmSync(join(ws.repo, 'secrets/staging/new.yaml'));
    ws.commit('Take it back');
  });

  it('is one for regions that the policy does not allow', async () => {
    const narrow = await published(policyFile, (text) =>
      text.replace(
        'us-west:\n        secrets: [database-credentials]',
        'us-west:\n        secrets: []',
      ),
    );
    expect(narrow.code).toBe(1);
    expect(codes(narrow.report)).toEqual([[dbFile, 'policy-mismatch']]);
    expect((await clusterView(ws, 'us-west')).versions[db]).toBe(1);
  });

  it('is one that cannot be read, or lies where none may', async () => {
    const broken = await published(sharedFile, (text) => text.replace('suite: 1', 'suite: 2'));
    expect(broken.code).toBe(1);
    expect(codes(broken.report)).toEqual([[sharedFile, 'format-schema']]);
    expect((await clusterView(ws, 'us-east')).versions[shared]).toBe(2);
    await setInto(ws, shared, { token: 'made-up 2c' });
    ws.write('secrets/staging/copy.yaml', ws.read(sharedFile));
    ws.commit('Set a value, and copy the file');
    const copied = await publish();
    expect(codes(copied.report)).toEqual([['secrets/staging/copy.yaml', 'format-schema']]);
    // No region's commit may carry that name, and yet it is named again.
    expect(codes((await publish()).report)).toEqual(codes(copied.report));
    const log = gitIn(ws.origin, 'log', '-1', '--format=%B', 'edgeseal/us-east');
    expect(log).not.toContain('copy');
    rmSync(join(ws.repo, 'secrets/staging/copy.yaml'));
    ws.commit('Take it back');
  });

  it('is one that somebody wrapped for a key of their own, which no signature covers', async () => {
    const stranger = (await generateRegionKey()).key;
    const { code, report } = await published(sharedFile, (text) =>
      text.replace(sealedFor('us-east'), (lines) => {
        const theirs = lines.replace(/key: .*/, `key: "${stranger.id}"`);
        return stranger.id < ws.keys['us-east']!.id ? theirs + lines : lines + theirs;
      }),
    );
    expect(code).toBe(1);
    expect(report.held.map(({ errors }) => errors[0])).toMatchObject([{ code: 'trust-key' }]);
    expect((await clusterView(ws, 'us-east')).versions).toHaveProperty([shared]);
  });

  it("keeps nobody else: a stranger's key in regions/ is named, their region gets no channel", async () => {
    const before = ws.read('regions/us-east.yaml');
    const key = formatRegionPublicKey((await generateRegionKey()).key);
    const { code, report } = await published(
      'regions/us-east.yaml',
      (text) => `${text}  - name: stranger\n    publicKey: ${key}\n`,
    );
    expect(code).toBe(1);
    expect(report.held).toEqual([]);
    expect(report.warnings).toMatchObject([
      { level: 'error', code: 'trust-key', file: 'regions/us-east.yaml' },
    ]);

    // A region that is the stranger's alone gets no channel.
    ws.write(
      'regions/moon.yaml',
      before.replace('name: us-east', 'name: moon').replace(/publicKey: .*/, `publicKey: ${key}`),
    );
    ws.commit('Add a region that no root lists');
    const moon = await ws.cli(['publish', 'moon']);
    expect(moon.code).toBe(3);
    expect(moon.stdout).toContain('moon  failed  regions/moon.yaml: trust root 1 does not list');
    expect(branchAt(ws.origin, 'edgeseal/moon')).toBeUndefined();
    rmSync(join(ws.repo, 'regions/moon.yaml'));
    ws.commit('Take it back');
  });

  it('is an older version that came back by a revert', async () => {
    const version = sealedIn(ws, shared).spec.version;
    await setInto(ws, shared, { token: 'made-up 3' });
    ws.commit('Set a value');
    expect((await publish()).code).toBe(0);
    const newest = ws.git('rev-parse', 'HEAD');
    ws.git('revert', '--no-edit', 'HEAD');
    ws.git('push', '-q', 'origin', 'main');
    const { code, report } = await publish();
    expect(code).toBe(1);
    expect(codes(report)).toEqual([[sharedFile, 'trust-floor']]);
    expect((await clusterView(ws, 'us-east')).versions[shared]).toBe(version + 1);
    ws.git('checkout', '-q', newest, '--', sharedFile);
    ws.commit('Bring the new version back');
  });

  it('is an older version that came back before the newer one was ever published', async () => {
    const version = sealedIn(ws, shared).spec.version;
    await setInto(ws, shared, { token: 'made-up 3a' });
    const older = ws.read(sharedFile);
    ws.commit('Set a value');
    await setInto(ws, shared, { token: 'made-up 3b' });
    const newer = ws.read(sharedFile);
    ws.commit('Set another');
    ws.write(sharedFile, older);
    ws.commit('Go back');
    const { report } = await publish();
    expect(codes(report)).toEqual([[sharedFile, 'trust-floor']]);
    expect(report.held[0]?.regions[0]).toEqual({ region: 'eu-central', version });
    ws.write(sharedFile, newer);
    ws.commit('Go on');
  });

  it('is another secret of the same version', async () => {
    const before = ws.read(sharedFile);
    await setInto(ws, shared, { token: 'made-up 4' });
    ws.commit('Set a value');
    expect((await publish()).code).toBe(0);
    const good = ws.read(sharedFile);
    ws.write(sharedFile, before);
    await setInto(ws, shared, { token: 'made-up 5' });
    ws.commit('Set another value in the same version');
    const { code, report } = await publish();
    expect(code).toBe(1);
    expect(report.held).toMatchObject([{ file: sharedFile, errors: [{ code: 'trust-floor' }] }]);
    expect((await clusterView(ws, 'us-east')).values[shared]).toEqual({ token: 'made-up 4' });
    ws.write(sharedFile, good);
    ws.commit('Take it back');
  });
});

describe('a region with a second key', () => {
  it('gets secrets that are not wrapped for it yet, and they are named each time', async () => {
    const { key } = await generateRegionKey();
    const text = ws.read('regions/us-east.yaml');
    ws.write(
      'regions/us-east.yaml',
      `${text}  - name: second\n    publicKey: ${formatRegionPublicKey(key)}\n`,
    );
    await nextRoot(ws, 2, ({ regions }) => ({
      regions: regions.map((region) =>
        region.name === 'us-east'
          ? { ...region, keys: [...region.keys, { sha256: key.sha256, state: 'active' as const }] }
          : region,
      ),
    }));
    ws.commit('Add a key');
    for (const sequence of [1, 0]) {
      const { code, report } = await publish();
      expect(code).toBe(0);
      expect(report.held).toEqual([]);
      expect(report.warnings).toMatchObject([
        {
          level: 'warning',
          code: 'seal-no-key',
          hint: 'edgeseal reseal --all --with-recovery RECOVERY-KEY-FILE',
        },
      ]);
      expect(report.regions.every(({ changed }) => changed === (sequence === 1))).toBe(true);
    }
  });
});

describe('somebody who is not a publisher', () => {
  it('is told who is, and nothing is published', async () => {
    const { path } = await otherKey(ws, 'stranger');
    await setInto(ws, shared, { token: 'made-up 6' });
    ws.commit('Set a value');
    const before = branchAt(ws.origin, 'edgeseal/us-east');
    const named = await ws.cli(['publish', '--signing-key', path]);
    expect(named.code).toBe(3);
    expect(named.stderr).toMatch(
      /is not a publisher's in trust root 2; publishers are author@example\.com \(SHA256:/,
    );
    expect(named.stderr).toContain('hint: leave it to one of them, or to CI;');
    const home = join(ws.folder, 'empty-home');
    const without = await ws.cli(['publish'], {
      env: {
        HOME: home,
        GIT_AUTHOR_NAME: 'x',
        GIT_AUTHOR_EMAIL: 'x',
        GIT_COMMITTER_NAME: 'x',
        GIT_COMMITTER_EMAIL: 'x',
      },
    });
    expect(without.code).toBe(3);
    expect(without.stderr).toContain('nothing was published: there is no ssh key to sign with');
    expect(without.stderr).toContain('ssh-keygen -t ed25519');
    const missing = await ws.cli(['publish', '--signing-key', 'no-such-file']);
    expect(missing.stderr).toContain('cannot sign with --signing-key');
    expect(branchAt(ws.origin, 'edgeseal/us-east')).toBe(before);
    expect((await publish('--dry-run', '--signing-key', path)).code).toBe(0);
  });
});
