import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeChannel } from '../../bench/channel-fixture.ts';
import type { ChannelFixture } from '../../bench/channel-fixture.ts';
import { acceptFetch } from '../../core/git/cache.ts';
import { openTree } from '../../core/git/channel-tree.ts';
import { fetchChannel, readRemoteRef } from '../../core/git/fetch.ts';
import type { FetchResult } from '../../core/git/fetch.ts';
import { serveGit } from '../../tools/git-server.ts';
import type { GitServer, GitServerOptions } from '../../tools/git-server.ts';
import { errorOf, git, REF, temporary } from './fixture.ts';

const servers: GitServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function setUp(
  options: Partial<GitServerOptions> = {},
  files = 400,
): Promise<{
  channel: ChannelFixture;
  url: string;
  gitdir: string;
  folder: string;
  server: GitServer;
}> {
  const folder = temporary();
  const channel = makeChannel(folder, files, 900);
  const server = await serveGit({ root: folder, ...options });
  servers.push(server);
  const gitdir = join(folder, 'cache.git');
  return { channel, url: `${server.url}/channel.git`, gitdir, folder, server };
}

function addBranches(channel: ChannelFixture, count: number): void {
  git(channel.path, ['pack-refs', '--all']);
  const oid = channel.commit();
  const lines = Array.from(
    { length: count },
    (_, i) => `${oid} refs/heads/x/${String(i).padStart(6, '0')}\n`,
  );
  appendFileSync(join(channel.path, 'packed-refs'), lines.join(''));
}

/** What the channel holds, read by us, against what git says it holds. */
function expectSameFiles(fetched: FetchResult, channel: ChannelFixture): void {
  const paths = git(channel.path, ['ls-tree', '-r', '--name-only', fetched.oid]).split('\n');
  const tree = openTree(fetched.gitdir, fetched.oid, fetched.owned);
  expect(tree.list('').sort()).toEqual(paths.sort());
  let compared = 0;
  for (const [path, bytes] of tree.readPaths(paths)) {
    if (compared++ > 20) break;
    const expected = git(channel.path, ['cat-file', 'blob', `${fetched.oid}:${path}`]);
    expect(
      Buffer.from(bytes ?? [])
        .toString()
        .trim(),
    ).toBe(expected);
  }
  tree.close();
}

describe.each([
  ['protocol v2', true],
  ['protocol v0', false],
])('over HTTP, %s', (_, protocolV2) => {
  it('fetches a channel, then only what changed, into a repository that git finds sound', async () => {
    const { channel, url, gitdir } = await setUp({ protocolV2 });
    const spec = { name: 'hub', url };
    const first = await fetchChannel({ spec, ref: REF, gitdir });
    expect(first).toMatchObject({ oid: channel.commit(), gitdir, owned: true });
    expectSameFiles(first, channel);
    acceptFetch(gitdir, REF, first.oid);
    git(gitdir, ['fsck', '--strict']);

    // History between two fetches is not moved: only the last of these ten counts.
    for (let i = 0; i < 10; i++) channel.change();
    const second = await fetchChannel({ spec, ref: REF, gitdir });
    expect(second.oid).toBe(channel.commit());
    expectSameFiles(second, channel);
    expect(second.moved).toBeLessThan(first.moved / 10);
    acceptFetch(gitdir, REF, second.oid);
    git(gitdir, ['fsck', '--strict']);
    expect(git(gitdir, ['log', '--format=%H', REF])).toBe(second.oid);

    const third = await fetchChannel({ spec, ref: REF, gitdir });
    expect(third.oid).toBe(second.oid);
    expect(third.moved).toBeLessThan(5_000);
  });

  it('answers undefined for a ref that is not there', async () => {
    const { url } = await setUp({ protocolV2 }, 3);
    const spec = { name: 'hub', url };
    expect((await readRemoteRef(spec, 'refs/heads/edgeseal/us-eas')).oid).toBeUndefined();
    expect((await readRemoteRef(spec, REF)).oid).toMatch(/^[0-9a-f]{40}$/u);
  });
});

it('polls for less than 5 KB however many branches there are', async () => {
  const { channel, url } = await setUp({}, 3);
  addBranches(channel, 2_000);
  const { oid, moved } = await readRemoteRef({ name: 'hub', url }, REF);
  expect(oid).toBe(channel.commit());
  expect(moved).toBeLessThan(5_000);
});

it('cuts an old server that advertises too much', async () => {
  const { channel, url } = await setUp({ protocolV2: false }, 3);
  addBranches(channel, 2_000);
  const error = await errorOf(() =>
    readRemoteRef({ name: 'hub', url }, REF, { maxAdvertisement: 50_000 }),
  );
  expect(error.code).toBe('git-limit');
});

it('fetches a channel that was restarted as an orphan commit', async () => {
  const { channel, url, gitdir } = await setUp();
  const spec = { name: 'hub', url };
  const first = await fetchChannel({ spec, ref: REF, gitdir });
  acceptFetch(gitdir, REF, first.oid);
  const orphan = git(channel.path, [
    ...['-c', 'user.name=x', '-c', 'user.email=x@example.com'],
    ...['commit-tree', '-m', 'restart', `${channel.commit()}^{tree}`],
  ]);
  git(channel.path, ['update-ref', REF, orphan]);
  git(channel.path, ['reflog', 'expire', '--expire=now', '--all']);
  git(channel.path, ['gc', '-q', '--prune=now']);
  const second = await fetchChannel({ spec, ref: REF, gitdir });
  expect(second.oid).toBe(orphan);
  expectSameFiles(second, channel);
});

it('forgets what was fetched and not accepted', async () => {
  const { channel, url, gitdir } = await setUp({}, 20);
  const spec = { name: 'hub', url };
  const first = await fetchChannel({ spec, ref: REF, gitdir });
  acceptFetch(gitdir, REF, first.oid);
  const refused = channel.change();
  await fetchChannel({ spec, ref: REF, gitdir });
  openTree(gitdir, refused, true).close();
  git(channel.path, ['update-ref', REF, first.oid]);
  await fetchChannel({ spec, ref: REF, gitdir });
  expect((await errorOf(() => openTree(gitdir, refused, true))).code).toBe('git-object');
});

describe('a directory', () => {
  it('is read in place, bare or with a working tree', async () => {
    const { channel, gitdir, folder } = await setUp();
    channel.change();
    const bare = await fetchChannel({ spec: { name: 'usb', url: channel.path }, ref: REF, gitdir });
    expect(bare).toMatchObject({ oid: channel.commit(), owned: false, gitdir: channel.path });
    expectSameFiles(bare, channel);
    const clone = join(folder, 'clone');
    git(folder, ['clone', '-q', '-b', 'edgeseal/us-east', channel.path, clone]);
    const url = `file://${clone}`;
    const other = await fetchChannel({ spec: { name: 'usb', url }, ref: REF, gitdir });
    expect(other).toMatchObject({ oid: channel.commit(), gitdir: join(clone, '.git') });
    expectSameFiles(other, channel);
  });

  it('is refused if it borrows objects', async () => {
    const { channel, gitdir, folder } = await setUp({}, 3);
    git(folder, ['clone', '-q', '--shared', '--bare', channel.path, 'shared.git']);
    const spec = { name: 'usb', url: join(folder, 'shared.git') };
    expect((await errorOf(() => fetchChannel({ spec, ref: REF, gitdir }))).code).toBe('git-mirror');
  });

  it('whose pack has one byte changed is refused, whichever byte that is', async () => {
    const { channel, gitdir } = await setUp({}, 30);
    const packs = join(channel.path, 'objects', 'pack');
    const path = join(packs, readdirSync(packs).find((name) => name.endsWith('.pack')) ?? '');
    const good = readFileSync(path);
    for (let i = 0; i < 25; i++) {
      const bad = Buffer.from(good);
      const at = 12 + Math.floor(((bad.length - 40) * i) / 25);
      bad[at] = (bad[at] ?? 0) ^ (1 << (i % 8));
      rmSync(path);
      writeFileSync(path, bad);
      const error = await errorOf(async () => {
        const fetched = await fetchChannel({
          spec: { name: 'usb', url: channel.path },
          ref: REF,
          gitdir,
        });
        const tree = openTree(fetched.gitdir, fetched.oid, fetched.owned);
        try {
          for (const each of tree.readPaths(tree.list(''))) expect(each).toBeDefined();
        } finally {
          tree.close();
        }
      });
      expect(['git-object', 'git-limit']).toContain(error.code);
    }
  });
});

describe('a bundle', () => {
  it('is unpacked into the cache and then fetched from over HTTP', async () => {
    const { channel, url, gitdir, folder } = await setUp();
    for (let i = 0; i < 3; i++) channel.change();
    const bundle = join(folder, 'us-east.bundle');
    git(channel.path, ['bundle', 'create', bundle, REF]);
    const spec = { name: 'stick', url: bundle };
    expect((await readRemoteRef(spec, REF)).oid).toBe(channel.commit());
    const first = await fetchChannel({ spec, ref: REF, gitdir });
    expect(first).toMatchObject({ oid: channel.commit(), owned: true });
    expectSameFiles(first, channel);
    acceptFetch(gitdir, REF, first.oid);
    channel.change();
    const second = await fetchChannel({ spec: { name: 'hub', url }, ref: REF, gitdir });
    expect(second.moved).toBeLessThan(50_000);
    expectSameFiles(second, channel);
  });

  it('that builds on a commit works if we have it, and says so if not', async () => {
    const { channel, gitdir, folder } = await setUp();
    const before = channel.commit();
    channel.change();
    const thin = join(folder, 'thin.bundle');
    git(channel.path, ['bundle', 'create', '--version=3', thin, REF, `^${before}`]);
    const spec = { name: 'stick', url: thin };
    const error = await errorOf(() => fetchChannel({ spec, ref: REF, gitdir }));
    expect(error).toMatchObject({ code: 'git-mirror' });
    expect(error.message).toContain('builds on commits');

    git(channel.path, ['update-ref', REF, before]);
    const full = join(folder, 'full.bundle');
    git(channel.path, ['bundle', 'create', full, REF]);
    const first = await fetchChannel({ spec: { name: 'stick', url: full }, ref: REF, gitdir });
    acceptFetch(gitdir, REF, first.oid);
    const second = await fetchChannel({ spec, ref: REF, gitdir });
    expectSameFiles(second, channel);
  });

  it('with a filter, or that is none, is refused', async () => {
    const folder = temporary();
    const oid = '1'.repeat(40);
    const heads = [
      `# v3 git bundle\n@filter=blob:none\n${oid} ${REF}\n\n`,
      `# v3 git bundle\n@object-format=sha256\n${oid} ${REF}\n\n`,
      `# v2 git bundle\n${oid.slice(2)} ${REF}\n\n`,
      '#!/bin/sh\n\n',
      '# v2 git bundle\n',
    ];
    for (const [i, head] of heads.entries()) {
      const url = join(folder, `${i}.bundle`);
      // No line end among them: once in 256 times, random ones would end the last header, and make a bundle without refs.
      writeFileSync(url, Buffer.concat([Buffer.from(head), Buffer.alloc(10, 0xaa)]));
      expect((await errorOf(() => readRemoteRef({ name: 'stick', url }, REF))).code).toBe(
        'git-mirror',
      );
    }
  });
});
