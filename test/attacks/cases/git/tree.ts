import { rmSync } from 'node:fs';
import { expect } from 'vitest';
import { treeEntry } from '../../../support/git-objects.ts';
import type { Attack, Family } from '../../kit/attack.ts';
import { notChecked, paths } from '../../kit/peers.ts';
import type { Peers } from '../../kit/peers.ts';
import type { Site } from '../../kit/site.ts';

const WHO = 'edgeseal <publish@example.com> 1750000000 +0000';
const OID = 'abcdef0123'.repeat(4);

const commitOf = (tree: string): string =>
  `tree ${tree}\nauthor ${WHO}\ncommitter ${WHO}\n\npublish\n`;

/** The tree of what is honestly published, with one entry more, or another one in the place of one. */
function edited(site: Site, at: string, mode: string, name: string | Buffer, oid: string): string {
  const lines = site.git(['ls-tree', `${site.channel.ref}:${at}`]).split('\n');
  const entries = lines.map((line) => {
    const [, was = '', , id = '', path = ''] = /^0*(\d+) (\w+) ([0-9a-f]+)\t(.*)$/.exec(line) ?? [];
    return { mode: was, name: Buffer.from(path), oid: id };
  });
  const rest = entries.filter((one) => !one.name.equals(Buffer.from(name)));
  const key = (one: { mode: string; name: Buffer }): Buffer =>
    one.mode === '40000' ? Buffer.concat([one.name, Buffer.from('/')]) : one.name;
  const all = [...rest, { mode, name: Buffer.from(name), oid }];
  all.sort((a, b) => key(a).compare(key(b)));
  return site.object(
    'tree',
    Buffer.concat(all.map((one) => treeEntry(one.mode, one.name, one.oid))),
  );
}

/** A tree entry beside, or in the place of, what is honestly published. */
function entry(
  id: string,
  attack: string,
  says: string,
  make: (site: Site) => { at?: string; mode?: string; name: string | Buffer; oid?: string },
  peers: Peers = paths,
): Attack {
  return {
    id,
    attack,
    peers,
    expected: { mirror: 'Invalid', says },
    async strike(site) {
      await site.publish();
      const { at = '', mode = '100644', name, oid = site.object('blob', 'x') } = make(site);
      let tree = edited(site, at, mode, name, oid);
      for (let path = at; path !== '';) {
        const slash = path.lastIndexOf('/');
        const above = slash < 0 ? '' : path.slice(0, slash);
        tree = edited(site, above, '40000', path.slice(slash + 1), tree);
        path = above;
      }
      site.point(site.object('commit', commitOf(tree)));
    },
  };
}

const unsafe = (id: string, name: string | Buffer): Attack =>
  entry(
    `tree-${id}`,
    `has a tree entry ${JSON.stringify(name.toString('latin1'))}`,
    'unsafe name',
    () => ({ name }),
  );

/** Trees of ten entries, ten deep: 10^10 files in a few hundred bytes. */
function treeBomb(site: Site): string {
  let oid = site.object('blob', 'leaf');
  let mode = '100644';
  for (let depth = 0; depth < 10; depth += 1) {
    oid = site.object(
      'tree',
      Buffer.concat(Array.from('abcdefghij').map((name) => treeEntry(mode, name, oid))),
    );
    mode = '40000';
  }
  return oid;
}

/** The branch at something else than a commit. */
function pointed(id: string, attack: string, says: string, make: (site: Site) => string): Attack {
  return {
    id,
    attack,
    peers: notChecked,
    expected: { mirror: 'Invalid', says },
    strike: (site) => {
      site.point(make(site));
    },
  };
}

/**
 * First the newest snapshot comes with something that nobody has listed, and is taken as it was accepted before; then
 * a second mirror's honest channel is held against that.
 */
function poisoned(
  id: string,
  attack: string,
  make: (site: Site) => { mode?: string; name: string; oid: string; at?: string },
): Attack {
  return {
    id,
    attack,
    peers: notChecked,
    expected: { note: 'nothing comes of it, and what is honestly published next is accepted' },
    async strike(site) {
      const { at = '', mode = '100644', name, oid } = make(site);
      let tree = edited(site, at, mode, name, oid);
      if (at !== '') tree = edited(site, '', '40000', at, tree);
      site.point(site.object('commit', commitOf(tree)));
      // As at the very first contact: there is nothing to compare with.
      await site.edge.stop();
      rmSync(site.edge.path('store/contact.json'), { force: true });
    },
    async check(site) {
      await site.relent();
      site.undo(() => site.channel.remove(`${id}/db`));
      await site.channel.seal(`${id}/db`, { password: site.value() });
      await site.honest();
      expect(site.edge.value(`${id}/db`)).toContain('made-up');
    },
  };
}

export const tree: Family = {
  title: 'A Git tree is hostile',
  attacker: "A mirror that makes its own commits and trees, which aim at the reader's disk.",
  test: 'test/attacks/objects.test.ts',
  attacks: [
    unsafe('dot-dot', '..'),
    unsafe('dot', '.'),
    unsafe('dot-git', '.git'),
    unsafe('dot-git-in-capitals', '.GIT'),
    unsafe('dot-git-by-its-short-name', 'git~1'),
    unsafe('dot-git-with-a-dot', '.git.'),
    unsafe('dot-git-as-a-stream', '.git::$INDEX_ALLOCATION'),
    unsafe('dot-git-invisibly', '.g\u200cit'),
    unsafe('slash', 'a/b'),
    unsafe('backslash', 'a\\b'),
    unsafe('carriage-return', 'a\rb'),
    unsafe('line-feed', 'a\nb'),
    entry('tree-not-utf-8', 'has a tree entry that is not UTF-8', 'not UTF-8', () => ({
      name: Buffer.from([0x61, 0xff]),
    })),
    entry('tree-mode', 'has a tree entry of mode 100777', 'unknown mode', () => ({
      name: 'a',
      mode: '100777',
    })),
    entry(
      'symlink-in-place',
      'has a symbolic link in the place of a listed file',
      'symlink',
      (site) => ({
        at: 'secrets/production',
        name: 'db.yaml',
        mode: '120000',
        oid: site.object('blob', '/etc/passwd'),
      }),
    ),
    entry('symlink-above', 'has a symbolic link in the place of a folder', 'symlink', (site) => ({
      name: 'secrets',
      mode: '120000',
      oid: site.object('blob', '/etc'),
    })),
    entry(
      'symlink-for-the-snapshot',
      'has a symbolic link in the place of the snapshot',
      'symlink',
      (site) => ({
        at: '.edgeseal',
        name: 'snapshot',
        mode: '120000',
        oid: site.object('blob', '../../x'),
      }),
    ),
    entry('submodule', 'has a submodule in the place of a listed file', 'submodule', () => ({
      at: 'secrets/production',
      name: 'db.yaml',
      mode: '160000',
      oid: OID,
    })),
    entry(
      'folder-for-a-file',
      'has a folder in the place of a listed file',
      'a tree, not a file',
      (site) => ({
        at: 'secrets/production',
        name: 'db.yaml',
        mode: '40000',
        oid: site.object('tree', treeEntry('100644', 'a', site.object('blob', 'x'))),
      }),
    ),
    entry(
      'file-for-a-folder',
      'has a file in the place of a folder',
      'a file above a file',
      () => ({ name: 'secrets' }),
    ),
    entry('blob-as-a-tree', 'says of a tree that it is a file', 'is a tree', (site) => ({
      at: 'secrets/production',
      name: 'db.yaml',
      oid: site.object('tree', treeEntry('100644', 'a', site.object('blob', 'x'))),
    })),
    entry(
      'tree-bomb',
      'has trees that stand for 10^10 files',
      'the number of tree entries',
      (site) => ({ name: 'bomb', mode: '40000', oid: treeBomb(site) }),
    ),
    entry('tree-deep', 'has a tree 40 levels deep', 'too deep', (site) => {
      let oid = site.object('tree', treeEntry('100644', 'a', site.object('blob', 'x')));
      for (let i = 0; i < 40; i += 1) oid = site.object('tree', treeEntry('40000', 'd', oid));
      return { name: 'deep', mode: '40000', oid };
    }),
    poisoned(
      'file-for-a-folder-to-come',
      'adds a file where a namespace will have its folder',
      (site) => ({
        at: 'secrets',
        name: 'file-for-a-folder-to-come',
        oid: site.object('blob', 'x'),
      }),
    ),
    poisoned('unlisted-link', 'adds a symbolic link that nobody lists', (site) => ({
      name: 'link',
      mode: '120000',
      oid: site.object('blob', '/etc'),
    })),
    poisoned(
      'unlisted-tree-bomb',
      'adds trees that stand for 10^10 files, which nobody lists',
      (site) => ({
        name: 'bomb',
        mode: '40000',
        oid: treeBomb(site),
      }),
    ),
    pointed(
      'branch-at-a-tag',
      'has the branch at a tag object that names the newest commit',
      'is a tag, not a commit',
      (site) =>
        site.object(
          'tag',
          `object ${site.channel.head()!}\ntype commit\ntag x\ntagger ${WHO}\n\nx\n`,
        ),
    ),
    pointed('branch-at-a-blob', 'has the branch at a blob', 'is a blob, not a commit', (site) =>
      site.object('blob', 'x'),
    ),
    pointed('branch-at-a-tree', 'has the branch at a tree', 'is a tree, not a commit', (site) =>
      site.git(['rev-parse', `${site.channel.ref}^{tree}`]),
    ),
  ],
};
