import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nextRoot, withKeyState } from '../support/root.ts';
import { makePerson } from '../support/person.ts';
import { makeWorkspace, newIfNeeded, runCli } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

/** Made up. */
const marker = 'made-up-MARKER-4717';

let ws: Workspace;
beforeAll(async () => {
  ws = await makeWorkspace();
});
afterAll(() => {
  ws.remove();
});

interface Json {
  main: { remote: string; commit: string | null };
  channels: { region: string; sequence: number | null; error?: { code: string } }[];
  secrets: {
    namespace: string;
    name: string;
    version: number | null;
    committed: boolean;
    authors: string[];
    unsigned?: { code: string };
    errors: { code: string }[];
    held?: { code: string };
    lacking: string[];
    exposed: { region: string; key: string | null; items: string[] }[];
    regions: {
      region: string;
      version: number | null;
      merged: number | null;
      published: number | null;
      state: string;
    }[];
  }[];
  next: string[];
}

const set = async (secret: string, item: string, ...more: string[]): Promise<CliResult> =>
  ws.cli(['set', secret, item, ...newIfNeeded(ws, secret), '--from-file', '-', ...more], {
    stdin: marker,
  });
async function status(...args: string[]): Promise<Json & { code: number }> {
  const result = await ws.cli(['status', '-o', 'json', ...args]);
  expect(result.stdout).not.toContain(marker);
  return { ...(JSON.parse(result.stdout) as Json), code: result.code };
}
/** Its state by region, or the one state that all regions have. */
async function stateOf(secret: string): Promise<string | Record<string, string>> {
  const { secrets } = await status(secret);
  const states = secrets[0]!.regions.map(({ region, state }) => [region, state] as const);
  const distinct = new Set(states.map(([, state]) => state));
  return distinct.size === 1 ? [...distinct][0]! : Object.fromEntries(states);
}
const publish = async (): Promise<void> => {
  const { code, stderr } = await ws.cli(['publish']);
  expect(code, stderr).toBe(0);
};

describe('a secret on its way', () => {
  it('is told step by step, with the command that takes the next one', async () => {
    expect((await ws.cli(['status'])).stdout).toBe('there is no sealed secret yet\n');
    await set('prod/a', 'password');
    expect(await stateOf('prod/a')).toBe('not merged');
    expect((await status()).next).toEqual([
      'prod/a is not committed: git add -A secrets && git commit',
    ]);
    ws.git('add', '-A');
    ws.git('commit', '-q', '--no-verify', '-m', 'Seal');
    expect((await status()).next).toEqual([
      'prod/a is not merged into main of origin: git push, and merge',
    ]);
    ws.git('push', '-q', 'origin', 'main');
    expect(await stateOf('prod/a')).toBe('not published');
    expect((await status()).next).toEqual(['prod/a is merged, not published: edgeseal publish']);
    await publish();
    expect(await stateOf('prod/a')).toBe('published 1');
    const text = await ws.cli(['status']);
    expect(text.stderr).toBe('');
    expect(text.stdout.split('\n')[0]).toMatch(
      /^SECRET +VERSION +AGE +AUTHOR +EXPOSED +EU-CENTRAL +US-EAST +US-WEST$/,
    );
    expect(text.stdout).toMatch(/^prod\/a +1 +\d+[sm] +author@example.com +- +published 1/m);
    await set('prod/a', 'user', '--no-sign');
    expect(await stateOf('prod/a')).toBe('not merged, published 1');
    ws.commit('Change');
    expect(await stateOf('prod/a')).toBe('held, merged 2, published 1');
    const { secrets, next, code } = await status();
    expect(code).toBe(0);
    expect(secrets).toMatchObject([{ authors: [], unsigned: { code: 'trust-author' } }]);
    expect(next[0]).toBe('prod/a is not validly signed: edgeseal sign prod/a');
    await ws.cli(['sign', 'prod/a', '-y']);
    ws.commit('Sign');
    await publish();
    expect(await stateOf('prod/a')).toBe('published 2');
  });

  it('goes to some regions only, and one of them can be asked for', async () => {
    const stdin = `apiVersion: v1\nkind: Secret\nmetadata: {name: west, namespace: prod}\nstringData: {a: ${marker}}\n`;
    await ws.cli(['seal', '--regions', 'us-west'], { stdin });
    expect(await stateOf('prod/west')).toEqual({
      'eu-central': '-',
      'us-east': '-',
      'us-west': 'not merged',
    });
    const { secrets } = await status('secrets/prod/west.yaml', '--region', 'us-west');
    expect(secrets[0]?.regions).toEqual([
      { region: 'us-west', version: 1, merged: null, published: null, state: 'not merged' },
    ]);
    expect((await ws.cli(['status', '--region', 'mars'])).code).toBe(2);
    expect((await ws.cli(['status', 'prod/none'])).code).toBe(2);
    ws.commit('Seal');
    await publish();
  });

  it('is told until its removal is published', async () => {
    await ws.cli(['rm', 'prod/west']);
    expect((await status()).next).toContain(
      'prod/west is not committed: git add -A secrets && git commit',
    );
    expect(await stateOf('prod/west')).toMatchObject({
      'us-west': 'removal not merged, published 1',
    });
    ws.commit('Remove');
    expect(await stateOf('prod/west')).toMatchObject({
      'us-west': 'removal not published, published 1',
    });
    await publish();
    expect((await ws.cli(['status', 'prod/west'])).code).toBe(2);
  });

  it('has wraps that may be missing, or not published though the version is', async () => {
    await ws.cli(['region', 'add', 'us-east', '--generate', join(ws.folder, 'more')]);
    ws.commit('Add a key');
    const { next, secrets } = await status();
    expect(secrets[0]?.lacking[0]).toMatch(/^not wrapped for key [0-9a-f]{16} of us-east$/);
    expect(next).toContain(
      'prod/a is without wraps for a region or key: edgeseal reseal prod/a --with-recovery RECOVERY-KEY-FILE',
    );
    await ws.cli(['reseal', '--all', '--key', ws.keyFile('recovery')]);
    ws.commit('Reseal');
    expect(await stateOf('prod/a')).toEqual({
      'eu-central': 'published 2',
      'us-east': 'new wraps not published, published 2',
      'us-west': 'published 2',
    });
    await publish();
    expect(await stateOf('prod/a')).toBe('published 2');
  });
});

describe('what somebody could read', () => {
  it('is a region that was taken out, and a key that was revoked, item by item', async () => {
    await set('prod/x', 'password');
    ws.commit('Seal');
    const settings = ws.read('edgeseal.yaml');
    ws.write('edgeseal.yaml', settings.replace(/^ *- us-west\n/m, ''));
    const over = await status('prod/x');
    expect(over.secrets[0]?.errors).toMatchObject([{ code: 'policy-mismatch' }]);
    expect(over.next).toContain(
      'prod/x is sealed for regions that may not read: edgeseal reseal prod/x',
    );
    await ws.cli(['reseal', 'prod/x']);
    await nextRoot(ws, withKeyState('us-east', ws.keys['us-east']!.id, 'revoked'));
    const { secrets, next } = await status('prod/x');
    const key = ws.keys['us-east']!.id;
    expect(secrets[0]?.exposed).toEqual([
      { region: 'us-east', key, items: ['password'] },
      { region: 'us-west', key: null, items: ['password'] },
    ]);
    expect(next).toContain(
      'prod/x: us-west could read password: replace at the source, then: edgeseal set prod/x password',
    );
    await set('prod/x', 'password');
    expect((await status('prod/x')).secrets[0]?.exposed).toEqual([]);
    ws.write('edgeseal.yaml', settings);
    ws.git('checkout', '-q', '--', '.');
    ws.git('clean', '-fdq');
  });
});

describe('what publish would hold', () => {
  it('is said with the reason, and the command that mends it', async () => {
    await set('prod/h', 'password');
    ws.commit('Seal');
    await set('prod/h', 'password');
    ws.commit('Set');
    await publish();
    ws.git('revert', '--no-edit', 'HEAD');
    ws.git('push', '-q', 'origin', 'main');
    const { secrets, next } = await status('prod/h');
    expect(secrets[0]).toMatchObject({ held: { code: 'trust-floor' } });
    expect(await stateOf('prod/h')).toBe('held, merged 1, published 2');
    expect(next).toHaveLength(1);
    expect(next[0]).toContain('prod/h is held back by publish (version 1 is below 2');
    const [, command = ''] = /or make .*: edgeseal (rollback prod\/h --to 1)$/.exec(next[0]!)!;
    expect((await ws.cli(command.split(' '))).code).toBe(0);
    expect((await status('prod/h')).secrets[0]).toMatchObject({ version: 3, errors: [] });
    ws.commit('Make it a new version');
    await publish();
    expect(await stateOf('prod/h')).toBe('published 3');
  });

  it('is a wrap that was changed, in the working tree and on main', async () => {
    const file = 'secrets/prod/h.yaml';
    const pattern = /(wrapped: "?.{30})(.)/;
    ws.write(
      file,
      ws.read(file).replace(pattern, (_, k: string, one: string) => k + (one === 'A' ? 'B' : 'A')),
    );
    const tree = await status('prod/h');
    expect(tree.secrets[0]?.errors).toMatchObject([{ code: 'seal-open' }]);
    expect(tree.next[0]).toBe('prod/h is not in order: edgeseal verify prod/h');
    ws.commit('Damage');
    expect(await stateOf('prod/h')).toMatchObject({ 'eu-central': 'held, published 3' });
    ws.git('revert', '--no-edit', 'HEAD');
    ws.git('push', '-q', 'origin', 'main');
    expect(await stateOf('prod/h')).toBe('published 3');
    ws.git('rm', '-q', file);
    ws.commit('Remove');
    await publish();
  });
});

describe('what cannot be trusted', () => {
  it('is a channel that somebody changed on the remote: said, with the state that is known', async () => {
    const before = ws.git('rev-parse', 'refs/edgeseal/published/us-east');
    const blob = ws.git('hash-object', '-w', '--stdin');
    ws.git('read-tree', '--index-output', join(ws.folder, 'index'), before);
    const env = { ...ws.env, GIT_INDEX_FILE: join(ws.folder, 'index') };
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: ws.repo, env, encoding: 'utf8' }).trim();
    git('update-index', '--add', '--cacheinfo', `100644,${blob},.edgeseal/snapshot`);
    const tree = git('write-tree');
    const commit = git('commit-tree', '-m', 'Tamper', '-p', before, tree);
    git('push', '-q', 'origin', `${commit}:refs/heads/edgeseal/us-east`);
    const { code, channels, next } = await status('--fetch');
    expect(code).toBe(1);
    expect(channels.find(({ region }) => region === 'us-east')).toMatchObject({
      error: { code: 'trust-signature' },
      sequence: expect.any(Number) as number,
    });
    expect(next[0]).toMatch(/^us-east: the channel does not verify: /);
    git('update-ref', '-d', 'refs/edgeseal/published/us-east');
    git('update-ref', '-d', 'refs/remotes/origin/edgeseal/us-east');
    expect(await stateOf('prod/a')).toMatchObject({ 'us-east': 'channel does not verify' });
    git('push', '-q', '-f', 'origin', `${before}:refs/heads/edgeseal/us-east`);
    expect((await status('--fetch')).code).toBe(0);
  });

  it('is a file that cannot be read', async () => {
    ws.write('secrets/prod/a.yaml', 'kind: EdgeSecret\n');
    const { code, secrets, next } = await status();
    expect(code).toBe(1);
    expect(secrets[0]).toMatchObject({ name: 'a', version: null });
    expect(next.join()).toMatch(
      /prod\/a is unreadable \(.*\): .*: git restore -- secrets\/prod\/a\.yaml/,
    );
    expect((await ws.cli(['status'])).stdout).toContain('unreadable');
    ws.git('checkout', '-q', '--', 'secrets');
  });

  it('is nothing, where the remote cannot be reached: what was fetched before is shown', async () => {
    ws.git('remote', 'set-url', 'origin', join(ws.folder, 'gone.git'));
    const result = await ws.cli(['status', '--fetch']);
    expect([result.code, result.stderr]).toEqual([
      5,
      expect.stringContaining('shown as last fetched'),
    ]);
    expect(result.stdout).toContain('published 2');
    ws.git('remote', 'set-url', 'origin', ws.origin);
  });
});

describe('a clone', () => {
  it('that has just been made knows what its own git fetched', async () => {
    const clone = join(ws.folder, 'clone');
    execFileSync('git', ['clone', '-q', ws.origin, clone], { env: ws.env });
    const { first } = JSON.parse((await ws.cli(['trust', 'show', '-o', 'json'])).stdout) as {
      first: string;
    };
    expect((await ws.cli(['trust', 'accept', first], { cwd: clone })).code).toBe(0);
    const result = await ws.cli(['status'], { cwd: clone });
    expect(result.stdout).toMatch(/^prod\/a .* published 2 +published 2 +published 2$/m);
    const below = await ws.cli(['status', '-o', 'json'], { cwd: join(clone, 'secrets/prod') });
    expect(below.code).toBe(0);
    rmSync(join(clone, 'secrets/prod/a.yaml'));
    const removed = await ws.cli(['status'], { cwd: join(clone, 'secrets') });
    expect(removed.stderr).toContain('git add -A . && git commit');
  });

  it('of a repository that keeps its secrets in a folder, with SHA-256 object ids, is read alike', async () => {
    const me = await makePerson();
    const top = me.make('infra');
    me.git(top, 'init', '-q', '--object-format=sha256', '-b', 'main');
    me.git(me.folder, 'init', '-q', '--bare', '--object-format=sha256', '-b', 'main', 'o.git');
    me.git(top, 'remote', 'add', 'origin', join(me.folder, 'o.git'));
    const made = await me.cli(top, 'init', '--path', 'in/here', '--regions', 'us-east');
    expect(made.code, made.stderr).toBe(0);
    const repo = join(top, 'in/here');
    const stdin = `apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {c: ${marker}}\n`;
    await runCli(['seal', '--regions', 'us-east'], { cwd: repo, env: me.env, stdin });
    expect((await me.cli(repo, 'status')).stdout).toMatch(/^b\/a +1 +uncommitted .* not fetched$/m);
    me.git(repo, 'add', '-A');
    me.git(repo, 'commit', '-q', '-m', 'Seal');
    me.git(repo, 'push', '-q', '-u', 'origin', 'main');
    expect((await me.cli(repo, 'publish')).code).toBe(0);
    expect((await me.cli(repo, 'status')).stdout).toMatch(/^b\/a +1 +\d+s .* published 1$/m);
    await me.cli(repo, 'region', 'add', 'us-east', '--generate', join(me.folder, 'k'));
    const key = join(me.folder, 'home/edgeseal-keys/here/recovery.key');
    expect((await me.cli(repo, 'reseal', '--all', '--key', key)).code).toBe(0);
    expect((await me.cli(repo, 'sign', '--all')).stdout).toContain('nothing to sign');
    me.remove();
  });

  it('that has no remote is told so', async () => {
    ws.git('remote', 'remove', 'origin');
    const { next, main } = await status();
    expect(main.commit).not.toBeNull();
    expect(next).toContain('this clone has no Git remote origin: git remote add origin URL');
  });
});
