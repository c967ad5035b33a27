import {
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeChannel } from '../../bench/channel-fixture.ts';
import { openTree } from '../../core/git/channel-tree.ts';
import { fetchChannel, readRemoteRef } from '../../core/git/fetch.ts';
import { DEFAULT_LIMITS } from '../../core/git/limits.ts';
import { readLocalRef } from '../../core/git/local-ref.ts';
import { parseTree } from '../../core/git/tree.ts';
import { treeEntry } from '../support/git-objects.ts';
import { errorOf, git, rawChannel, REF, temporary } from './fixture.ts';

const OID = '1234567890'.repeat(4);

describe('tree entries', () => {
  const unsafe: (string | Buffer)[] = [
    '', '.', '..', '.git', '.GIT', '.Git', 'git~1', 'GIT~1', '.git.', '.git ', '.git::$INDEX', '.g\u200cit',
    'a/b', 'a\\b', 'a\rb', 'a\nb', 'a\u0001b', 'a\u007fb', Buffer.from([0x61, 0xff]),
  ]; // prettier-ignore
  it.each(unsafe.map((name) => [JSON.stringify(name.toString('latin1')), name]))(
    'refuses the name %s',
    async (_, name) => {
      const error = await errorOf(() => parseTree(treeEntry('100644', name, OID)));
      expect(error.code).toBe('git-object');
      expect(error.message).toMatch(/unsafe name|not UTF-8/u);
    },
  );

  it.each(['100664', '040000', '0', '777', '100645', '160001', ''])(
    'refuses the mode %s',
    async (mode) => {
      expect((await errorOf(() => parseTree(treeEntry(mode, 'a', OID)))).code).toBe('git-object');
    },
  );

  it('refuses duplicates, wrong order and truncation', async () => {
    const a = treeEntry('100644', 'a', OID);
    const b = treeEntry('100644', 'b', OID);
    const dot = treeEntry('100644', 'a.b', OID);
    const folder = treeEntry('40000', 'a', OID);
    expect(parseTree(Buffer.concat([dot, folder])).map(({ name }) => name)).toEqual(['a.b', 'a']);
    for (const bytes of [
      Buffer.concat([a, a]),
      Buffer.concat([b, a]),
      Buffer.concat([folder, dot]),
      Buffer.concat([a, dot, folder]),
      a.subarray(0, -1),
      a.subarray(0, 5),
    ]) {
      expect((await errorOf(() => parseTree(bytes))).code).toBe('git-object');
    }
  });

  it('refuses what is not a file in or above a path, and nothing beside it', async () => {
    const folder = temporary();
    const work = join(folder, 'work');
    git(folder, ['init', '-q', work]);
    mkdirSync(join(work, 'secrets', 'a'), { recursive: true });
    writeFileSync(join(work, 'secrets', 'a', 'good.yaml'), 'good');
    symlinkSync('a', join(work, 'secrets', 'link'));
    symlinkSync('/etc/passwd', join(work, 'secrets', 'leaf.yaml'));
    git(work, ['add', '.']);
    git(work, ['update-index', '--add', '--cacheinfo', `160000,${OID},secrets/sub`]);
    git(work, ['-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '-q', '-m', 'x']);
    git(work, ['update-ref', REF, 'HEAD']);
    const fetched = await fetchChannel({
      spec: { name: 'usb', url: work },
      ref: REF,
      gitdir: join(folder, 'cache.git'),
    });
    const tree = openTree(fetched.gitdir, fetched.oid, fetched.owned);
    expect(Buffer.from(tree.readPath('secrets/a/good.yaml') ?? []).toString()).toBe('good');
    expect(tree.readPath('secrets/a/none.yaml')).toBeUndefined();
    expect(tree.list('secrets/a')).toEqual(['secrets/a/good.yaml']);
    for (const path of [
      'secrets/leaf.yaml',
      'secrets/link/good.yaml',
      'secrets/sub',
      'secrets/a',
      'secrets/a/good.yaml/x',
    ]) {
      expect((await errorOf(() => tree.readPath(path))).code, path).toBe('git-object');
    }
    expect((await errorOf(() => tree.list('secrets'))).code).toBe('git-object');
    tree.close();
  });

  it('refuses a hostile tree at the fetch, and a tree that holds itself many times', async () => {
    const folder = temporary();
    const url = rawChannel(folder, treeEntry('100644', '..', OID));
    const gitdir = join(folder, 'cache.git');
    const error = await errorOf(() =>
      fetchChannel({ spec: { name: 'usb', url }, ref: REF, gitdir }),
    );
    expect(error.message).toContain('unsafe name');

    const other = temporary();
    const repository = rawChannel(other, Buffer.alloc(0));
    let oid = git(repository, ['hash-object', '-w', '--stdin'], 'leaf');
    let mode = '100644';
    for (let depth = 0; depth < 10; depth++) {
      const bytes = Buffer.concat(Array.from('abcdefghij', (name) => treeEntry(mode, name, oid)));
      oid = git(repository, ['hash-object', '-t', 'tree', '-w', '--stdin'], bytes);
      mode = '40000';
    }
    const who = 'x <x@example.com> 1 +0000';
    const commit = git(
      repository,
      ['hash-object', '-t', 'commit', '-w', '--stdin'],
      `tree ${oid}\nauthor ${who}\ncommitter ${who}\n\nbomb\n`,
    );
    const tree = openTree(repository, commit, false);
    expect((await errorOf(() => tree.list(''))).code).toBe('git-limit');
    tree.close();
  });

  it('does not believe an index with swapped offsets', async () => {
    const folder = temporary();
    const channel = makeChannel(folder, 30, 900);
    const packs = join(channel.path, 'objects', 'pack');
    const path = join(packs, readdirSync(packs).find((name) => name.endsWith('.idx')) ?? '');
    const bytes = readFileSync(path);
    const count = bytes.readUInt32BE(8 + 255 * 4);
    const offsets = 8 + 1024 + count * 24;
    const reversed = Array.from({ length: count }, (_, i) =>
      bytes.readUInt32BE(offsets + i * 4),
    ).reverse();
    reversed.forEach((offset, i) => bytes.writeUInt32BE(offset, offsets + i * 4));
    rmSync(path);
    writeFileSync(path, bytes);
    const spec = { name: 'usb', url: channel.path };
    const error = await errorOf(() => fetchChannel({ spec, ref: REF, gitdir: join(folder, 'c') }));
    expect(error.code).toBe('git-object');
    expect(error.message).toContain('is another object');
  });
});

describe('refs of a directory', () => {
  const newer = 'a'.repeat(40);
  const older = 'b'.repeat(40);
  function repository(): string {
    const path = join(temporary(), 'r.git');
    git('/', ['init', '-q', '--bare', path]);
    mkdirSync(join(path, 'refs/heads/edgeseal'));
    writeFileSync(
      join(path, 'packed-refs'),
      `# pack-refs with: peeled\n${older} ${REF}\n^${newer}\n`,
    );
    return path;
  }

  it('prefers a loose one, falls back to a packed one, follows symbolic ones', () => {
    const path = repository();
    expect(readLocalRef(path, REF, DEFAULT_LIMITS)).toBe(older);
    writeFileSync(join(path, REF), `${newer}\n`);
    expect(readLocalRef(path, REF, DEFAULT_LIMITS)).toBe(newer);
    writeFileSync(join(path, 'refs/heads/alias'), `ref: ${REF}\n`);
    expect(readLocalRef(path, 'refs/heads/alias', DEFAULT_LIMITS)).toBe(newer);
    expect(readLocalRef(path, 'refs/heads/none', DEFAULT_LIMITS)).toBeUndefined();
  });

  it.each([
    ['emptied', ''],
    ['zero-filled', '\0'.repeat(41)],
    ['cut', newer.slice(0, 39)],
    ['null', '0'.repeat(40)],
    ['a circle', `ref: ${REF}\n`],
    ['a way out', 'ref: ../../etc/passwd\n'],
    ['another way out', 'ref: refs/heads/../../config\n'],
  ])('never falls back to an older packed one: %s', async (_, content) => {
    const path = repository();
    writeFileSync(join(path, REF), content);
    const error = await errorOf(() => readRemoteRef({ name: 'usb', url: path }, REF));
    expect(error.code).toBe('git-mirror');
  });

  it('refuses symbolic links, FIFOs, and malformed packed refs', async () => {
    const path = repository();
    const code = async (): Promise<string> =>
      (await errorOf(() => readLocalRef(path, REF, DEFAULT_LIMITS))).code;
    writeFileSync(join(path, 'target'), `${newer}\n`);
    symlinkSync(join(path, 'target'), join(path, REF));
    expect(await code()).toBe('git-mirror');
    rmSync(join(path, REF));
    renameSync(join(path, 'refs/heads/edgeseal'), join(path, 'moved'));
    symlinkSync(join(path, 'moved'), join(path, 'refs/heads/edgeseal'));
    expect(await code()).toBe('git-mirror');
    rmSync(join(path, 'refs/heads/edgeseal'));
    for (const text of [
      `${older} ${REF}`,
      `${older.slice(1)} ${REF}\n`,
      `${older} ${REF}\n${newer} ${REF}\n`,
      '\0\n',
    ]) {
      writeFileSync(join(path, 'packed-refs'), text);
      expect(await code()).toBe('git-mirror');
    }
    rmSync(join(path, 'packed-refs'));
    git(path, ['--version']);
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [join(path, 'packed-refs')]);
    expect(await code()).toBe('git-mirror');
  });
});
