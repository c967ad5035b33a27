import { cpSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryId, TestChannel } from './channel.ts';
import { condition, Edge, mirrorState } from './edge.ts';

/** Two secrets applied, one of them in its second version, and then stopped. */
async function stopped(): Promise<Edge> {
  const edge = await Edge.make();
  await edge.channel.seal('production/db', { password: 'made-up-1' });
  await edge.channel.seal('production/other', { password: 'made-up-1' });
  edge.channel.publish();
  await edge.round();
  await edge.channel.set('production/db', { password: 'made-up-2' });
  edge.channel.publish();
  await edge.round();
  await edge.stop();
  expect(edge.value('production/db')).toBe('made-up-2');
  return edge;
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => statSync(name).isFile());
}

const harms: [string, (path: string) => void][] = [
  ['deleted', (path) => rmSync(path, { recursive: true })],
  [
    'zero-filled',
    (path) => {
      for (const file of filesIn(path)) writeFileSync(file, Buffer.alloc(statSync(file).size));
    },
  ],
  [
    'cut in half',
    (path) => {
      for (const file of filesIn(path)) {
        const bytes = readFileSync(file);
        writeFileSync(file, bytes.subarray(0, bytes.length / 2));
      }
    },
  ],
];

/** What the first round after it says; without `deleted`, one harm stands for all: nothing rests on that file. */
const found: Record<string, { deleted?: string; harmed: string; remove?: boolean }> = {
  'store/state': { deleted: 'False StoreBehind', harmed: 'False StoreCorrupt', remove: true },
  'store/packs': { deleted: 'True Applied', harmed: 'True Applied' },
  'store/mirrors.git': { harmed: 'True Applied' },
  'store/contact.json': { harmed: 'True Applied' },
  'store/status.json': { harmed: 'True Applied' },
  'unsealed/.edgeseal': { deleted: 'True Applied', harmed: 'False StoreCorrupt', remove: true },
};

describe('each file that a controller keeps', () => {
  it.each(
    Object.keys(found).flatMap((file) =>
      harms
        .filter(([name]) => found[file]?.deleted !== undefined || name === 'zero-filled')
        .map(([name, harm]) => [file, name, harm] as const),
    ),
  )(
    '%s may be %s: nothing goes back, it is said, and mended as is said',
    async (file, name, harm) => {
      const edge = await stopped();
      const { channel } = edge;
      harm(edge.path(file));
      const newest = channel.head()!;
      channel.reset(`${newest}~`);
      const { deleted, harmed, remove } = found[file]!;
      const wanted = name === 'deleted' ? (deleted ?? harmed) : harmed;
      const status = await edge.round();
      expect(condition(status, 'Ready')).toBe(wanted);
      expect(edge.value('production/db')).toBe('made-up-2');
      if (harmed.endsWith('StoreCorrupt') && name !== 'deleted') {
        const { message = '' } = status.conditions.find(({ type }) => type === 'Ready') ?? {};
        expect(message).toContain(edge.path(file));
        expect(message).toMatch(/mv \S+ |remove the file/);
      }
      if (file.startsWith('unsealed') && name === 'deleted')
        expect(edge.logged('mark put back')).toMatchObject([{ level: 'warn', sequence: 2 }]);
      await edge.stop();
      if (name !== 'deleted' && remove === true) rmSync(edge.path(file), { recursive: true });
      channel.reset(newest);
      await channel.set('production/db', { password: 'made-up-3' });
      channel.publish();
      const mended = await edge.round();
      expect([condition(mended, 'Ready'), mirrorState(mended)]).toEqual(['True Applied', 'Ok']);
      expect(edge.value('production/db')).toBe('made-up-3');
      expect(edge.value('production/other')).toBe('made-up-1');
    },
  );
});

describe('an old store', () => {
  async function withOldStore(): Promise<Edge> {
    const edge = await Edge.make();
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    await edge.round();
    await edge.stop();
    cpSync(edge.path('store'), edge.path('backup'), { recursive: true });
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish();
    await edge.round();
    await edge.stop();
    edge.forgetStore();
    cpSync(edge.path('backup'), edge.path('store'), { recursive: true });
    return edge;
  }

  it('changes nothing where the mark is gone, too: what is applied says that it is old', async () => {
    const edge = await withOldStore();
    rmSync(edge.path('unsealed/.edgeseal'), { recursive: true });
    const newest = edge.channel.head()!;
    edge.channel.reset(`${newest}~`);
    for (let i = 0; i < 2; i += 1) {
      const status = await edge.round();
      expect(condition(status, 'Ready')).toBe('False StoreBehind');
      expect(status.conditions[0]?.message).toContain(
        'the target holds production/db in version 2, and the store knows of 1 at most',
      );
      expect(edge.value('production/db')).toBe('made-up-2');
    }
    edge.channel.reset(newest);
    expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
    expect(edge.value('production/db')).toBe('made-up-2');
  });
});

describe('two regions of one machine', () => {
  it('have marks of their own, also in one directory', async () => {
    const east = await stopped();
    const channel = await TestChannel.make('us-west');
    const west = await Edge.make({ channel });
    const text = readFileSync(west.config, 'utf8');
    writeFileSync(west.config, text.replace('path: unsealed', `path: ${east.path('unsealed')}`));
    await channel.seal('staging/db', { password: 'made-up-west' });
    channel.publish();
    expect(condition(await west.round(), 'Ready')).toBe('True Applied');
    expect(condition(await east.round(), 'Ready')).toBe('True Applied');
    expect(east.applied).toEqual(['production/db', 'production/other', 'staging/db']);
    const marks = readdirSync(east.path('unsealed/.edgeseal')).filter((n) => n.endsWith('.mark'));
    expect(marks.sort()).toEqual([`${repositoryId}.us-east.mark`, `${repositoryId}.us-west.mark`]);
    expect(marks.map((n) => readFileSync(east.path('unsealed/.edgeseal', n), 'utf8')[2])).toEqual([
      '2',
      '1',
    ]);
  });
});
