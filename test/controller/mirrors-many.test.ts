import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../controller/status/status.ts';
import { TestChannel, TestSigner } from './channel.ts';
import { Edge } from './edge.ts';

const states = (status: Status): string =>
  status.mirrors.map(({ name, state }) => `${name} ${state}`).join(', ');

/** A channel and the paths of copies of it: two bundles, and two bare repositories. */
async function copies(): Promise<{ channel: TestChannel; paths: string[]; copy: () => void }> {
  const channel = await TestChannel.make();
  const at = (name: string): string => join(channel.folder, name);
  const bundles = [at('one.bundle'), at('two.bundle')];
  const copy = (): void => {
    for (const path of bundles) {
      channel.bundle(`${path}.new`);
      copyFileSync(`${path}.new`, path);
      rmSync(`${path}.new`);
    }
    execFileSync('cp', ['-r', channel.mirror('b'), at('copy.git')]);
  };
  return { channel, paths: [...bundles, at('copy.git')], copy };
}

describe('many mirrors of all kinds', () => {
  it('are asked beside each other, and none spoils what another one brings', async () => {
    const { channel, paths, copy } = await copies();
    const edge = await Edge.make({ channel, mirrors: ['a', ...paths, 'b'] });
    for (let i = 0; i < 4; i += 1) {
      for (let n = 0; n < 20; n += 1)
        await channel.seal(`production/db-${n}`, { password: `made-up-${i}` });
      channel.publish();
      rmSync(join(channel.folder, 'copy.git'), { recursive: true, force: true });
      copy();
      const status = await edge.round();
      expect(states(status)).toBe('a Ok, one.bundle Ok, two.bundle Ok, copy.git Ok, b Ok');
      expect(edge.value('production/db-19')).toBe(`made-up-${i}`);
    }
    expect(edge.logged('mirror')).toEqual([]);
  });

  it('bring each what only it has', async () => {
    const { channel, paths, copy } = await copies();
    const edge = await Edge.make({ channel, mirrors: paths });
    const publish = async (value: string): Promise<void> => {
      await channel.seal('production/db', { password: value });
      channel.publish();
    };
    await publish('made-up-1');
    copy();
    await publish('made-up-2');
    channel.bundle(paths[1]!);
    await publish('made-up-3');
    channel.bundle(paths[0]!);
    const status = await edge.round();
    expect(states(status)).toBe('one.bundle Ok, two.bundle Behind, copy.git Behind');
    expect(edge.value('production/db')).toBe('made-up-3');
    expect(edge.logged('mirror')).toEqual([]);
  });
});

it('what one mirror brought and nobody verified does not complete what another one left out', async () => {
  const channel = await TestChannel.make();
  const bundle = join(channel.folder, 'half.bundle');
  const edge = await Edge.make({ channel, mirrors: ['a', bundle] });
  const git = (args: string[], input = ''): Buffer =>
    execFileSync('git', ['-C', channel.path, ...args], {
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  await channel.seal('production/db', { password: 'made-up-1' });
  channel.publish();
  const first = channel.head()!;
  channel.bundle(bundle);
  await edge.round();
  await channel.set('production/db', { password: 'made-up-2' });
  const honest = channel.publish();
  const blob = git(['rev-parse', `${honest}:secrets/production/db.yaml`])
    .toString()
    .trim();
  const all = git(['rev-list', '--objects', honest]).toString().split('\n');
  const but = all.map((line) => line.split(' ')[0]!).filter((oid) => oid !== blob);
  const pack = git(['pack-objects', '--stdout'], but.join('\n'));
  const half = Buffer.concat([Buffer.from(`# v2 git bundle\n${honest} ${channel.ref}\n\n`), pack]);
  // The first one has the file, under a snapshot that a stranger has signed.
  const back = channel.fork();
  channel.publish({ publisher: new TestSigner() });
  back();
  writeFileSync(bundle, half);
  const status = await edge.round();
  expect(states(status)).toBe('a Invalid, half.bundle Invalid');
  expect(status.mirrors[1]?.message).toContain(`the file ${blob} is missing`);
  expect(edge.value('production/db')).toBe('made-up-1');
  // With the file in it, it is what it should be.
  channel.reset(honest);
  channel.bundle(bundle);
  channel.reset(first);
  edge.now += 3600_000;
  expect(states(await edge.round())).toBe('a Behind, half.bundle Ok');
  expect(edge.value('production/db')).toBe('made-up-2');
});
