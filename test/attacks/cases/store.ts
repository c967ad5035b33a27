import {
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Attack, Family } from '../kit/attack.ts';
import type { Peers } from '../kit/peers.ts';
import type { Site } from '../kit/site.ts';

const peers: Peers = {
  flux: 'keeps its artifacts in a folder that is gone after a restart [source-controller 936]',
  sealedSecrets: 'keeps nothing: the objects in the cluster are its state',
};

/** While the controller is stopped, its store is meddled with; `relent` puts back what was there. */
const meddle = (change: (store: string, site: Site) => unknown) => async (site: Site) => {
  const { edge } = site;
  await edge.stop();
  const store = edge.path('store');
  const kept = join(site.channel.folder, 'kept');
  rmSync(kept, { recursive: true, force: true });
  cpSync(store, kept, { recursive: true });
  site.undo(async () => {
    await edge.stop();
    rmSync(store, { recursive: true, force: true });
    cpSync(kept, store, { recursive: true });
  });
  await change(store, site);
};

function state(id: string, attack: string, change: (file: string) => unknown): Attack {
  return {
    id,
    attack,
    peers,
    expected: { ready: 'False StoreCorrupt', says: 'state' },
    strike: meddle((store) => change(join(store, 'state'))),
  };
}

function flip(file: string, at: (length: number) => number): void {
  const bytes = readFileSync(file);
  bytes[at(bytes.length)]! ^= 1;
  writeFileSync(file, bytes);
}

const packs = (store: string): string[] =>
  readdirSync(join(store, 'packs')).map((name) => join(store, 'packs', name));

const damaged = (change: (pack: string) => unknown): Pick<Attack, 'strike' | 'check'> => ({
  strike: meddle((path) => packs(path).map(change)),
  check: ({ edge }) => {
    const { secret, reason } = edge.logged('secret failed').at(-1) ?? {};
    expect([secret, reason]).toEqual([expect.stringMatching(/./), 'StoreDamaged']);
  },
});

/** What is served from the mirror is what was accepted before the last time. */
function serveOlder(site: Site): void {
  site.point(site.git(['rev-parse', `${site.channel.ref}~1`]));
}

export const store: Family = {
  title: "The controller's own disk is meddled with",
  attacker:
    "Whoever can write to the controller's store, or a disk that fails. Has no key; the target is another place.",
  test: 'test/attacks/store.test.ts',
  attacks: [
    state('state-one-bit', 'changes one bit of the state file', (file) =>
      flip(file, (length) => length >> 1),
    ),
    state('state-zero-filled', 'zero-fills the state file, as a power cut may', (file) => {
      writeFileSync(file, Buffer.alloc(readFileSync(file).length));
    }),
    state('state-truncated', 'cuts the state file', (file) =>
      truncateSync(file, readFileSync(file).length >> 1),
    ),
    state('state-emptied', 'empties the state file', (file) => truncateSync(file, 0)),
    {
      id: 'store-deleted',
      attack: 'deletes the whole store',
      peers,
      expected: { note: 'it is filled again from a mirror that serves what the target has seen' },
      strike: meddle((path) => rmSync(path, { recursive: true })),
    },
    {
      id: 'store-deleted-and-older',
      attack: 'deletes the whole store, and the mirror serves an older snapshot',
      peers,
      expected: { ready: 'False StoreBehind', says: 'the store is behind it' },
      setUp: (site) => site.honest(),
      strike: meddle((path, site) => {
        rmSync(path, { recursive: true });
        serveOlder(site);
      }),
    },
    {
      id: 'store-set-back',
      attack: 'puts a copy of an older store back, and the mirror serves an older snapshot',
      peers,
      expected: { ready: 'False StoreBehind', says: 'the store is behind it' },
      async setUp(site) {
        await site.edge.stop();
        const older = join(site.channel.folder, 'older');
        rmSync(older, { recursive: true, force: true });
        cpSync(site.edge.path('store'), older, { recursive: true });
        await site.honest();
      },
      strike: meddle((path, site) => {
        rmSync(path, { recursive: true });
        cpSync(join(site.channel.folder, 'older'), path, { recursive: true });
        serveOlder(site);
      }),
    },
    {
      id: 'stored-files-changed',
      attack: 'changes bytes of the stored sealed files',
      peers,
      expected: { note: 'each file is hashed when it is read, and brought again from a mirror' },
      ...damaged((pack) => flip(pack, (length) => length >> 1)),
    },
    {
      id: 'stored-files-emptied',
      attack: 'empties the stored sealed files',
      peers,
      expected: { note: 'they are brought again from a mirror' },
      ...damaged((pack) => truncateSync(pack, 0)),
    },
    {
      id: 'contact-forged',
      attack: 'writes into the notes about mirrors that everything was seen before',
      peers,
      expected: { note: 'the notes save questions and decide nothing' },
      strike: meddle((path) => {
        const file = join(path, 'contact.json');
        expect(existsSync(file)).toBe(true);
        writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
      }),
    },
    {
      id: 'cache-spoiled',
      attack: 'spoils the Git directory that fetches build on',
      peers,
      expected: { note: 'it is made anew' },
      strike: meddle((path) => {
        const objects = join(path, 'mirrors.git/objects/pack');
        for (const name of readdirSync(objects)) truncateSync(join(objects, name), 10);
      }),
    },
    {
      id: 'clock-set-back',
      attack: 'sets the clock back by ten years',
      peers,
      expected: { note: 'no acceptance depends on a clock' },
      strike({ edge }) {
        edge.now -= 10 * 365 * 24 * 3600_000;
      },
    },
    {
      id: 'clock-set-back-and-older',
      attack: 'sets the clock back by ten years, and the mirror serves an older snapshot',
      peers,
      expected: { mirror: 'Rollback', says: 'has served' },
      setUp: (site) => site.honest(),
      strike(site) {
        site.edge.now -= 10 * 365 * 24 * 3600_000;
        serveOlder(site);
      },
    },
  ],
};
