import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { invalid, unreachable } from '../kit/attack.ts';
import type { Attack, Family } from '../kit/attack.ts';
import { notChecked, replayed } from '../kit/peers.ts';
import type { Site } from '../kit/site.ts';

/** What is newest, carried by hand: `lay` puts it there. */
const carried =
  (name: (id: string) => string, lay: (path: string, site: Site) => unknown) =>
  (
    id: string,
    attack: string,
    expected: Attack['expected'],
    spoil: (path: string, site: Site) => unknown,
  ): Attack => ({
    id,
    attack,
    peers: notChecked,
    expected,
    async strike(site) {
      await site.publish();
      const path = join(site.channel.folder, name(id));
      rmSync(path, { recursive: true, force: true });
      lay(path, site);
      await spoil(path, site);
      await site.configure({ mirrors: [path] });
    },
  });

/** A copy of the mirror's repository as a folder on a stick. */
const folder = carried(
  (id) => join('stick', id),
  (path, site) => cpSync(site.channel.path, path, { recursive: true }),
);

const bundle = carried(
  (id) => `${id}.bundle`,
  (path, site) => site.channel.bundle(path),
);

const git = (path: string, ...args: string[]): string =>
  execFileSync('git', ['-C', path, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** The branch as a file of its own, whatever is in it; packed refs may have an older one. */
const looseRef = (content: string) => (path: string, site: Site) => {
  git(path, 'pack-refs', '--all');
  const file = join(path, site.channel.ref);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
};

function packOf(path: string, ending: string): string {
  git(path, 'repack', '-q', '-a', '-d');
  const packs = join(path, 'objects/pack');
  return join(
    packs,
    readdirSync(packs).find((name) => name.endsWith(ending))!,
  );
}

function rewrite(path: string, change: (bytes: Buffer) => Buffer): void {
  const bytes = change(readFileSync(path));
  rmSync(path);
  writeFileSync(path, bytes);
}

function reverseOffsets(bytes: Buffer): Buffer {
  const count = bytes.readUInt32BE(8 + 255 * 4);
  const offsets = 8 + 1024 + count * 24;
  const all = Array.from({ length: count }, (_, i) => bytes.readUInt32BE(offsets + i * 4));
  all.reverse().forEach((offset, i) => bytes.writeUInt32BE(offset, offsets + i * 4));
  return bytes;
}

export const local: Family = {
  title: 'A stick or a folder is hostile',
  attacker:
    'Whoever had the USB stick, or can write to the shared folder: files are what a mirror is made of.',
  test: 'test/attacks/local.test.ts',
  attacks: [
    folder(
      'ref-emptied',
      'empties the file of the branch; an older one is packed',
      unreachable('an empty or malformed ref'),
      looseRef(''),
    ),
    folder(
      'ref-zero-filled',
      'zero-fills the file of the branch',
      unreachable('an empty or malformed ref'),
      looseRef('\0'.repeat(41)),
    ),
    folder(
      'ref-circle',
      'has the branch refer to itself',
      unreachable('lead in a circle'),
      (path, site) => looseRef(`ref: ${site.channel.ref}\n`)(path, site),
    ),
    folder(
      'ref-way-out',
      'has the branch refer to a file outside',
      unreachable('not a plain ref name'),
      looseRef('ref: ../../../../etc/passwd\n'),
    ),
    folder(
      'ref-link',
      'has a symbolic link in the place of the branch',
      unreachable('a symbolic link on the way to a ref'),
      (path, site) => {
        looseRef('')(path, site);
        rmSync(join(path, site.channel.ref));
        symlinkSync('/etc/passwd', join(path, site.channel.ref));
      },
    ),
    folder(
      'ref-pipe',
      'has a pipe in the place of the branch, which nobody ever writes to',
      unreachable('not a regular file'),
      (path, site) => {
        looseRef('')(path, site);
        rmSync(join(path, site.channel.ref));
        execFileSync('mkfifo', [join(path, site.channel.ref)]);
      },
    ),
    folder(
      'pack-index-swapped',
      'swaps offsets in the index of a pack',
      invalid('is another object'),
      (path) => {
        rewrite(packOf(path, '.idx'), reverseOffsets);
      },
    ),
    folder('pack-index-gone', 'takes the index of a pack away', invalid('missing'), (path) => {
      rmSync(packOf(path, '.idx'));
    }),
    folder('pack-byte', 'changes a byte in the middle of a pack', invalid('is damaged'), (path) => {
      rewrite(packOf(path, '.pack'), (bytes) => {
        for (let at = 20; at < bytes.length - 20; at += 97) bytes[at]! ^= 1;
        return bytes;
      });
    }),
    folder('pack-truncated', 'cuts a pack', invalid('outside of its pack'), (path) => {
      rewrite(packOf(path, '.pack'), (bytes) => bytes.subarray(0, 400));
    }),
    folder(
      'alternates',
      'borrows its objects from another folder of this machine',
      unreachable('borrows objects'),
      (path) => {
        writeFileSync(join(path, 'objects/info/alternates'), '/etc\n');
      },
    ),
    folder(
      'no-repository',
      'is a folder of something else',
      unreachable('not a git repository'),
      (path) => {
        rmSync(join(path, 'objects'), { recursive: true });
      },
    ),
    {
      id: 'bundle-older',
      attack: 'is a bundle of last week',
      peers: replayed,
      expected: { mirror: 'Behind', says: 'snapshot' },
      async setUp(site) {
        site.channel.bundle(join(site.channel.folder, 'older.bundle'));
        await site.honest();
      },
      strike: (site) => site.configure({ mirrors: [join(site.channel.folder, 'older.bundle')] }),
    },
    bundle(
      'bundle-truncated',
      'is a bundle that was cut when the stick was pulled',
      invalid('checksum'),
      (path) => {
        rewrite(path, (bytes) => bytes.subarray(0, bytes.length - 100));
      },
    ),
    bundle('bundle-emptied', 'is a bundle of no bytes', unreachable('not a git bundle'), (path) => {
      writeFileSync(path, '');
    }),
    bundle(
      'bundle-byte',
      'is a bundle with one byte changed',
      invalid('a pack whose checksum is wrong'),
      (path) => {
        rewrite(path, (bytes) => {
          bytes[bytes.length - 60]! ^= 1;
          return bytes;
        });
      },
    ),
    bundle(
      'bundle-another-branch',
      'is a bundle of another branch',
      { mirror: 'Empty', says: 'no channel for this region' },
      (path, { channel }) => {
        rewrite(path, (bytes) =>
          Buffer.from(bytes.toString('latin1').replace(channel.ref, `${channel.ref}-2`), 'latin1'),
        );
      },
    ),
    bundle(
      'bundle-branch-twice',
      'is a bundle that lists the branch twice',
      unreachable('malformed bundle header'),
      (path, { channel }) => {
        rewrite(path, (bytes) => {
          const text = bytes.toString('latin1');
          const line = `${'1'.repeat(40)} ${channel.ref}\n`;
          return Buffer.from(text.replace('bundle\n', `bundle\n${line}`), 'latin1');
        });
      },
    ),
    bundle(
      'bundle-builds-on',
      'is a bundle that builds on a commit that was never published',
      unreachable('builds on commits that are not here'),
      (path) => {
        rewrite(path, (bytes) =>
          Buffer.from(
            bytes.toString('latin1').replace('bundle\n', `bundle\n-${'1'.repeat(40)} x\n`),
            'latin1',
          ),
        );
      },
    ),
    bundle(
      'bundle-junk-behind',
      'is a bundle with something appended',
      invalid('a pack whose checksum is wrong'),
      (path) => {
        appendFileSync(path, 'more');
      },
    ),
    bundle(
      'bundle-link',
      'is a symbolic link to a file that only the controller may read',
      unreachable('a symbolic link in the place of a file'),
      (path, { edge }) => {
        rmSync(path);
        symlinkSync(edge.path('region.key'), path);
      },
    ),
    bundle(
      'bundle-pipe',
      'is a pipe, which nobody ever writes to',
      unreachable('not a regular file'),
      (path) => {
        rmSync(path);
        execFileSync('mkfifo', [path]);
      },
    ),
    bundle(
      'bundle-gone',
      'is not there: the stick was pulled',
      unreachable('the file is not there, or not mounted'),
      (path) => {
        rmSync(path);
      },
    ),
  ],
};
