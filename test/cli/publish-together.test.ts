import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../cli/publish/report.ts';
import { findSigningKey, sign } from '../../cli/signer/signer.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { branchAt, clusterView, gitIn, installHook } from '../support/channel.ts';
import { colleague } from '../support/colleague.ts';
import type { Colleague } from '../support/colleague.ts';
import { Savepoint } from '../support/savepoint.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { makeWorkspace, runCli } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

const shared = 'staging/everywhere';
const east = 'edgeseal/us-east';
const pending = 'edgeseal-pending/us-east';

let ws: Workspace;
let bob: Colleague;
let carol: Colleague;
let begin: Savepoint;
/** Snapshot 1 under root 1; since root 4 two of three publishers have to sign. */
beforeAll(async () => {
  ws = await makeWorkspace({ defaultRegions: ['us-east'] });
  bob = await colleague(ws, 'bob');
  carol = await colleague(ws, 'carol');
  await sealInto(ws, shared, { token: 'made-up 1' }, { regions: ['us-east'] });
  ws.commit('Seal a secret');
  expect((await ws.cli(['publish', 'us-east'])).code).toBe(0);
  for (const { pub } of [bob, carol])
    expect((await ws.cli(['trust', 'add-publisher', '--key', pub])).code).toBe(0);
  expect((await ws.cli(['trust', 'set-threshold', 'publishers', '2'])).code).toBe(0);
  ws.commit('Two have to publish');
  begin = new Savepoint(ws.folder);
});
beforeEach(() => {
  begin.restore();
});
afterAll(() => {
  begin.remove();
  ws.remove();
});

const mine = (...more: string[]): Promise<CliResult> => ws.cli(['publish', 'us-east', ...more]);
const bobs = (...more: string[]): Promise<CliResult> => bob.cli('publish', 'us-east', ...more);
const json = ({ stdout }: CliResult): Report => JSON.parse(stdout) as Report;
async function change(token: string): Promise<void> {
  await setInto(ws, shared, { token }, { regions: ['us-east'] });
  ws.commit('Set a value');
}

/** The region's controller, one round, from the remote as a directory mirror, into a directory. */
async function controllerRound(): Promise<{ code: number; said: string; token: string }> {
  const folder = join(ws.folder, 'edge');
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'region-sync.yaml');
  const root = rootHash(Buffer.from(ws.read('trust/1.yaml')));
  writeFileSync(join(folder, 'region.key'), readFileSync(ws.keyFile('us-east')), { mode: 0o600 });
  writeFileSync(
    config,
    `apiVersion: edgeseal.dev/v1alpha1\nkind: RegionSync\nspec:\n  repository: ${ws.repositoryId}\n  region: us-east\n  root: ${root}\n  mirrors:\n  - {name: origin, url: ${ws.origin}}\n  interval: 1s\n  keys: {files: [region.key]}\n  store: store\n  target: {directory: {path: unsealed}}\n`,
  );
  const args = ['controller', '--config', config, '--once'];
  const { code, stdout, stderr } = await runCli(args, { cwd: folder, env: ws.env, stdin: '' });
  const file = join(folder, 'unsealed/staging/everywhere/token');
  return { code, said: stdout + stderr, token: existsSync(file) ? readFileSync(file, 'utf8') : '' };
}

/** Pushes a commit with other files than those that wait, as anybody with push access may. */
function tamper(change: (folder: string) => void): void {
  const folder = join(ws.folder, `mallory-${readdirSync(ws.folder).length}`);
  const clone = ['clone', '-q', '-b', pending, ws.origin, folder];
  execFileSync('git', clone, { env: ws.env });
  change(folder);
  for (const args of [
    ['add', '-A'],
    ['commit', '-q', '--no-verify', '--allow-empty', '-m', 'Lie'],
    ['push', '-q', '--force', 'origin', `HEAD:refs/heads/${pending}`],
  ])
    execFileSync('git', ['-C', folder, ...args], { env: ws.env });
}

describe('two of three publishers', () => {
  it('sign what each rendered: the first leaves it for the second, who publishes it', async () => {
    await change('made-up 2');
    expect(await controllerRound()).toMatchObject({ code: 0, token: 'made-up 1' });
    const before = branchAt(ws.origin, east);
    const first = await mine();
    expect(first.code, first.stdout + first.stderr).toBe(0);
    expect(first.stdout).toMatch(/signed snapshot 2: 1 updated; not published: 1 more of SHA256/);
    expect(first.stderr).toContain('waits for another publisher, who runs: edgeseal publish');
    expect(branchAt(ws.origin, pending)).toBeDefined();
    // The heartbeat may move the branch; the snapshot that clusters take stays.
    expect((await clusterView(ws, 'us-east')).snapshot.sequence).toBe(1);
    expect(branchAt(ws.origin, east)).not.toBe(undefined);
    expect(before).toBeDefined();
    expect(await controllerRound()).toMatchObject({ code: 0, token: 'made-up 1' });
    const again = json(await mine('-o', 'json'));
    expect(again.regions[0]).toMatchObject({
      changed: false,
      sequence: 1,
      updated: [],
      waiting: { sequence: 2, missing: 1, signedBy: [expect.stringContaining('SHA256:')] },
    });
    const second = await bobs('-o', 'json');
    expect(second.code, second.stderr).toBe(0);
    expect(json(second).regions[0]).toMatchObject({ changed: true, sequence: 2 });
    expect(json(second).regions[0]).not.toHaveProperty('waiting');
    expect(branchAt(ws.origin, pending)).toBeUndefined();
    const view = await clusterView(ws, 'us-east');
    expect(view.snapshot).toMatchObject({ sequence: 2, root: { number: 4 } });
    expect(view.values[shared]).toEqual({ token: 'made-up 2' });
    const sig = gitIn(ws.origin, 'show', `${east}:.edgeseal/snapshot.sig`);
    expect(sig.match(/BEGIN SSH SIGNATURE/g)).toHaveLength(2);
    expect(await controllerRound()).toMatchObject({ code: 0, token: 'made-up 2' });
    expect((await mine()).stderr).toContain('nothing to publish');
  });

  it('need not sign again where main only went on', async () => {
    await change('made-up 2');
    await mine();
    const source = ws.git('rev-parse', 'HEAD');
    ws.write('README.md', 'made up');
    ws.commit('Something else');
    const second = await bobs();
    expect(second.code, second.stderr).toBe(0);
    const view = await clusterView(ws, 'us-east');
    expect(view.snapshot).toMatchObject({ sequence: 2, source });
    await change('made-up 3');
    await mine();
    expect((await bobs()).stdout).toContain('published');
    expect((await clusterView(ws, 'us-east')).values[shared]).toEqual({ token: 'made-up 3' });
  });

  it('are told which secrets differ where main changed between them, and sign again', async () => {
    await change('made-up 2');
    await mine();
    await sealInto(ws, 'other/new', { token: 'made-up' }, { regions: ['us-east'] });
    await change('made-up 3');
    const second = await bobs();
    expect([second.code, second.stdout]).toEqual([
      0,
      expect.stringContaining('was signed by author@'),
    ]);
    expect(second.stdout).toContain('it has other bytes of other/new, staging/everywhere');
    expect(second.stdout).toContain('it is of commit ');
    expect((await clusterView(ws, 'us-east')).snapshot.sequence).toBe(1);
    const first = await mine();
    expect(first.stdout).toContain('published snapshot 2');
    expect((await clusterView(ws, 'us-east')).values[shared]).toEqual({ token: 'made-up 3' });
  });

  it('are a CI job with the heartbeat and a person, in any order', async () => {
    await change('made-up 2');
    const standing = await clusterView(ws, 'us-east');
    const ci = {
      EDGESEAL_SIGNING_KEY: carol.pub.replace(/\.pub$/, ''),
      EDGESEAL_HEARTBEAT_KEY: join(ws.folder, 'home/.ssh/id_ed25519'),
    };
    const job = await ws.cli(['publish', 'us-east', '-o', 'json'], { env: ci });
    expect(job.code).toBe(0);
    expect(json(job).regions[0]).toMatchObject({ heartbeat: true, waiting: { missing: 1 } });
    const after = await clusterView(ws, 'us-east');
    expect(after.heartbeat?.snapshot).toBe(standing.sha256);
    expect((await bobs()).stdout).toContain('published snapshot 2');
    const renewed = await ws.cli(['publish', 'us-east', '-o', 'json'], { env: ci });
    expect(json(renewed).regions[0]).toMatchObject({ heartbeat: true, changed: false });
    const view = await clusterView(ws, 'us-east');
    expect(view.heartbeat?.snapshot).toBe(view.sha256);
  });

  it('may be one machine with both keys', async () => {
    await change('made-up 2');
    const keys = [join(ws.folder, 'home/.ssh/id_ed25519'), carol.pub.replace(/\.pub$/, '')];
    const { code, stdout } = await mine(...keys.flatMap((key) => ['--signing-key', key]));
    expect([code, stdout]).toEqual([0, expect.stringContaining('published snapshot 2')]);
    expect(branchAt(ws.origin, pending)).toBeUndefined();
  });

  it('who push at the same time are rendered again, and both signatures stay', async () => {
    await change('made-up 2');
    // Bob's own push comes first, while mine is on its way.
    const hook = join(ws.repo, '.git/hooks/pre-push');
    const bin = join(import.meta.dirname, '../../cli/bin.ts');
    const flag = join(ws.folder, 'once');
    writeFileSync(
      hook,
      `#!/bin/sh\n[ -e ${flag} ] && exit 0\ntouch ${flag}\nunset GIT_DIR\ncd ${bob.repo}\nHOME=${bob.env['HOME'] ?? ''} ${process.execPath} ${bin} publish us-east >&2\n`,
      { mode: 0o755 },
    );
    const first = await mine();
    expect(first.code, first.stdout + first.stderr).toBe(0);
    expect(existsSync(flag)).toBe(true);
    expect(first.stdout).toContain('published snapshot 2');
    expect((await clusterView(ws, 'us-east')).values[shared]).toEqual({ token: 'made-up 2' });
  });

  it('keep what the remote refuses to take away', async () => {
    await change('made-up 2');
    await mine();
    const refuse = `while read old new ref; do case "$ref $new" in *pending*\\ 0000000*) exit 1;; esac; done`;
    installHook(ws.origin, 'pre-receive', refuse);
    expect((await bobs()).stdout).toContain('published snapshot 2');
    expect(branchAt(ws.origin, pending)).toBeDefined();
    await change('made-up 3');
    // A leftover is no contradiction, and is not called one.
    const { stdout } = await mine();
    expect(stdout).toContain('signed snapshot 3');
    expect(stdout).not.toContain('warning');
  });
});

describe('what waits for another publisher', () => {
  interface StatusDocument {
    channels: { region: string; sequence: number; waiting?: Record<string, unknown> }[];
    next: string[];
  }
  const status = async (who: { cli: Workspace['cli'] }): Promise<StatusDocument> => {
    const { stdout } = await who.cli(['status', '--fetch', '--output', 'json']);
    return JSON.parse(stdout) as StatusDocument;
  };
  const bobsView = { cli: (args: string[]) => bob.cli(...args) };
  const waitingIn = ({ channels }: StatusDocument): Record<string, unknown> | undefined =>
    channels.find(({ region }) => region === 'us-east')?.waiting;

  it('is in status: who signed, who may, and the command; until it is published', async () => {
    await change('made-up 2');
    expect(waitingIn(await status(ws))).toBeUndefined();
    await mine();
    const source = ws.git('rev-parse', 'HEAD');
    const { fingerprint } = bob;
    // Here it is known without asking the remote; Bob has to ask.
    const own = await ws.cli(['status']);
    expect(own.stdout).toMatch(
      /^us-east: snapshot 2 is signed by author@example\.com \(SHA256:\S+\) and not published: 1 more of SHA256:/m,
    );
    expect(own.stdout).toContain(fingerprint);
    expect(own.stdout).toContain(carol.fingerprint);
    expect(own.stderr).toContain(
      'us-east: snapshot 2 waits for another publisher, who runs: edgeseal publish us-east',
    );
    expect(own.stderr).not.toContain('merged, not published');
    const seen = await status(bobsView);
    expect(waitingIn(seen)).toEqual({
      sequence: 2,
      source,
      signedBy: [expect.stringMatching(/^SHA256:/)],
      missing: 1,
      publishers: 3,
    });
    // Main goes on: what waits has not all of it any more.
    await change('made-up 3');
    const { next } = await status(ws);
    expect(next.join('\n')).toContain(`(it is of commit ${source.slice(0, 10)}; main went on)`);
    expect(next.join('\n')).toContain('merged, not published: edgeseal publish');
    await mine();
    expect((await bobs()).stdout).toContain('published snapshot 2');
    for (const who of [ws, bobsView]) {
      const after = await status(who);
      expect(waitingIn(after)).toBeUndefined();
      expect(after.next.join('\n')).not.toContain('waits for another publisher');
    }
  });

  it('is not shown where nobody who may has signed it, or it does not go on from what stands', async () => {
    await change('made-up 2');
    await mine();
    const waits = branchAt(ws.origin, pending);
    expect((await bobs()).stdout).toContain('published snapshot 2');
    // Last week's is put back.
    gitIn(ws.origin, 'update-ref', `refs/heads/${pending}`, waits ?? '');
    expect(waitingIn(await status(ws))).toBeUndefined();
    await change('made-up 3');
    await mine();
    tamper((folder) => writeFileSync(join(folder, '.edgeseal/snapshot.sig'), ''));
    expect(waitingIn(await status(ws))).toBeUndefined();
  });

  it('is foreseen by a dry run, which signs and pushes nothing', async () => {
    await change('made-up 2');
    const dry = await mine('--dry-run');
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.stdout).toMatch(
      /would wait with snapshot 2: 1 updated; 2 of 3 publishers have to sign it: 1 more of SHA256/,
    );
    expect(dry.stdout).toContain('~ staging/everywhere');
    expect(dry.stderr).toContain(
      '1 region would wait for another publisher, who runs: edgeseal publish',
    );
    expect(json(await mine('--dry-run', '-o', 'json')).regions[0]).toMatchObject({
      changed: false,
      sequence: 1,
      updated: [shared],
      waiting: { sequence: 2, missing: 1 },
    });
    expect(branchAt(ws.origin, pending)).toBeUndefined();
    await mine();
    const waits = branchAt(ws.origin, pending);
    expect((await bobs('--dry-run')).stdout).toMatch(
      /would publish snapshot 2: 1 updated; 2 of 3 publishers have to sign it: signed by author@example\.com/,
    );
    expect(branchAt(ws.origin, pending)).toBe(waits);
    const keys = [join(ws.folder, 'home/.ssh/id_ed25519'), carol.pub.replace(/\.pub$/, '')];
    const both = await mine('--dry-run', ...keys.flatMap((key) => ['--signing-key', key]));
    expect(both.stdout).toContain('would publish snapshot 2');
  });
});

describe('whoever pushes to what waits', () => {
  it('with rubbish, without an end, or with nothing is named and gets nothing published', async () => {
    await change('made-up 2');
    await mine();
    const lies: ((folder: string) => void)[] = [
      (folder) => writeFileSync(join(folder, '.edgeseal/snapshot.sig'), 'x'.repeat(70_000)),
      (folder) => writeFileSync(join(folder, '.edgeseal/snapshot'), Buffer.alloc(5 << 20, 0x20)),
      (folder) => execFileSync('git', ['-C', folder, 'rm', '-rq', '.']),
    ];
    for (const lie of lies) {
      tamper(lie);
      const second = await bobs();
      expect(second.code, second.stderr).toBe(0);
      expect(second.stdout).toContain('is signed by no publisher of trust root 4: it was ignored');
    }
    expect((await clusterView(ws, 'us-east')).snapshot.sequence).toBe(1);
    // And the next one goes on from what Bob left.
    expect((await mine()).stdout).toContain('published snapshot 2');
  });

  it('with a spoiled signature before the right one does not hide that one', async () => {
    await change('made-up 2');
    await mine();
    const spoiled = '-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n';
    tamper((folder) => {
      const file = join(folder, '.edgeseal/snapshot.sig');
      writeFileSync(file, `rubbish\n${spoiled}${readFileSync(file, 'utf8')}`);
    });
    expect((await bobs()).stdout).toContain('published snapshot 2');
    // What stands is a file that every reader takes.
    expect((await clusterView(ws, 'us-east')).snapshot.sequence).toBe(2);
    expect(gitIn(ws.origin, 'show', `${east}:.edgeseal/snapshot.sig`)).not.toContain('U1NIU0lH\n');
  });

  it('with other secrets beside the signed snapshot publishes none of them', async () => {
    await change('made-up 2');
    await mine();
    tamper((folder) => {
      writeFileSync(join(folder, 'secrets/staging/everywhere.yaml'), 'not what was signed');
      writeFileSync(join(folder, 'secrets/staging/more.yaml'), 'not what was signed');
      // The signature is over what Bob renders himself; what lies beside it is not looked at.
      writeFileSync(join(folder, '.edgeseal/snapshot'), 'not what was signed');
    });
    expect((await bobs()).stdout).toContain('published snapshot 2');
    const files = gitIn(ws.origin, 'ls-tree', '-r', '--name-only', east);
    expect(files).not.toContain('more.yaml');
    expect((await clusterView(ws, 'us-east')).values[shared]).toEqual({ token: 'made-up 2' });
  });

  it('with a publisher’s own key, alone, changes nothing in a cluster', async () => {
    await change('made-up 2');
    await mine();
    expect(await controllerRound()).toMatchObject({ token: 'made-up 1' });
    // What waits carries one signature; put onto the channel by hand, every controller refuses it.
    gitIn(ws.origin, 'update-ref', `refs/heads/${east}`, branchAt(ws.origin, pending) ?? '');
    const round = await controllerRound();
    expect(round.token).toBe('made-up 1');
    expect(round.said).toContain('the snapshot carries 1 of the 2 signatures it needs');
    // A thief who signs something else does not get Bob to sign it.
    const stolen = await findSigningKey({ cwd: ws.repo, env: ws.env });
    gitIn(
      ws.origin,
      'update-ref',
      `refs/heads/${east}`,
      ws.git('rev-parse', 'refs/edgeseal/published/us-east'),
    );
    const lie = readFileSync(join(bob.repo, 'trust/1.yaml'));
    const [signature = ''] = await sign({
      key: stolen,
      namespace: signatureNamespaces.snapshot,
      messages: [lie],
      env: ws.env,
    });
    tamper((folder) => {
      writeFileSync(join(folder, '.edgeseal/snapshot'), lie);
      writeFileSync(join(folder, '.edgeseal/snapshot.sig'), signature);
    });
    const second = await bobs();
    expect(second.stdout).toContain('and is not what main');
    expect(second.stdout).toContain('it is no snapshot');
    expect((await clusterView(ws, 'us-east')).snapshot.sequence).toBe(1);
  });
});
