import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { condition, Edge, mirrorState } from './edge.ts';

/** What a disk, a power cut or a person does to a file or a folder. */
const damages: Record<string, (path: string) => void> = {
  'is gone': (path) => rmSync(path, { recursive: true }),
  'is cut in half': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'is empty': (path) => truncateSync(path, 0),
  'is full of zeros': (path) => writeFileSync(path, Buffer.alloc(statSync(path).size)),
  'is something else': (path) => writeFileSync(path, 'made up, and not what was here\n'),
  'has one bit that is another': (path) => {
    const bytes = readFileSync(path);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    writeFileSync(path, bytes);
  },
  'is a folder': (path) => {
    rmSync(path, { recursive: true });
    mkdirSync(join(path, 'folder'), { recursive: true });
  },
  'cannot be read': (path) => chmodSync(path, 0),
};

const ofFolders: Record<string, (path: string) => void> = {
  'is gone': damages['is gone']!,
  'is a file': (path) => {
    rmSync(path, { recursive: true });
    writeFileSync(path, 'made up');
  },
  'is empty': (path) => {
    rmSync(path, { recursive: true });
    mkdirSync(path);
  },
  'cannot be read': (path) => chmodSync(path, 0),
};

/** All of them take minutes; a third of the pairs, each file and each damage among them, is what CI has time for. */
const isFull = process.env['EDGESEAL_LONG'] === '1';
const isTurn = (damage: number, place: number): boolean => isFull || (damage + place) % 3 === 0;

describe('the Git directory', () => {
  let edge: Edge;
  let cache: string;
  let value = 0;

  beforeAll(async () => {
    edge = await Edge.make({ isShared: true });
    cache = edge.path('store/mirrors.git');
    // More than are stored one by one.
    for (let i = 0; i < 270; i += 1)
      await edge.channel.seal(`production/s${i}`, { password: 'made-up' });
    edge.channel.publish();
    await edge.round();
    return () => edge.remove();
  });

  async function publish(): Promise<string> {
    value += 1;
    await edge.channel.seal('production/db', { password: `made-up-${value}` });
    edge.channel.publish();
    return `made-up-${value}`;
  }

  /** One round without a fault. What is damaged and not needed may lie there until it is. */
  async function good(expected: string): Promise<void> {
    const status = await edge.round();
    expect(mirrorState(status), JSON.stringify(status.mirrors)).toBe('Ok');
    expect(condition(status, 'Ready')).toBe('True Applied');
    expect(edge.value('production/db')).toBe(expected);
    expect(edge.logged('mirror')).toEqual([]);
  }

  /** One of each kind of file, the packs and three of the objects. */
  function files(): string[] {
    const all = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(cache, name)).isFile(),
    );
    const isObject = (name: string): boolean => /^objects\/[0-9a-f]{2}\//.test(name);
    return [...all.filter((name) => !isObject(name)), ...all.filter(isObject).slice(0, 3)];
  }

  const kindOf = (name: string): string => name.replace(/[0-9a-f]{38,40}/, '*');

  it.each(Object.keys(damages).map((how, i) => [how, i] as const))(
    'of which any file %s is made anew, and no mirror is blamed',
    async (how, nth) => {
      await good(await publish());
      const kinds = files().map(kindOf);
      expect(kinds).toContain('objects/pack/pack-*.pack');
      for (const [i, name] of files().entries()) {
        if (!isTurn(nth, i)) continue;
        // An earlier one may have had the cache filled anew.
        const kind = kindOf(name);
        const path = files().find((each) => each === name || kindOf(each) === kind);
        if (path === undefined) continue;
        damages[how]!(join(cache, path));
        await good(await publish());
      }
    },
  );

  it.each(Object.keys(ofFolders).map((how, i) => [how, i] as const))(
    'of which any folder %s is made anew',
    async (how, nth) => {
      await good(await publish());
      const folders = ['.', 'objects', 'objects/pack', 'refs', 'refs/heads/edgeseal', 'incoming'];
      for (const [i, name] of folders.entries()) {
        if (!isTurn(nth, i)) continue;
        const path = join(cache, name);
        if (!existsSync(path)) continue;
        ofFolders[how]!(path);
        await good(await publish());
      }
    },
  );

  it('that borrows from another one is made anew', async () => {
    await good(await publish());
    rmSync(join(cache, 'refs'), { recursive: true });
    mkdirSync(join(cache, 'objects/info'), { recursive: true });
    writeFileSync(join(cache, 'objects/info/alternates'), `${edge.channel.path}/objects\n`);
    await good(await publish());
  });

  it('that is damaged does not keep a lost store from being filled again', async () => {
    const expected = await publish();
    await good(expected);
    await edge.stop();
    const pack = readdirSync(join(cache, 'objects/pack')).find((name) => name.endsWith('.pack'));
    const path = join(cache, 'objects/pack', pack!);
    const bytes = readFileSync(path);
    // Trees stay whole; the objects in the middle are the sealed files.
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0, middle, middle + 20_000);
    writeFileSync(path, bytes);
    for (const name of ['state', 'packs', 'contact.json'])
      rmSync(edge.path('store', name), { recursive: true });
    await good(expected);
  });

  it('may go while it is read', async () => {
    const { loop, region, round, now } = await edge.start();
    const running = loop.run(region, round, now, edge.signal);
    for (let i = 0; i < 3; i += 1) {
      const expected = await publish();
      const removal = setInterval(() => rmSync(cache, { recursive: true, force: true }), 40);
      await sleep(400);
      clearInterval(removal);
      const later = (): string | undefined => {
        // A fetch that fails twice in a row is tried again later, and this clock is ours.
        edge.now += 3600_000;
        return edge.value('production/db');
      };
      await expect.poll(later, { timeout: 15_000, interval: 200 }).toBe(expected);
    }
    await edge.stop();
    await running;
  });
});
