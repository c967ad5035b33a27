import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TestChannel } from '../controller/channel.ts';
import { Edge } from '../controller/edge.ts';
import { Planted } from './planted.ts';

const folder = mkdtempSync(join(tmpdir(), 'edgeseal-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
// Not a secret of any test, so that what is left here for a moment is nothing that others search for.
const value = `planted ${process.pid} "here"`;
const planted = new Planted();
planted.add(value);

describe('the search for plaintext finds it', () => {
  it.each<[string, Buffer]>([
    ['as it is', Buffer.from(`a ${value} b`)],
    ['in JSON', Buffer.from(JSON.stringify({ a: value }))],
    ['in hex', Buffer.from(Buffer.from(value).toString('hex'))],
    ...[0, 1, 2, 3, 4].map((before): [string, Buffer] => [
      `in base64, ${before} bytes into it`,
      Buffer.from(
        Buffer.from(`${'x'.repeat(before)}${value}${'y'.repeat(before)}`).toString('base64'),
      ),
    ]),
    ['among bytes that are no text', Buffer.concat([Buffer.alloc(99, 0xff), Buffer.from(value)])],
  ])('%s', (_, bytes) => {
    expect(planted.in(bytes)).toBe(value);
    writeFileSync(join(folder, 'file'), bytes);
    expect(planted.search(folder)).toEqual([`file holds the plaintext ${value}`]);
    expect(planted.search(folder, (path) => path === 'file')).toEqual([]);
    rmSync(join(folder, 'file'));
    expect(planted.search(folder)).toEqual([]);
  });

  it('in the objects of a repository', () => {
    const repository = join(folder, 'r.git');
    execFileSync('git', ['init', '-q', '--bare', repository]);
    const add = ['-C', repository, 'hash-object', '-w', '--stdin'];
    execFileSync('git', add, { input: 'another' });
    expect(planted.search(folder)).toEqual([]);
    execFileSync('git', add, { input: `a: ${value}` });
    expect(planted.search(folder)).toEqual([expect.stringContaining('an object holds')]);
    rmSync(repository, { recursive: true });
  });
});

describe('a suite ends with an error', () => {
  it.each<[string, (edge: Edge) => void]>([
    ['store', (edge) => writeFileSync(edge.path('store/left.tmp'), 'made-up-left-behind')],
    ['log', (edge) => void edge.lines.push('{"message":"made-up-left-behind"}')],
    [
      'temp folder',
      (edge) => {
        mkdirSync(join(edge.channel.folder, 'tmp'));
        writeFileSync(
          join(edge.channel.folder, 'tmp/a'),
          Buffer.from('{"a":"made-up-left-behind"}').toString('base64'),
        );
      },
    ],
  ])('where its %s holds what was sealed', async (_, leave) => {
    const edge = await Edge.make({ isShared: true });
    await edge.channel.seal('production/db', { password: 'made-up-left-behind' });
    edge.channel.publish();
    await edge.round();
    leave(edge);
    await expect(edge.remove()).rejects.toThrow('made-up-left-behind');
  });

  it('and without one where there is none but in the target', async () => {
    const channel = await TestChannel.make();
    const edge = await Edge.make({ isShared: true, channel });
    await channel.seal('production/db', { password: 'made-up-well-kept' });
    channel.publish();
    await edge.round();
    expect(edge.value('production/db')).toBe('made-up-well-kept');
    await edge.remove();
  });
});
