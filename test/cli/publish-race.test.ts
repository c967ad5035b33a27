import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../cli/publish/report.ts';
import { branchAt, clusterView, cloneOf, gitIn, installHook } from '../support/channel.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';

const shared = 'staging/everywhere';
const bin = join(import.meta.dirname, '../../cli/bin.ts');

const ws = await makeWorkspace();
let other: string;
let n = 0;

async function publish(...args: string[]): Promise<{ code: number; report: Report }> {
  const { code, stdout } = await ws.cli(['publish', '--output', 'json', ...args]);
  return { code, report: JSON.parse(stdout) as Report };
}
const sequences = (report: Report): (number | null)[] => report.regions.map((r) => r.sequence);

/** A hook of this person's own clone. */
function ownHook(name: string, script: string): void {
  const hook = join(ws.repo, '.git/hooks', name);
  writeFileSync(hook, `#!/bin/sh\nunset GIT_DIR\n${script}\n`, { mode: 0o755 });
}

beforeAll(async () => {
  // All values here are made up.
  await sealInto(ws, shared, { token: 'made-up' });
  ws.commit('Seal a secret');
  expect((await publish()).code).toBe(0);
  other = await cloneOf(ws, 'other');
});
beforeEach(async () => {
  for (const hook of ['pre-push', 'reference-transaction'])
    rmSync(join(ws.repo, '.git/hooks', hook), { force: true });
  for (const hook of ['pre-receive', 'update'])
    rmSync(join(ws.origin, 'hooks', hook), { force: true });
  expect((await publish()).code).toBe(0);
  await setInto(ws, shared, { token: `made-up ${++n}` });
  ws.commit('Set a value');
});
afterAll(() => {
  ws.remove();
});

describe('a race', () => {
  it.each([
    ['while git pushes', 'pre-push', ''],
    // The commits are made, and git has not yet asked the remote: only the lease knows what was fetched.
    [
      'before git pushes',
      'reference-transaction',
      '[ "$1" = committed ] && grep -q refs/edgeseal/new/ || exit 0',
    ],
  ])('that another clone wins %s is rendered again on top', async (_when, hook, only) => {
    const before = await clusterView(ws, 'us-east');
    const once = join(ws.folder, `once-${hook}`);
    // Somebody else: the same person in the same second would make the very same commits, and there is no race.
    const theirs = `cd '${other}' && GIT_COMMITTER_NAME=Other '${process.execPath}' '${bin}' publish us-east`;
    ownHook(hook, `${only}\nif mkdir '${once}' 2>/dev/null; then ${theirs}; fi`);
    const { code, report } = await publish();
    expect(code).toBe(0);
    const sequence = before.snapshot.sequence + 1;
    expect(sequences(report)).toEqual([sequence, sequence, sequence]);
    // The other published the same snapshot; nothing was left to do but the heartbeat.
    expect(report.regions.map(({ changed }) => changed)).toEqual([true, false, true]);
    const after = await clusterView(ws, 'us-east');
    expect(after.snapshot).toMatchObject({ sequence, previous: before.sha256 });
    const log = gitIn(ws.origin, 'log', '-3', '--format=%s', 'edgeseal/us-east');
    expect(log.split('\n').slice(0, 2)).toEqual([
      'Renew the heartbeat of us-east',
      `Publish us-east, snapshot ${sequence}`,
    ]);
  });

  it('of two at once leaves one history, and nobody with an error', async () => {
    const before = await clusterView(ws, 'us-east');
    const codes = await Promise.all(
      [ws.repo, other].map(async (cwd) => {
        const child = spawn(process.execPath, [bin, 'publish'], { cwd, env: ws.env });
        const [code] = (await once(child, 'close')) as [number];
        return code;
      }),
    );
    expect(codes).toEqual([0, 0]);
    for (const region of ['eu-central', 'us-east', 'us-west']) {
      const { snapshot } = await clusterView(ws, region);
      expect(snapshot.sequence).toBe(before.snapshot.sequence + 1);
    }
  });

  it('that is lost again and again ends, and says so', async () => {
    const move = `git -C '${ws.origin}' -c user.name=x -c user.email=x commit-tree -p edgeseal/us-east -m x 'edgeseal/us-east^{tree}'`;
    ownHook('pre-push', `git -C '${ws.origin}' update-ref refs/heads/edgeseal/us-east $(${move})`);
    const { code, report } = await publish();
    expect(code).toBe(5);
    expect(report.regions.map(({ error }) => error?.['code'])).toEqual([
      undefined,
      'git-race',
      undefined,
    ]);
    expect(report.regions[0]).toMatchObject({ region: 'eu-central', changed: true });
  });
});

describe('a push', () => {
  it('that is refused for one region keeps that region as it was, and the others go on', async () => {
    const before = branchAt(ws.origin, 'edgeseal/us-west');
    installHook(
      ws.origin,
      'update',
      'case $1 in */us-west) echo "us-west is closed" >&2; exit 1;; esac',
    );
    const { code, report } = await publish();
    expect(code).toBe(5);
    expect(report.regions.map(({ changed }) => changed)).toEqual([true, true, false]);
    expect(report.regions[2]?.error).toMatchObject({ code: 'git-mirror' });
    expect(report.regions[2]?.error?.['message']).toContain('us-west is closed');
    expect(branchAt(ws.origin, 'edgeseal/us-west')).toBe(before);
    const text = await ws.cli(['publish']);
    expect(text.stdout).toMatch(/^us-west {5}failed {2}origin did not take edgeseal\/us-west: /m);
    expect(text.stderr).toContain('1 region failed');
  });

  it('goes through the hooks of the person who pushes', async () => {
    ownHook('pre-push', 'echo "no pushing on Fridays" >&2; exit 1');
    const { code, report } = await publish();
    expect(code).toBe(5);
    expect(report.regions[0]?.error?.['message']).toContain('no pushing on Fridays');
    expect(report.regions.every(({ changed }) => !changed)).toBe(true);
  });

  it('signs commits where the person signs theirs', async () => {
    ws.git('config', 'gpg.format', 'ssh');
    ws.git('config', 'user.signingkey', join(ws.env['HOME'] ?? '', '.ssh/id_ed25519'));
    ws.git('config', 'commit.gpgSign', 'true');
    expect((await publish()).code).toBe(0);
    const commit = gitIn(ws.origin, 'cat-file', 'commit', 'edgeseal/us-east');
    expect(commit).toContain('gpgsig -----BEGIN SSH SIGNATURE-----');
    await clusterView(ws, 'us-east');
    expect(ws.git('for-each-ref', 'refs/edgeseal/new')).toBe('');
    ws.git('config', 'commit.gpgSign', 'false');
  });
});
