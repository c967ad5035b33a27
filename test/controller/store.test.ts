import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from '../support/workspace.ts';
import { condition, Edge, failures, mirrorState } from './edge.ts';

async function settled(options: Parameters<typeof Edge.make>[0] = {}): Promise<Edge> {
  const edge = await Edge.make(options);
  await edge.channel.seal('production/db', { password: 'made-up-1' });
  await edge.channel.seal('production/other', { password: 'made-up-1' });
  edge.channel.publish();
  await edge.round();
  expect(edge.applied).toHaveLength(2);
  return edge;
}

describe('a store that is lost', () => {
  it('is filled again from the mirrors, never below what the target has seen', async () => {
    const edge = await settled();
    const { channel } = edge;
    const old = channel.head()!;
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish();
    const current = channel.head()!;
    await edge.round();
    await edge.stop();
    edge.forgetStore();
    channel.reset(old);
    const held = await edge.round();
    expect(condition(held, 'Ready')).toBe('False StoreBehind');
    expect(mirrorState(held)).toBe('Behind');
    expect(edge.value('production/db')).toBe('made-up-2');
    await edge.round();
    expect((await edge.start()).counters.of('a').fetches).toBe(1);
    channel.reset(current);
    const caughtUp = await edge.round();
    expect(condition(caughtUp, 'Ready')).toBe('True Applied');
    expect(mirrorState(caughtUp)).toBe('Ok');
  });

  it('holds where the target knows no mark either, until the operator renews the floor', async () => {
    const edge = await settled();
    const { channel } = edge;
    await edge.stop();
    edge.forgetStore();
    rmSync(edge.path('unsealed/.edgeseal'), { recursive: true });
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish();
    const held = await edge.round();
    expect(condition(held, 'Ready')).toBe('False FloorNeeded');
    expect(edge.value('production/db')).toBe('made-up-1');
    await edge.stop();
    const floor = 'floor: {root: 1, sequence: 3, renewed: "2026-01-01, store lost"}';
    edge.configure({ pinned: channel.root.sha256, spec: [floor] });
    const below = await edge.round();
    expect(condition(below, 'Ready')).toBe('False NoSnapshot');
    expect(mirrorState(below)).toBe('Behind');
    channel.publish();
    expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('still knows from the target which versions were there', async () => {
    const edge = await settled();
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up-5' }, { version: 5 });
    channel.publish();
    await edge.round();
    await edge.stop();
    edge.forgetStore();
    await channel.seal('production/db', { password: 'made-up-3' }, { version: 3 });
    channel.publish();
    expect(failures(await edge.round())).toEqual({ 'production/db': 'BelowFloor' });
    expect(edge.value('production/db')).toBe('made-up-5');
  });
});

describe('a store that is damaged', () => {
  it.each([
    ['zero-filled', (bytes: Buffer) => bytes.fill(0)],
    ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['emptied', () => Buffer.alloc(0)],
  ])('with a state that is %s changes nothing and says the way out', async (_, damage) => {
    const edge = await settled();
    await edge.stop();
    const path = edge.path('store/state');
    writeFileSync(path, damage(readFileSync(path)));
    await edge.channel.set('production/db', { password: 'made-up-2' });
    edge.channel.publish();
    const status = await edge.round();
    expect(condition(status, 'Ready')).toBe('False StoreCorrupt');
    expect(status.conditions[0]?.message).toContain(`mv ${path}`);
    expect(edge.value('production/db')).toBe('made-up-1');
    renameSync(path, `${path}.broken`);
    expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('gets damaged files from the mirrors again', async () => {
    const edge = await settled();
    await edge.stop();
    const packs = edge.path('store/packs');
    for (const name of readdirSync(packs)) truncateSync(join(packs, name), 10);
    const status = await edge.round();
    expect(condition(status, 'Ready')).toBe('True Applied');
    // Not in the round that finds it, but in that round's fetch.
    await edge.round();
    rmSync(edge.path('unsealed/production'), { recursive: true });
    await edge.stop();
    await edge.server.close();
    expect(failures(await edge.round())).toEqual({});
    expect(edge.applied).toEqual(['production/db', 'production/other']);
  });

  it('opens what it still has when there is no mirror', async () => {
    const edge = await settled();
    await edge.channel.set('production/db', { password: 'made-up-2' });
    edge.channel.publish();
    await edge.round();
    await edge.stop();
    await edge.server.close();
    const packs = edge.path('store/packs');
    const [smallest = ''] = readdirSync(packs).sort(
      (a, b) => readFileSync(join(packs, a)).length - readFileSync(join(packs, b)).length,
    );
    rmSync(join(packs, smallest));
    rmSync(edge.path('unsealed/production'), { recursive: true });
    const status = await edge.round();
    expect(failures(status)).toEqual({ 'production/db': 'StoreDamaged' });
    expect(edge.applied).toEqual(['production/other']);
  });

  it('belongs to one region', async () => {
    const edge = await settled();
    await edge.stop();
    const text = readFileSync(edge.config, 'utf8').replace('region: us-east', 'region: us-west');
    writeFileSync(edge.config, text);
    const status = await edge.round();
    expect(condition(status, 'Ready')).toBe('False StoreCorrupt');
    expect(status.conditions[0]?.message).toContain('a store of its own');
  });
});

describe('the cache of fetched commits', () => {
  it('may be removed at any time', async () => {
    const edge = await settled();
    rmSync(edge.path('store/mirrors.git'), { recursive: true });
    rmSync(edge.path('store/contact.json'));
    await edge.channel.set('production/db', { password: 'made-up-2' });
    edge.channel.publish();
    expect(mirrorState(await edge.round())).toBe('Ok');
    expect(edge.value('production/db')).toBe('made-up-2');
  });
});

/** A file system of its own that is soon full; undefined where it cannot be had. */
function smallDisk(path: string, size: string): boolean {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], {
      stdio: 'ignore',
    });
  } catch {
    return false;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', path], { stdio: 'ignore' });
  });
  return true;
}

describe('a full disk', () => {
  it('is named, leaves nothing half written, and is over once there is room', async (test) => {
    const edge = await Edge.make();
    const { channel } = edge;
    if (!smallDisk(edge.path('store'), '600k')) test.skip('a small tmpfs needs root');
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    await edge.round();
    const filler = edge.path('store/filler');
    let size = 600 * 1024;
    for (; size > 0; size -= 4096) {
      try {
        writeFileSync(filler, Buffer.alloc(size));
        break;
      } catch {
        rmSync(filler, { force: true });
      }
    }
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish();
    const full = await edge.round();
    expect(condition(full, 'Ready')).toBe('False StoreFull');
    expect(edge.value('production/db')).toBe('made-up-1');
    expect(readdirSync(edge.path('store/packs')).filter((n) => n.endsWith('.new'))).toEqual([]);
    rmSync(filler);
    const status = await edge.round();
    expect(condition(status, 'Ready')).toBe('True Applied');
    expect(edge.value('production/db')).toBe('made-up-2');
    expect(mirrorState(status)).toBe('Ok');
  });

  it('of the target fails the secrets that do not fit, and they are tried again', async (test) => {
    const edge = await Edge.make();
    const { channel } = edge;
    if (!smallDisk(edge.path('unsealed'), '64k')) test.skip('a small tmpfs needs root');
    await channel.seal('production/db', { password: 'made-up-1' });
    await channel.seal('production/large', { password: 'x'.repeat(100_000) });
    channel.publish();
    const status = await edge.round();
    expect(failures(status)).toEqual({ 'production/large': 'TargetFailed' });
    const args = ['controller', '--config', edge.config, '--once'];
    const once = await runCli(args, { cwd: edge.folder, env: {}, stdin: '' });
    expect(once.code).toBe(6);
    expect(once.stderr).toContain('production/large: TargetFailed');
    expect(edge.applied).toEqual(['production/db']);
    await channel.seal('production/large', { password: 'made-up-2' });
    channel.publish();
    expect(failures(await edge.round())).toEqual({});
    expect(edge.value('production/large')).toBe('made-up-2');
  });
});

describe('a target that cannot be written', () => {
  it('is named, and tried again', async () => {
    const edge = await Edge.make();
    await edge.channel.seal('production/db', { password: 'made-up-1' });
    edge.channel.publish();
    writeFileSync(edge.path('unsealed'), 'a file is in the way');
    const status = await edge.round();
    expect(condition(status, 'Ready')).toBe('False StoreFailed');
    rmSync(edge.path('unsealed'));
    chmodSync(edge.folder, 0o700);
    expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
  });
});
